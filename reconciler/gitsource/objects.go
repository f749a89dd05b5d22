package gitsource

import (
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage/filesystem"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
)

// objects is a repository as its readers see it. go-git's storage is not made
// for several readers: branches and commits are read in turn, and trees and
// blobs, of which there are thousands, each by a reader of its own.
type objects struct {
	dir string

	mu         sync.Mutex
	repository *git.Repository
	// damaged says that something was not to be read that should be there.
	damaged bool

	// readers are those that nobody uses; nil is one not opened yet.
	readers chan *filesystem.Storage
}

func newObjects(dir string, repository *git.Repository) *objects {
	o := &objects{dir: dir, repository: repository, readers: make(chan *filesystem.Storage, runtime.GOMAXPROCS(0))}
	for range cap(o.readers) {
		o.readers <- nil
	}
	return o
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

// What a reader keeps: files of packs, which it would else open for every
// object, and in bytes what other objects are stored as differences from.
const (
	readerFiles = 8
	readerCache = 16 * cache.MiByte
)

// open makes a reader of what is in the folder now.
func (o *objects) open() (*filesystem.Storage, error) {
	repository, err := git.PlainOpen(o.dir)
	if err != nil {
		return nil, fmt.Errorf("open %s again: %w", o.dir, err)
	}
	stored, ok := repository.Storer.(*filesystem.Storage)
	if !ok {
		return nil, fmt.Errorf("open %s again: its storage is %T, no folder", o.dir, repository.Storer)
	}
	return filesystem.NewStorageWithOptions(stored.Filesystem(), cache.NewObjectLRU(readerCache), filesystem.Options{
		MaxOpenDescriptors:   readerFiles,
		LargeObjectThreshold: schema.MaxFileSize, // what is larger is measured, and never read
	}), nil
}

// insist reads objects that should be there. They may have moved into a pack
// that was made since the reader was opened, by fetching or by git gc; then
// another is opened.
func (o *objects) insist(read func(storer.EncodedObjectStorer) error) (err error) {
	reader := <-o.readers
	defer func() { o.readers <- reader }()
	if reader != nil {
		err = read(reader)
		if _, large := errors.AsType[*repolayout.TooLargeError](err); err == nil || large {
			return err
		}
		_ = reader.Close()
	}
	if reader, err = o.open(); err != nil {
		return err
	}
	err = read(reader)
	if _, large := errors.AsType[*repolayout.TooLargeError](err); err != nil && !large {
		o.mu.Lock()
		o.damaged = true
		o.mu.Unlock()
	}
	return err
}
