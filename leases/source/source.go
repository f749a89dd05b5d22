// Package source follows where the lease configuration is: a file, or a
// ConfigMap. What cannot be read or is not valid changes nothing, and is told.
package source

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"

	"github.com/drover-ci/drover/leases"
)

// Told gets each configuration as it comes, or why there is none.
type Told func(config *leases.Config, err error)

// fileEvery is how often a file is looked at. It is read each time: a mounted
// ConfigMap changes behind links.
const fileEvery = time.Second

// File follows a file until the context ends.
func File(ctx context.Context, path string, told Told) {
	var last []byte
	var failed string
	ticker := time.NewTicker(fileEvery)
	defer ticker.Stop()
	for {
		content, err := read(path)
		switch {
		case err != nil && err.Error() != failed:
			failed = err.Error()
			told(nil, fmt.Errorf("read the lease configuration: %w", err))
		case err == nil && (last == nil || !bytes.Equal(content, last)):
			last, failed = content, ""
			told(leases.ParseConfig(path, content))
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// read reads a file, and no more of it than one byte too many.
func read(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return io.ReadAll(io.LimitReader(file, leases.MaxConfig+1))
}

// ConfigMap says where in a cluster the configuration is.
type ConfigMap struct {
	Config          *rest.Config
	Namespace, Name string
	// Key is the entry; empty for the only one.
	Key string
}

// Follow follows the ConfigMap until the context ends. That it is deleted
// changes nothing.
func (c ConfigMap) Follow(ctx context.Context, told Told) error {
	client, err := corev1client.NewForConfig(c.Config)
	if err != nil {
		return fmt.Errorf("follow ConfigMap %s: %w", c.Name, err)
	}
	maps := client.ConfigMaps(c.Namespace)
	only := fields.OneTermEqualSelector("metadata.name", c.Name).String()
	lw := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			options.FieldSelector = only
			return maps.List(ctx, options)
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			options.FieldSelector = only
			return maps.Watch(ctx, options)
		},
	}
	events := &mapEvents{source: c, told: told}
	cache.NewReflectorWithOptions(lw, &corev1.ConfigMap{}, events, cache.ReflectorOptions{Name: c.Name}).RunWithContext(ctx)
	return nil
}

// read finds the configuration in the ConfigMap.
func (c ConfigMap) read(object *corev1.ConfigMap) (*leases.Config, error) {
	where := fmt.Sprintf("ConfigMap %s/%s", c.Namespace, c.Name)
	content, ok := object.Data[c.Key]
	if c.Key == "" && len(object.Data) == 1 {
		for _, content = range object.Data {
			ok = true
		}
	}
	if !ok {
		return nil, fmt.Errorf("%s: there is no entry %q", where, c.Key)
	}
	return leases.ParseConfig(where, []byte(content))
}

// mapEvents passes on what a reflector sees.
type mapEvents struct {
	source ConfigMap
	told   Told
}

// Add implements [cache.ReflectorStore].
func (e *mapEvents) Add(object any) error { return e.Update(object) }

// Update implements [cache.ReflectorStore].
func (e *mapEvents) Update(object any) error {
	if found, ok := object.(*corev1.ConfigMap); ok {
		e.told(e.source.read(found))
	}
	return nil
}

// Delete implements [cache.ReflectorStore].
func (e *mapEvents) Delete(any) error {
	e.told(nil, fmt.Errorf("ConfigMap %s/%s was deleted; leases stay as they are", e.source.Namespace, e.source.Name))
	return nil
}

// Replace implements [cache.ReflectorStore].
func (e *mapEvents) Replace(objects []any, _ string) error {
	if len(objects) == 0 {
		e.told(nil, fmt.Errorf("ConfigMap %s/%s is not there yet", e.source.Namespace, e.source.Name))
	}
	for _, object := range objects {
		if err := e.Update(object); err != nil {
			return err
		}
	}
	return nil
}

// Resync implements [cache.ReflectorStore].
func (*mapEvents) Resync() error { return nil }
