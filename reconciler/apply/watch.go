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
	failures workqueue.TypedRateLimiter[Identity]
	queue    workqueue.TypedDelayingInterface[Identity]

	watching sync.RWMutex
	eyes     map[schema.GroupKind]*eye
}

// Watch puts right what others do to the objects of the last good revision, within moments, until ctx ends. A field that
// we did not set is nobody's business here. What happened while nobody watched is put right as well. While a revision is
// being applied, and where one was interrupted, nothing is put right.
//
// Each drift is reported, from several goroutines; report must be quick. There may be one Watch at a time.
func (t *Target) Watch(ctx context.Context, report func(Drift)) error {
	if err := t.read(ctx); err != nil {
		return err
	}
	w := &watcher{
		Target: t, report: report, fights: newFights(), eyes: make(map[schema.GroupKind]*eye),
		failures: workqueue.NewTypedItemExponentialFailureRateLimiter[Identity](failurePause, failureMaxPause),
		queue:    workqueue.NewTypedDelayingQueueWithConfig(workqueue.TypedDelayingQueueConfig[Identity]{Clock: t.clock}),
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

// read reads the inventory, unless it has been.
func (t *Target) read(ctx context.Context) (err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known != nil {
		return nil
	}
	if t.known, err = t.store.load(ctx, nil); err != nil {
		return fmt.Errorf("watch: %w", err)
	}
	return nil
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
			for _, e := range w.unwanted(nil) {
				e.close()
			}
			return
		case <-w.committed:
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
	all = true
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
	w.watching.RLock()
	e := w.eyes[id.groupKind()]
	w.watching.RUnlock()
	if e == nil || !e.informer.HasSynced() {
		return presence{}, false
	}
	return e.see(id)
}
