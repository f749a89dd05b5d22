package gitsource

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/storage"
	"github.com/go-git/go-git/v5/storage/memory"
	"github.com/gofrs/flock"
)

// clone is our copy of a remote repository. Its methods are called one at a
// time; a lock file keeps other processes away.
type clone struct {
	options Options
	dir     string
	lock    *flock.Flock
	// notThin is why the last fetch was not of a thin pack, as it was told.
	notThin string
}

func newClone(options Options) *clone {
	return &clone{options: options, dir: options.CloneDir, lock: flock.New(options.CloneDir + ".lock")}
}

// lockInterval is how often to look whether another process has let go.
const lockInterval = 50 * time.Millisecond

// alone does something to the folder while no other process does.
func (c *clone) alone(ctx context.Context, do func() error) error {
	if err := os.MkdirAll(filepath.Dir(c.dir), 0o700); err != nil {
		return fmt.Errorf("make a place for the clone of %s: %w", Redact(c.options.Repository), err)
	}
	if _, err := c.lock.TryLockContext(ctx, lockInterval); err != nil {
		return fmt.Errorf("wait for the clone %s, which another process has: %w", c.dir, err)
	}
	defer func() { _ = c.lock.Unlock() }()
	return do()
}

// open opens the clone, or makes it where there is none that can be used.
func (c *clone) open(ctx context.Context) (repository *git.Repository, err error) {
	err = c.alone(ctx, func() error {
		if err := tidy(c.dir); err != nil {
			return err
		}
		if repository, err = c.usable(); err == nil {
			return nil
		}
		if err := c.renew(ctx); err != nil {
			return err
		}
		repository, err = c.usable()
		return err
	})
	return repository, err
}

// usable opens the clone if it is of our repository and branch, and the branch
// leads to files.
func (c *clone) usable() (*git.Repository, error) {
	if err := readMark(c.dir).fits(c.options); err != nil {
		return nil, err
	}
	repository, err := git.PlainOpen(c.dir)
	if err != nil {
		return nil, fmt.Errorf("open the clone %s: %w", c.dir, err)
	}
	name := plumbing.HEAD
	if c.options.Branch != "" {
		name = plumbing.NewBranchReferenceName(c.options.Branch)
	}
	reference, err := repository.Reference(name, true)
	if err != nil {
		return nil, fmt.Errorf("open the clone %s: %w", c.dir, err)
	}
	return repository, whole(repository, reference.Hash())
}

// whole says whether a commit and its topmost folder are there.
func whole(repository *git.Repository, hash plumbing.Hash) error {
	commit, err := repository.CommitObject(hash)
	if err == nil {
		_, err = commit.Tree()
	}
	if err != nil {
		return fmt.Errorf("read commit %s: %w", hash, err)
	}
	return nil
}

// refresh fetches the branch, if it has moved. A clone that cannot be used is
// made anew.
func (c *clone) refresh(ctx context.Context, branch string) (changed bool, err error) {
	err = c.alone(ctx, func() error {
		repository, err := c.usable()
		if err != nil {
			changed = true
			return c.renew(ctx)
		}
		changed, err = c.update(ctx, repository, branch)
		return err
	})
	return changed, err
}

// mend makes the clone anew.
func (c *clone) mend(ctx context.Context) error {
	return c.alone(ctx, func() error { return c.renew(ctx) })
}

func (c *clone) update(ctx context.Context, repository *git.Repository, branch string) (changed bool, err error) {
	name := plumbing.NewBranchReferenceName(branch)
	found, err := c.find(ctx, name)
	if err != nil {
		return false, err
	}
	if have, err := repository.Reference(name, true); err == nil && have.Hash() == found.Hash() {
		return false, nil
	}
	if c.options.Depth > 0 {
		thin := c.fetchThin(ctx, repository, name)
		if thin == nil {
			c.notThin = ""
			return true, c.contain(ctx, repository)
		}
		defer func() {
			if err == nil {
				c.tellNotThin(ctx, thin)
			}
		}()
	}
	if err := c.fetch(ctx, repository, "+"+name.String()+":"+name.String()); err != nil {
		return false, err
	}
	return true, c.contain(ctx, repository)
}

// tellNotThin tells why all of a revision was fetched: once, as long as it is for
// the same reason.
func (c *clone) tellNotThin(ctx context.Context, why error) {
	if text := why.Error(); text != c.notThin {
		c.notThin = text
		c.options.Logger.InfoContext(ctx, "fetched all of a revision, not only what is new in it", "repository", Redact(c.options.Repository), "reason", why)
	}
}

// contain keeps the clone in proportion to what it is a clone of.
func (c *clone) contain(ctx context.Context, repository *git.Repository) error {
	if err := mergePacks(repository, c.dir); err != nil {
		return err
	}
	size, err := folderSize(c.dir)
	if err != nil || size <= readMark(c.dir).bound() {
		return err
	}
	return c.renew(ctx)
}

// find asks where a branch is.
func (c *clone) find(ctx context.Context, name plumbing.ReferenceName) (*plumbing.Reference, error) {
	references, err := c.list(ctx)
	if err != nil {
		return nil, err
	}
	for _, reference := range references {
		if reference.Name() == name && !reference.Hash().IsZero() {
			return reference, nil
		}
	}
	return nil, fmt.Errorf("fetch %s: it has no branch %s", Redact(c.options.Repository), name.Short())
}

// list asks for all branches.
func (c *clone) list(ctx context.Context) (references []*plumbing.Reference, err error) {
	err = c.converse(ctx, func(ctx context.Context, t terms) error {
		references, err = c.remote(memory.NewStorage()).ListContext(ctx, &git.ListOptions{
			Auth: t.auth, CABundle: t.caBundle, ProxyOptions: t.proxy,
		})
		return err
	})
	return references, err
}

// fetch brings what a reference specification says, and sees that it came.
func (c *clone) fetch(ctx context.Context, repository *git.Repository, specification string) error {
	spec := config.RefSpec(specification)
	if err := spec.Validate(); err != nil {
		return fmt.Errorf("fetch %s of %s: %w", specification, Redact(c.options.Repository), err)
	}
	return c.converse(ctx, func(ctx context.Context, t terms) error {
		err := c.remote(repository.Storer).FetchContext(ctx, &git.FetchOptions{
			RefSpecs: []config.RefSpec{spec}, Depth: c.options.Depth, Tags: git.NoTags, Force: true,
			Auth: t.auth, CABundle: t.caBundle, ProxyOptions: t.proxy,
		})
		if err != nil && !errors.Is(err, git.NoErrAlreadyUpToDate) {
			return err
		}
		fetched, err := repository.Reference(spec.Dst(plumbing.ReferenceName(spec.Src())), true)
		if err != nil {
			return err
		}
		return whole(repository, fetched.Hash())
	})
}

// fetchCommit brings a commit that is on no branch of ours.
func (c *clone) fetchCommit(ctx context.Context, hash string) error {
	return c.alone(ctx, func() error {
		repository, err := c.usable()
		if err != nil {
			return err
		}
		return c.fetch(ctx, repository, hash+":refs/drover/"+hash)
	})
}

// remote is the repository that is cloned. It is never written into the clone's
// configuration: its URL may hold a password.
func (c *clone) remote(stored storage.Storer) *git.Remote {
	return git.NewRemote(stored, &config.RemoteConfig{Name: git.DefaultRemoteName, URLs: []string{c.options.Repository}})
}

// renew makes the clone anew beside the old one, and puts it in its place.
func (c *clone) renew(ctx context.Context) error {
	making := c.dir + suffixNew
	if err := os.RemoveAll(making); err != nil {
		return fmt.Errorf("remove an unfinished clone: %w", err)
	}
	branch, err := c.branchToClone(ctx)
	if err != nil {
		return err
	}
	repository, err := git.PlainInitWithOptions(making, &git.PlainInitOptions{
		Bare: true, InitOptions: git.InitOptions{DefaultBranch: branch},
	})
	if err != nil {
		return fmt.Errorf("make a clone of %s: %w", Redact(c.options.Repository), err)
	}
	if err := c.fetch(ctx, repository, "+"+branch.String()+":"+branch.String()); err != nil {
		return err
	}
	if err := writeMark(making, c.options); err != nil {
		return err
	}
	return replace(c.dir, making)
}

// branchToClone is the branch that was asked for, or else the one that the
// repository's HEAD names.
func (c *clone) branchToClone(ctx context.Context) (plumbing.ReferenceName, error) {
	if c.options.Branch != "" {
		return plumbing.NewBranchReferenceName(c.options.Branch), nil
	}
	references, err := c.list(ctx)
	if err != nil {
		return "", err
	}
	for _, reference := range references {
		if reference.Name() == plumbing.HEAD && reference.Type() == plumbing.SymbolicReference {
			return reference.Target(), nil
		}
	}
	return "", fmt.Errorf("clone %s: it does not say which branch is its default; name a branch", Redact(c.options.Repository))
}

// converse talks to the remote repository: for a bounded time, under the terms
// that it asks for, and without telling anybody what these are.
func (c *clone) converse(ctx context.Context, talk func(context.Context, terms) error) error {
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	credentials, err := c.options.Credentials(ctx)
	if err != nil {
		return fmt.Errorf("fetch %s: %w", Redact(c.options.Repository), err)
	}
	t, err := credentials.terms(ctx, c.options.Repository, c.dir)
	if err != nil {
		return fmt.Errorf("fetch %s: %w", Redact(c.options.Repository), err)
	}
	defer t.end()
	err = talk(ctx, t)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, transport.ErrEmptyRemoteRepository):
		err = errors.New("the repository is empty")
	case ctx.Err() != nil:
		err = fmt.Errorf("%w (after at most %s)", ctx.Err(), c.options.Timeout)
	}
	return credentials.scrub(c.options.Repository, fmt.Errorf("fetch %s: %w", Redact(c.options.Repository), err))
}
