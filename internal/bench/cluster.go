package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
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
	"github.com/drover-ci/drover/reconciler/apply"
)

// objects is how many objects are applied for a rate, by so many workers.
const (
	objects = 1000
	workers = 16
)

// measureApply compares what the engine applies in a second with what the API
// server takes when it is sent the same objects without any care.
func (b *bench) measureApply(ctx context.Context) error {
	plane, err := controlplane.Start(ctx, b.localcluster, filepath.Join(b.work, "plane"))
	if err != nil {
		return err
	}
	defer func() { _ = plane.Stop() }()
	config, err := clientcmd.BuildConfigFromFlags("", plane.Kubeconfig)
	if err != nil {
		return err
	}
	config.QPS = -1
	raw, err := rawRate(ctx, config)
	if err != nil {
		return fmt.Errorf("measure the raw rate: %w", err)
	}
	b.rate("server-side apply, raw", raw, 0, memoryOf(os.Getpid()))
	target, err := apply.New(config)
	if err != nil {
		return err
	}
	start := time.Now()
	if _, err := target.Apply(ctx, "first", configMaps("drover")); err != nil {
		return err
	}
	b.rate("apply of a new revision", objects/time.Since(start).Seconds(), raw, memoryOf(os.Getpid()))
	start = time.Now()
	if _, err := target.Apply(ctx, "second", configMaps("drover")); err != nil {
		return err
	}
	b.row("apply with nothing to do", time.Since(start), memoryOf(os.Getpid()), fmt.Sprintf("%d objects", objects))
	return nil
}

func rawRate(ctx context.Context, config *rest.Config) (float64, error) {
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return 0, err
	}
	resource := client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}).Namespace("default")
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

// measureUp times the whole system on the release repository.
func (b *bench) measureUp(ctx context.Context) error {
	repository, err := b.gitCopy(ctx)
	if err != nil {
		return err
	}
	data := filepath.Join(b.work, "data")
	command := exec.CommandContext(ctx, b.drover, "up", "--repo", repository, "--data", data)
	command.Env = append(os.Environ(), controlplane.ProgramVariable+"="+b.localcluster)
	start := time.Now()
	if err := command.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	waiting := until(ctx, func() bool { return isUp(data) })
	if waiting == nil {
		b.row("up, start to everything in force", time.Since(start), memoryOf(command.Process.Pid), "without the control plane's memory")
	}
	return errors.Join(waiting, command.Process.Signal(syscall.SIGTERM), <-ended)
}
