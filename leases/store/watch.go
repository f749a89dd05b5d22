package store

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"

	"github.com/drover-ci/drover/leases"
)

// Sink is told what is seen in the cluster. Its methods are called one at a
// time for resources, and one at a time for lifecycles.
type Sink interface {
	Observe(resource leases.Resource)
	Forget(name string, version leases.Version)
	ObserveAll(resources []leases.Resource, version leases.Version)
	ObserveLifecycle(lifecycle leases.Lifecycle)
	ForgetLifecycle(leaseType string, version leases.Version)
}

// Watch tells the sink of everything that changes, until the context ends.
func (s *Store) Watch(ctx context.Context, sink Sink) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.reflect(ctx, lifecycles, &lifecycleObject{}, func() runtime.Object { return &lifecycleList{} }, &lifecycleEvents{sink: sink})
	}()
	s.reflect(ctx, resources, &resourceObject{}, func() runtime.Object { return &resourceList{} }, &resourceEvents{sink: sink})
	<-done
}

func (s *Store) reflect(ctx context.Context, resource string, kind runtime.Object, list func() runtime.Object, events cache.ReflectorStore) {
	lw := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			into := list()
			err := s.boskos.Get().Namespace(s.namespace).Resource(resource).VersionedParams(&options, s.parameters).Do(ctx).Into(into)
			return into, err
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			options.Watch = true
			return s.boskos.Get().Namespace(s.namespace).Resource(resource).VersionedParams(&options, s.parameters).Watch(ctx)
		},
	}
	cache.NewReflectorWithOptions(lw, kind, events, cache.ReflectorOptions{Name: resource}).RunWithContext(ctx)
}

// resourceEvents passes on what a reflector sees of resources.
type resourceEvents struct{ sink Sink }

// Add implements [cache.ReflectorStore].
func (e *resourceEvents) Add(object any) error { return e.Update(object) }

// Update implements [cache.ReflectorStore].
func (e *resourceEvents) Update(object any) error {
	if o, ok := object.(*resourceObject); ok {
		e.sink.Observe(resourceOf(o))
	}
	return nil
}

// Delete implements [cache.ReflectorStore].
func (e *resourceEvents) Delete(object any) error {
	if o, ok := object.(*resourceObject); ok {
		e.sink.Forget(o.Name, versionOf(o.ResourceVersion))
	}
	return nil
}

// Replace implements [cache.ReflectorStore].
func (e *resourceEvents) Replace(objects []any, version string) error {
	all := make([]leases.Resource, 0, len(objects))
	for _, object := range objects {
		if o, ok := object.(*resourceObject); ok {
			all = append(all, resourceOf(o))
		}
	}
	e.sink.ObserveAll(all, versionOf(version))
	return nil
}

// Resync implements [cache.ReflectorStore].
func (*resourceEvents) Resync() error { return nil }

// lifecycleEvents passes on what a reflector sees of lifecycles. It remembers
// their names, to tell which are gone after a gap.
type lifecycleEvents struct {
	sink  Sink
	known map[string]bool
}

// Add implements [cache.ReflectorStore].
func (e *lifecycleEvents) Add(object any) error { return e.Update(object) }

// Update implements [cache.ReflectorStore].
func (e *lifecycleEvents) Update(object any) error {
	if o, ok := object.(*lifecycleObject); ok {
		if e.known == nil {
			e.known = map[string]bool{}
		}
		e.known[o.Name] = true
		e.sink.ObserveLifecycle(lifecycleOf(o))
	}
	return nil
}

// Delete implements [cache.ReflectorStore].
func (e *lifecycleEvents) Delete(object any) error {
	if o, ok := object.(*lifecycleObject); ok {
		delete(e.known, o.Name)
		e.sink.ForgetLifecycle(o.Name, versionOf(o.ResourceVersion))
	}
	return nil
}

// Replace implements [cache.ReflectorStore].
func (e *lifecycleEvents) Replace(objects []any, version string) error {
	there := map[string]bool{}
	for _, object := range objects {
		if o, ok := object.(*lifecycleObject); ok {
			there[o.Name] = true
			_ = e.Update(object)
		}
	}
	for name := range e.known {
		if !there[name] {
			delete(e.known, name)
			e.sink.ForgetLifecycle(name, versionOf(version))
		}
	}
	return nil
}

// Resync implements [cache.ReflectorStore].
func (*lifecycleEvents) Resync() error { return nil }
