package apply

import (
	"context"
	"sync"
	"sync/atomic"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
)

// eye watches the objects of one kind that carry our label, and remembers as little as possible of each.
type eye struct {
	informer cache.SharedIndexInformer
	cancel   context.CancelFunc
	running  sync.WaitGroup

	// streaming says that events come in.
	streaming atomic.Bool
	// reached is the newest resourceVersion of what is remembered; empty for none.
	reached atomic.Value
}

// open begins to watch. What is seen goes into the queue; and once all has been, everything that should be there does,
// to find what is not.
func (w *watcher) open(ctx context.Context, kind schema.GroupKind, at resource) *eye {
	ctx, cancel := context.WithCancel(ctx)
	e := &eye{cancel: cancel}
	e.informer = e.newInformer(w.cluster, kind, at)
	see := func(before, now any) {
		e.note(now)
		if restless(before, now) {
			w.stir()
		}
		if id, ok := identityOf(now, kind); ok {
			w.queue.Add(id)
		}
	}
	// These fail only on an informer that has been started.
	_ = e.informer.SetTransform(w.cluster.sight)
	_ = e.informer.SetWatchErrorHandlerWithContext(func(context.Context, *cache.Reflector, error) {}) // it tries again by itself
	_, _ = e.informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: func(now any) { see(nil, now) }, UpdateFunc: see, DeleteFunc: func(last any) { see(nil, last) },
	})
	e.running.Go(func() { e.informer.RunWithContext(ctx) })
	e.running.Go(func() {
		if cache.WaitForCacheSync(ctx.Done(), e.informer.HasSynced) {
			w.queueAll(kind)
			w.stir()
		}
	})
	return e
}

// newInformer asks for whole objects only where something in them tells how they do.
func (e *eye) newInformer(c *cluster, kind schema.GroupKind, at resource) cache.SharedIndexInformer {
	ours := c.selector(kind)
	var example runtime.Object = &metav1.PartialObjectMetadata{}
	list := func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
		return c.metadata.Resource(at.GroupVersionResource).List(ctx, o)
	}
	follow := c.metadata.Resource(at.GroupVersionResource).Watch
	client := any(c.metadata)
	if !mute(kind) {
		example, client = &unstructured.Unstructured{}, c.dynamic
		list = func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			return c.dynamic.Resource(at.GroupVersionResource).List(ctx, o)
		}
		follow = c.dynamic.Resource(at.GroupVersionResource).Watch
	}
	source := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			o.LabelSelector = ours
			return list(ctx, o)
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			o.LabelSelector = ours
			events, err := follow(ctx, o)
			if err != nil {
				return nil, err
			}
			e.streaming.Store(true)
			return stream{events, &e.streaming}, nil
		},
	}
	return cache.NewSharedIndexInformer(cache.ToListWatcherWithWatchListSemantics(source, client), example, 0, cache.Indexers{})
}

// stream is a watch that says when it is over.
type stream struct {
	watch.Interface

	open *atomic.Bool
}

// Stop ends the watch. Whoever reads it does so too when it was the server that broke it off.
func (s stream) Stop() {
	s.open.Store(false)
	s.Interface.Stop()
}

// note takes down how far the eye has seen. One goroutine calls it.
func (e *eye) note(seen any) {
	object, ok := sighted(seen)
	if !ok {
		return
	}
	if last, _ := e.reached.Load().(string); last == "" || newer(object.ResourceVersion, last) {
		e.reached.Store(object.ResourceVersion)
	}
}

// sees tells whether what is remembered is what the server has, or was a moment ago, and no older than a resourceVersion
// that the server has told us.
func (e *eye) sees(resourceVersion string) bool {
	reached, _ := e.reached.Load().(string)
	return e.streaming.Load() && e.informer.HasSynced() && reached != "" && !newer(resourceVersion, reached)
}

// queueAll has every object of a kind looked at.
func (w *watcher) queueAll(kind schema.GroupKind) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	w.noting.Lock()
	defer w.noting.Unlock()
	for id := range w.known.good {
		if id.groupKind() == kind {
			w.queue.Add(id)
		}
	}
}

func (e *eye) close() {
	e.cancel()
	e.running.Wait()
}

// find gives an object as it was last seen; nil if it is not there.
func (e *eye) find(id Identity) *sighting {
	found, there, err := e.informer.GetStore().GetByKey(cache.NewObjectName(id.Namespace, id.Name).String())
	if err != nil || !there {
		return nil
	}
	object, _ := sighted(found)
	return object
}

// identityOf reads what an informer tells of.
func identityOf(object any, kind schema.GroupKind) (Identity, bool) {
	found, ok := sighted(object)
	if !ok {
		return Identity{}, false
	}
	return Identity{kind.Group, kind.Kind, found.Namespace, found.Name}, true
}
