package gitsource

import (
	"errors"
	"fmt"
	"sync"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/drover-ci/drover/internal/gitobjects"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
)

// objects is a repository as its readers see it. What a branch's name or an
// expression means go-git says, one reader at a time; the objects themselves, of
// which there are tens of thousands, anybody reads at any time.
type objects struct {
	dir string

	mu         sync.Mutex
	repository *git.Repository
	stored     *gitobjects.Store
	// damaged says that something was not to be read that should be there.
	damaged bool
	// last is the tree that was read last.
	last *tree
}

// newObjects reads the objects of a repository that was opened, given the folder
// that holds its branches.
func newObjects(dir string, repository *git.Repository) (*objects, error) {
	stored, err := gitobjects.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("open the objects of %s: %w", dir, err)
	}
	return &objects{dir: dir, repository: repository, stored: stored}, nil
}

// use gives the repository to one reader.
func (o *objects) use(read func(*git.Repository) error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return read(o.repository)
}

// isDamaged says whether reading failed since the repository was opened.
func (o *objects) isDamaged() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.damaged
}

// renewed opens the folder anew: its files may be others.
func (o *objects) renewed() error {
	repository, err := git.PlainOpen(o.dir)
	if err != nil {
		return fmt.Errorf("open %s again: %w", o.dir, err)
	}
	renewed, err := newObjects(o.dir, repository)
	if err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.repository, o.stored, o.damaged = repository, renewed.stored, false
	return nil
}

// read reads an object. A file that is too large is a *repolayout.TooLargeError.
func (o *objects) read(want gitobjects.Type, hash plumbing.Hash) ([]byte, error) {
	o.mu.Lock()
	stored := o.stored
	o.mu.Unlock()
	kind, content, err := stored.Read(gitobjects.ID(hash), schema.MaxFileSize)
	if large, ok := errors.AsType[*gitobjects.TooLargeError](err); ok && want == gitobjects.Blob {
		return nil, &repolayout.TooLargeError{Size: large.Size}
	}
	if err == nil && kind != want {
		return nil, fmt.Errorf("object %s is a %s, expected a %s", hash, kind, want)
	}
	return content, err
}

// has says whether a commit can be read.
func (o *objects) has(hash plumbing.Hash) bool {
	_, err := o.read(gitobjects.Commit, hash)
	return err == nil
}

// insist reads an object that should be there.
func (o *objects) insist(want gitobjects.Type, hash plumbing.Hash) ([]byte, error) {
	content, err := o.read(want, hash)
	if _, large := errors.AsType[*repolayout.TooLargeError](err); err != nil && !large {
		o.mu.Lock()
		o.damaged = true
		o.mu.Unlock()
	}
	return content, err
}

// commit reads a commit that should be there.
func (o *objects) commit(hash plumbing.Hash) (*object.Commit, error) {
	content, err := o.insist(gitobjects.Commit, hash)
	if err != nil {
		return nil, err
	}
	encoded := &plumbing.MemoryObject{}
	encoded.SetType(plumbing.CommitObject)
	if _, err := encoded.Write(content); err != nil {
		return nil, err
	}
	commit := &object.Commit{}
	if err := commit.Decode(encoded); err != nil {
		return nil, fmt.Errorf("read commit %s: %w", hash, err)
	}
	return commit, nil
}

// find says which commit a name means: a hash, a branch, a tag or an expression.
func (o *objects) find(name string) (found plumbing.Hash, err error) {
	if hash := plumbing.NewHash(name); plumbing.IsHash(name) {
		if _, err := o.read(gitobjects.Commit, hash); err == nil {
			return hash, nil
		}
	}
	err = o.use(func(repository *git.Repository) error {
		hash, err := repository.ResolveRevision(plumbing.Revision(name))
		if err == nil {
			found = *hash
		}
		return err
	})
	return found, err
}
