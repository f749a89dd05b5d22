package main

import (
	"context"
	"sync"

	"github.com/drover-ci/drover/reconciler/gitsource"
)

// applied is the revision that the leader has applied, as the ConfigRepo says.
type applied struct {
	mu       sync.Mutex
	revision string
	changed  chan struct{} // closed when there is another revision
}

func newApplied() *applied { return &applied{changed: make(chan struct{})} }

func (a *applied) set(revision string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if revision == a.revision {
		return
	}
	a.revision = revision
	close(a.changed)
	a.changed = make(chan struct{})
}

// get gives the revision, and what is closed when there is another.
func (a *applied) get() (string, <-chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.revision, a.changed
}

// following is a source whose newest revision is the one that the leader has
// applied.
type following struct {
	*gitsource.Source

	applied *applied
}

// Fetch gives the revision that is applied. It waits for the first.
func (f following) Fetch(ctx context.Context) (gitsource.Revision, error) {
	revision, changed := f.applied.get()
	for revision == "" {
		select {
		case <-ctx.Done():
			return gitsource.Revision{}, ctx.Err()
		case <-changed:
			revision, changed = f.applied.get()
		}
	}
	if found, err := f.Resolve(revision); err == nil {
		return found, nil
	}
	// Mostly it is the newest of the branch; where not, the server is asked for it.
	if newest, err := f.Source.Fetch(ctx); err == nil && newest.Hash == revision {
		return newest, nil
	}
	return f.Find(ctx, revision)
}

// Watch calls notify when another revision is applied, until the context ends.
func (f following) Watch(ctx context.Context, notify func()) error {
	for {
		_, changed := f.applied.get()
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
			notify()
		}
	}
}
