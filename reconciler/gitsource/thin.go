package gitsource

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/plumbing/transport/client"
	"github.com/go-git/go-git/v5/storage/memory"
)

// How large what is new may be to be taken into memory, packed and unpacked.
const (
	maxThin     = maxMerged
	maxUnpacked = 16 * maxThin
)

// fetchThin brings what differs between the commit that a shallow clone has and
// the newest of a branch.
//
// go-git asks for whole packs, and to a whole pack of a commit without its
// history a server adds every file of it, whatever we have. Only of a thin one,
// whose objects may build on what we have, does it leave that out.
func (c *clone) fetchThin(ctx context.Context, repository *git.Repository, name plumbing.ReferenceName) error {
	have, err := repository.Reference(name, true)
	if err != nil {
		return err
	}
	return c.converse(ctx, func(ctx context.Context, t terms) (err error) {
		session, err := c.session(t)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, session.Close()) }()
		advertised, err := session.AdvertisedReferencesContext(ctx)
		if err != nil {
			return err
		}
		want, ok := advertised.References[name.String()]
		if !ok || !advertised.Capabilities.Supports(capability.Shallow) {
			return errors.New("the server has no shallow pack of the branch")
		}
		request, err := c.thinRequest(repository, want, have.Hash())
		if err != nil {
			return err
		}
		answer, err := session.UploadPack(ctx, request)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, answer.Close()) }()
		if err := takeThin(repository, answer); err != nil {
			return err
		}
		if err := repository.Storer.SetShallow(append(request.Shallows, answer.Shallows...)); err != nil {
			return err
		}
		if err := whole(repository, want); err != nil {
			return err
		}
		return repository.Storer.SetReference(plumbing.NewHashReference(name, want))
	})
}

func (c *clone) session(t terms) (transport.UploadPackSession, error) {
	endpoint, err := transport.NewEndpoint(c.options.Repository)
	if err != nil {
		return nil, err
	}
	endpoint.CaBundle, endpoint.Proxy = t.caBundle, t.proxy
	speaker, err := client.NewClient(endpoint)
	if err != nil {
		return nil, err
	}
	return speaker.NewUploadPackSession(endpoint, t.auth)
}

func (c *clone) thinRequest(repository *git.Repository, want, have plumbing.Hash) (*packp.UploadPackRequest, error) {
	shallows, err := repository.Storer.Shallow()
	if err != nil {
		return nil, err
	}
	request := packp.NewUploadPackRequest()
	request.Wants, request.Haves = []plumbing.Hash{want}, []plumbing.Hash{have}
	request.Depth, request.Shallows = packp.DepthCommits(c.options.Depth), shallows
	for _, each := range []capability.Capability{capability.Shallow, capability.ThinPack, capability.OFSDelta, capability.NoProgress} {
		if err := request.Capabilities.Set(each); err != nil {
			return nil, err
		}
	}
	return request, nil
}

// takeThin completes a thin pack from what the clone has, and stores it.
func takeThin(repository *git.Repository, from io.Reader) error {
	pack, err := io.ReadAll(io.LimitReader(from, maxThin+1))
	if err == nil {
		err = fits(pack, maxThin, maxUnpacked)
	}
	if err != nil {
		return fmt.Errorf("read a thin pack: %w", err)
	}
	fresh := &thinObjects{memory.NewStorage().ObjectStorage, repository.Storer}
	parser, err := packfile.NewParserWithStorage(packfile.NewScanner(bytes.NewReader(pack)), fresh)
	if err == nil {
		_, err = parser.Parse()
	}
	if err != nil {
		return fmt.Errorf("read a thin pack: %w", err)
	}
	var hashes []plumbing.Hash
	for hash := range fresh.ObjectStorage.Objects {
		hashes = append(hashes, hash)
	}
	if len(hashes) == 0 {
		return nil // the commit is one that we have
	}
	plumbing.HashesSort(hashes)
	_, err = writePack(repository, fresh, hashes)
	return err
}

// errTooMuchNew says that what is new is fetched another way.
var errTooMuchNew = errors.New("there is too much new")

// fits says whether a pack, and what is in it, are not larger than so many bytes:
// a few megabytes can hold gigabytes of the same.
func fits(pack []byte, most, mostUnpacked int) error {
	if len(pack) > most {
		return errTooMuchNew
	}
	scanner := packfile.NewScanner(bytes.NewReader(pack))
	_, count, err := scanner.Header()
	left := room(mostUnpacked)
	for ; err == nil && count > 0; count-- {
		if _, err = scanner.NextObjectHeader(); err == nil {
			_, _, err = scanner.NextObject(&left)
		}
	}
	return err
}

// room is how many bytes may still be written, to nowhere.
type room int

// Write implements io.Writer.
func (r *room) Write(text []byte) (int, error) {
	if *r -= room(len(text)); *r < 0 {
		return 0, errTooMuchNew
	}
	return len(text), nil
}

// thinObjects are new objects, above those that they build on.
type thinObjects struct {
	memory.ObjectStorage

	base storer.EncodedObjectStorer
}

// EncodedObject implements storer.EncodedObjectStorer.
func (o *thinObjects) EncodedObject(kind plumbing.ObjectType, hash plumbing.Hash) (plumbing.EncodedObject, error) {
	object, err := o.ObjectStorage.EncodedObject(kind, hash)
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		return o.base.EncodedObject(kind, hash)
	}
	return object, err
}
