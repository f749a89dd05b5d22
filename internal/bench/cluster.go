package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/internal/controlplane"
)

// objects is how many objects are applied for a rate, by so many workers.
const (
	objects = 5000
	workers = 16
)

// configMapResource is where the objects are found in the API.
func configMapResource() schema.GroupVersionResource {
	return schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
}

func rawRate(ctx context.Context, config *rest.Config) (float64, error) {
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return 0, err
	}
	resource := client.Resource(configMapResource()).Namespace("default")
	var next atomic.Int64
	all := configMaps("raw")
	start := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	for range workers {
		group.Go(func() error {
			for i := next.Add(1) - 1; i < objects; i = next.Add(1) - 1 {
				_, err := resource.Apply(ctx, all[i].GetName(), all[i].Unstructured, metav1.ApplyOptions{FieldManager: "bench", Force: true})
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	err = group.Wait()
	return objects / time.Since(start).Seconds(), err
}

// nameKey is what objects, and requests to a lease server, call a name.
const nameKey = "name"

// configMaps makes objects of 2 KB.
func configMaps(prefix string) []generators.Object {
	all := make([]generators.Object, 0, objects)
	for i := range objects {
		all = append(all, generators.Object{Unstructured: &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "v1", "kind": "ConfigMap",
			"metadata": map[string]any{nameKey: fmt.Sprintf("%s-%d", prefix, i), "namespace": "default"},
			"data":     map[string]any{"text": strings.Repeat("x", 2<<10)},
		}}})
	}
	return all
}

// plane starts an API server of a name, and gives how to reach it.
func (b *bench) plane(ctx context.Context, name string) (*controlplane.Process, *rest.Config, error) {
	plane, err := controlplane.Start(ctx, b.localcluster, filepath.Join(b.work, name))
	if err != nil {
		return nil, nil, err
	}
	config, err := clientcmd.BuildConfigFromFlags("", plane.Kubeconfig)
	if err != nil {
		return nil, nil, errors.Join(err, plane.Stop())
	}
	config.QPS = -1
	return plane, config, nil
}

// measureUp times the whole system on the release repository.
func (b *bench) measureUp(ctx context.Context) error {
	repository, err := b.repository(ctx, whole())
	if err != nil {
		return err
	}
	return b.up(ctx, "up, start to everything in force", filepath.Join(b.work, "data"), "--repo", repository)
}

// up times the whole program on a data folder, given its other flags, from its
// start until everything is in force.
func (b *bench) up(ctx context.Context, what, data string, flags ...string) error {
	s, err := b.startUp(ctx, data, flags...)
	if err != nil {
		return err
	}
	b.row(what, s.ready, memoryOf(s.pid), "without the control plane's memory")
	return s.end()
}
