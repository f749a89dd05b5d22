package gitsource

import (
	"errors"
	"fmt"
	"sync"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing/storer"

	repolayout "github.com/drover-ci/drover/repo-layout"
)

// objects is a repository as its readers see it. go-git's storage is not made
// for several readers, so that they take turns; decoding what was read is what
// takes the time.
type objects struct {
	dir string

	mu         sync.Mutex
	repository *git.Repository
	// damaged says that something was not to be read that should be there.
	damaged bool
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

// renewed sees what came into the folder.
func (o *objects) renewed() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.damaged = false
	return o.reopen()
}

// reopen sees what came into the folder since. The caller holds the lock.
func (o *objects) reopen() error {
	repository, err := git.PlainOpen(o.dir)
	if err != nil {
		return fmt.Errorf("open %s again: %w", o.dir, err)
	}
	o.repository = repository
	return nil
}

// insist reads objects that should be there. They may have moved into a pack
// that was made since the repository was opened, by fetching or by git gc; then
// it is opened again. The caller holds the lock.
func (o *objects) insist(read func(storer.EncodedObjectStorer) error) error {
	err := read(o.repository.Storer)
	if _, large := errors.AsType[*repolayout.TooLargeError](err); err == nil || large {
		return err
	}
	if reopened := o.reopen(); reopened != nil {
		return errors.Join(err, reopened)
	}
	if err = read(o.repository.Storer); err != nil {
		o.damaged = true
	}
	return err
}
