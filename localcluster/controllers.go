package main

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/kubernetes/pkg/controller/garbagecollector"
	"k8s.io/kubernetes/pkg/controller/namespace"
)

const (
	controllerWorkers = 4
	// namespaceResync is how often a namespace is looked at without a reason.
	namespaceResync = 5 * time.Minute
	// collectorSync is how soon the garbage collector knows a new kind of object.
	collectorSync = 10 * time.Second
)

// controllers run against the API server, until their context ends.
type controllers struct {
	client   *kubernetes.Clientset
	metadata metadata.Interface
}

// startControllers starts them, on a ready API server.
func startControllers(ctx context.Context, config *rest.Config) error {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("start controllers: %w", err)
	}
	meta, err := metadata.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("start controllers: %w", err)
	}
	c := controllers{client, meta}
	c.startNamespaces(ctx)
	return c.startCollector(ctx)
}

// startNamespaces starts what empties and removes deleted namespaces.
func (c controllers) startNamespaces(ctx context.Context) {
	shared := informers.NewSharedInformerFactory(c.client, 0)
	controller := namespace.NewNamespaceController(ctx, c.client, c.metadata,
		c.client.Discovery().ServerPreferredNamespacedResources,
		shared.Core().V1().Namespaces(), namespaceResync, corev1.FinalizerKubernetes)
	shared.Start(ctx.Done())
	go controller.Run(ctx, controllerWorkers)
}

// startCollector starts what removes objects whose owners are gone.
func (c controllers) startCollector(ctx context.Context) error {
	shared := metadataOnly{metadatainformer.NewSharedInformerFactory(c.metadata, 0)}
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(c.client.Discovery()))
	started := make(chan struct{})
	collector, err := garbagecollector.NewGarbageCollector(ctx, c.client, c.metadata, mapper,
		garbagecollector.DefaultIgnoredResources(), shared, started)
	if err != nil {
		return fmt.Errorf("start the garbage collector: %w", err)
	}
	close(started)
	go collector.Run(ctx, controllerWorkers, collectorSync)
	go collector.Sync(ctx, c.client.Discovery(), collectorSync)
	return nil
}

// metadataOnly has the garbage collector remember the metadata of objects, where it would remember whole objects of all
// kinds that client-go knows.
type metadataOnly struct {
	metadatainformer.SharedInformerFactory
}

// ForResource implements informerfactory.InformerFactory.
func (m metadataOnly) ForResource(resource schema.GroupVersionResource) (informers.GenericInformer, error) {
	return m.SharedInformerFactory.ForResource(resource), nil
}
