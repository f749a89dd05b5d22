package apply

import (
	"errors"
	"fmt"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/restmapper"

	"github.com/drover-ci/drover/generators"
)

// resource is where the objects of a kind are found in the API.
type resource struct {
	schema.GroupVersionResource
	namespaced bool
}

// errNoKind says that the cluster has no such kind, nor does the revision bring it.
var errNoKind = errors.New("the cluster has no such kind")

// kinds tells where the objects of a kind are found: the server's own, and those of custom resource definitions that
// a revision brings and the server does not know yet.
type kinds struct {
	server    meta.ResettableRESTMapper
	discovery discovery.DiscoveryInterface

	mu      sync.Mutex
	fresh   bool // asked the server since learn
	brought map[schema.GroupVersionKind]resource
}

func newKinds(client discovery.DiscoveryInterface) *kinds {
	return &kinds{
		server:    restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(client)),
		discovery: client,
		brought:   make(map[schema.GroupVersionKind]resource),
	}
}

// learn begins a revision: it remembers the kinds that the custom resource definitions among objects define. For a kind
// that nobody has heard of, the server is asked anew, once a revision.
func (k *kinds) learn(objects []generators.Object) {
	k.mu.Lock()
	k.brought, k.fresh = make(map[schema.GroupVersionKind]resource), false
	k.mu.Unlock()
	for _, object := range objects {
		if object.GroupVersionKind().GroupKind() == crdKind() {
			k.add([]*unstructured.Unstructured{object.Unstructured})
		}
	}
}

// add remembers the kinds that more definitions define.
func (k *kinds) add(definitions []*unstructured.Unstructured) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, crd := range definitions {
		defined(crd, k.brought)
	}
}

// finder is [kinds.find] for the thousands of objects of a revision, which are of few kinds: each is looked for once.
func (k *kinds) finder() func(schema.GroupVersionKind) (resource, error) {
	found := make(map[schema.GroupVersionKind]resource)
	return func(kind schema.GroupVersionKind) (resource, error) {
		if at, known := found[kind]; known {
			return at, nil
		}
		at, err := k.find(kind)
		if err == nil {
			found[kind] = at
		}
		return at, err
	}
}

// preferred tells where the objects of a kind are in whichever version the server prefers, if it serves the kind.
func (k *kinds) preferred(kind schema.GroupKind) (at resource, served bool, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	mapping, err := k.server.RESTMapping(kind)
	switch {
	case meta.IsNoMatchError(err):
		return resource{}, false, nil
	case err != nil:
		return resource{}, false, fmt.Errorf("find kind %s: %w", kind, err)
	}
	return resource{mapping.Resource, mapping.Scope.Name() == meta.RESTScopeNameNamespace}, true, nil
}

// all gives every kind whose objects can be listed and deleted, and where they are.
func (k *kinds) all() (map[schema.GroupVersionKind]resource, error) {
	lists, err := discovery.ServerPreferredResources(k.discovery)
	if err != nil && !discovery.IsGroupDiscoveryFailedError(err) {
		return nil, fmt.Errorf("list the kinds of the cluster: %w", err)
	}
	all := make(map[schema.GroupVersionKind]resource)
	needed := discovery.SupportsAllVerbs{Verbs: []string{"list", "delete", "patch"}}
	for _, list := range discovery.FilteredBy(needed, lists) {
		at, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			continue
		}
		for _, r := range list.APIResources {
			all[at.WithKind(r.Kind)] = resource{at.WithResource(r.Name), r.Namespaced}
		}
	}
	return all, nil
}

// expire has the server be asked anew for a kind that nobody has heard of.
func (k *kinds) expire() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.fresh = false
}

// defined adds the kinds that a definition defines.
func defined(crd *unstructured.Unstructured, into map[schema.GroupVersionKind]resource) {
	group, _, _ := unstructured.NestedString(crd.Object, "spec", "group")
	kind, _, _ := unstructured.NestedString(crd.Object, "spec", "names", "kind")
	plural, _, _ := unstructured.NestedString(crd.Object, "spec", "names", "plural")
	scope, _, _ := unstructured.NestedString(crd.Object, "spec", "scope")
	versions, _, _ := unstructured.NestedSlice(crd.Object, "spec", "versions")
	for _, v := range versions {
		version, _ := v.(map[string]any)
		name, _ := version["name"].(string)
		at := schema.GroupVersionResource{Group: group, Version: name, Resource: plural}
		into[schema.GroupVersionKind{Group: group, Version: name, Kind: kind}] = resource{at, scope == "Namespaced"}
	}
}

// find tells where the objects of a kind are, or gives errNoKind.
func (k *kinds) find(kind schema.GroupVersionKind) (resource, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if found, ok := k.brought[kind]; ok {
		return found, nil
	}
	mapping, err := k.server.RESTMapping(kind.GroupKind(), kind.Version)
	if meta.IsNoMatchError(err) && !k.fresh {
		k.fresh = true
		k.server.Reset()
		mapping, err = k.server.RESTMapping(kind.GroupKind(), kind.Version)
	}
	switch {
	case meta.IsNoMatchError(err):
		return resource{}, fmt.Errorf("%w: %s in %s", errNoKind, kind.Kind, kind.GroupVersion())
	case err != nil:
		return resource{}, fmt.Errorf("find kind %s: %w", kind, err)
	}
	return resource{mapping.Resource, mapping.Scope.Name() == meta.RESTScopeNameNamespace}, nil
}
