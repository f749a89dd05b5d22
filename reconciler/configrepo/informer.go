package configrepo

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

// NewInformer gives an informer of the ConfigRepos in a namespace; an empty one
// is all. It has [FromObject] to read what it holds. Where the definition is not
// installed yet it waits until it is.
func NewInformer(config *rest.Config, namespace string, resync time.Duration) (cache.SharedIndexInformer, error) {
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", config.Host, err)
	}
	objects := client.Resource(resource()).Namespace(namespace)
	return cache.NewSharedIndexInformer(&cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			return objects.List(ctx, options)
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			return objects.Watch(ctx, options)
		},
	}, &unstructured.Unstructured{}, resync, cache.Indexers{}), nil
}

// FromObject reads a ConfigRepo as an informer holds it.
func FromObject(object any) (*ConfigRepo, error) {
	plain, ok := object.(*unstructured.Unstructured)
	if !ok {
		return nil, fmt.Errorf("read a ConfigRepo: got a %T", object)
	}
	body, err := plain.MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("read ConfigRepo %s/%s: %w", plain.GetNamespace(), plain.GetName(), err)
	}
	repo := new(ConfigRepo)
	if err := json.Unmarshal(body, repo); err != nil {
		return nil, fmt.Errorf("read ConfigRepo %s/%s: %w", plain.GetNamespace(), plain.GetName(), err)
	}
	return repo, nil
}
