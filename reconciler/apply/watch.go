package apply

import (
	"context"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/util/workqueue"
)

const (
	// failurePause is how long an object is left alone after it could not be put right; each further failure doubles
	// it, up to failureMaxPause.
	failurePause    = 100 * time.Millisecond
	failureMaxPause = 30 * time.Second
	// unknownPause is how long to wait for a kind that the server does not know, before asking again.
	unknownPause = 5 * time.Second
)

// watcher puts right what others do to objects of ours.
type watcher struct {
	*Target
	report   func(Drift)
	fights   *fights
	troubles *troubles
	failures workqueue.TypedRateLimiter[Identity]
	queue    workqueue.TypedDelayingInterface[Identity]

	watching sync.RWMutex
	eyes     map[schema.GroupKind]*eye
	looked   bool // there is an eye on each kind that the server knows
}

// Watch puts right what others do to the objects of the last good revision, within moments, until ctx ends. A field that
// we did not set is nobody's business here. What happened while nobody watched is put right as well. While a revision is
// being applied, and where one was interrupted, nothing is put right.
//
// Each drift is reported, from several goroutines; report must be quick. There may be one Watch at a time.
func (t *Target) Watch(ctx context.Context, report func(Drift)) error {
	w := &watcher{
		Target: t, report: report, fights: newFights(), troubles: newTroubles(), eyes: make(map[schema.GroupKind]*eye),
		failures: workqueue.NewTypedItemExponentialFailureRateLimiter[Identity](failurePause, failureMaxPause),
		queue:    workqueue.NewTypedDelayingQueueWithConfig(workqueue.TypedDelayingQueueConfig[Identity]{Clock: t.clock}),
	}
	if err := t.admit(ctx, w); err != nil {
		return err
	}
	var working sync.WaitGroup
	for range t.workers {
		working.Go(func() { w.work(ctx) })
	}
	w.follow(ctx)
	w.queue.ShutDown()
	working.Wait()
	return nil
}

// admit has a watcher seen by those who apply. It reads the inventory, unless that has been read.
func (t *Target) admit(ctx context.Context, w *watcher) (err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known == nil {
		if t.known, err = t.store.load(ctx, nil); err != nil {
			return fmt.Errorf("watch: %w", err)
		}
	}
	t.watcher = w
	return nil
}

// dismiss has nobody rely on a watcher any more.
func (t *Target) dismiss() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.watcher = nil
	t.stir()
}

// work heals what is in the queue, until that is shut down.
func (w *watcher) work(ctx context.Context) {
	for {
		id, ended := w.queue.Get()
		if ended {
			return
		}
		if pause := w.heal(ctx, id); pause > 0 {
			w.queue.AddAfter(id, pause)
		}
		w.queue.Done(id)
	}
}

// follow keeps an eye on each kind of which there are objects of ours, until ctx ends.
func (w *watcher) follow(ctx context.Context) {
	for {
		var again <-chan time.Time
		if !w.look(ctx) {
			again = w.clock.After(unknownPause)
		}
		select {
		case <-ctx.Done():
			w.dismiss()
			for _, e := range w.unwanted(nil) {
				e.close()
			}
			return
		case <-w.committed:
			w.stir()
		case <-again:
			w.kinds.expire()
		}
	}
}

// look opens and closes eyes, so that they are those that the inventory calls for. It tells whether it knew all kinds.
func (w *watcher) look(ctx context.Context) (all bool) {
	w.mu.RLock()
	kinds := w.known.kinds()
	w.mu.RUnlock()
	for _, e := range w.unwanted(kinds) {
		e.close() // waits for what runs, and so without a lock
	}
	w.watching.Lock()
	defer w.watching.Unlock()
	all, w.looked = true, true
	for kind, version := range kinds {
		if _, open := w.eyes[kind]; open {
			continue
		}
		at, err := w.kinds.find(kind.WithVersion(version))
		if err != nil {
			all = false
			continue
		}
		w.eyes[kind] = w.open(ctx, kind, at)
	}
	return all
}

// unwanted takes out the eyes on other kinds.
func (w *watcher) unwanted(kinds map[schema.GroupKind]string) []*eye {
	w.watching.Lock()
	defer w.watching.Unlock()
	var out []*eye
	for kind, e := range w.eyes {
		if _, wanted := kinds[kind]; !wanted {
			out = append(out, e)
			delete(w.eyes, kind)
		}
	}
	return out
}

// see gives an object as it was last seen. It has not been seen before all objects of its kind have been.
func (w *watcher) see(id Identity) (presence, bool) {
	e := w.eye(id.groupKind())
	if e == nil || !e.informer.HasSynced() {
		return presence{}, false
	}
	if found := e.find(id); found != nil {
		return found.presence, true
	}
	return presence{}, true
}

// lastSeen gives an object as it was last seen; nil if it is not there.
func (w *watcher) lastSeen(id Identity) *sighting {
	if e := w.eye(id.groupKind()); e != nil {
		return e.find(id)
	}
	return nil
}

// eye is the one on a kind, or nil.
func (w *watcher) eye(kind schema.GroupKind) *eye {
	w.watching.RLock()
	defer w.watching.RUnlock()
	return w.eyes[kind]
}

// seesAll tells whether all objects of every kind that is watched have been seen.
func (w *watcher) seesAll() bool {
	w.watching.RLock()
	defer w.watching.RUnlock()
	for _, e := range w.eyes {
		if !e.informer.HasSynced() {
			return false
		}
	}
	return w.looked
}
