package apply

import (
	"context"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/tools/cache"
)

// eye watches the objects of one kind that carry our label, and remembers as little as possible of each.
type eye struct {
	informer cache.SharedIndexInformer
	cancel   context.CancelFunc
	running  sync.WaitGroup
}

// open begins to watch. What is seen goes into the queue; and once all has been, everything that should be there does,
// to find what is not.
func (w *watcher) open(ctx context.Context, kind schema.GroupKind, at resource) *eye {
	ctx, cancel := context.WithCancel(ctx)
	ours := func(options *metav1.ListOptions) { options.LabelSelector = OwnerLabel + "=" + w.owner }
	informer := metadatainformer.NewFilteredMetadataInformer(
		w.cluster.metadata, at.GroupVersionResource, metav1.NamespaceAll, 0, cache.Indexers{}, ours).Informer()
	e := &eye{informer: informer, cancel: cancel}
	queue := func(object any) {
		if id, ok := identityOf(object, kind); ok {
			w.queue.Add(id)
		}
	}
	// These fail only on an informer that has been started.
	_ = informer.SetTransform(slim)
	_ = informer.SetWatchErrorHandlerWithContext(func(context.Context, *cache.Reflector, error) {}) // it tries again by itself
	_, _ = informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: queue, DeleteFunc: queue, UpdateFunc: func(_, now any) { queue(now) },
	})
	e.running.Go(func() { informer.RunWithContext(ctx) })
	e.running.Go(func() {
		if cache.WaitForCacheSync(ctx.Done(), informer.HasSynced) {
			w.queueAll(kind)
		}
	})
	return e
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

// see gives an object as it was last seen; zero if it is not there.
func (e *eye) see(id Identity) (presence, bool) {
	key := cache.NewObjectName(id.Namespace, id.Name).String()
	found, there, err := e.informer.GetStore().GetByKey(key)
	if err != nil || !there {
		return presence{}, err == nil
	}
	object, ok := found.(*metav1.PartialObjectMetadata)
	if !ok {
		return presence{}, false
	}
	return presenceOf(object), true
}

// identityOf reads what an informer tells of.
func identityOf(object any, kind schema.GroupKind) (Identity, bool) {
	if gone, ok := object.(cache.DeletedFinalStateUnknown); ok {
		object = gone.Obj
	}
	found, ok := object.(*metav1.PartialObjectMetadata)
	if !ok {
		return Identity{}, false
	}
	return Identity{kind.Group, kind.Kind, found.Namespace, found.Name}, true
}

// slim drops what is not looked at.
func slim(object any) (any, error) {
	full, ok := object.(*metav1.PartialObjectMetadata)
	if !ok {
		return object, nil
	}
	slimmed := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{
		Namespace: full.Namespace, Name: full.Name, UID: full.UID, ResourceVersion: full.ResourceVersion,
		DeletionTimestamp: full.DeletionTimestamp,
	}}
	if pause, ok := full.Annotations[ReconcileAnnotation]; ok {
		slimmed.Annotations = map[string]string{ReconcileAnnotation: pause}
	}
	return slimmed, nil
}
