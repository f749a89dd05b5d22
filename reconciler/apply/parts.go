package apply

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"
)

const (
	// partBytes is how much a part holds at most; the server allows 1 MiB.
	partBytes = 896 << 10
	partKey   = "records.gz"
	// partsAtOnce are read, or deleted, at the same time.
	partsAtOnce = 8
)

// fetch reads parts, by name.
func (s *store) fetch(ctx context.Context, names []string) (map[string][]byte, error) {
	found := make([][]byte, len(names))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(partsAtOnce)
	for i, name := range names {
		group.Go(func() error {
			part, err := s.get(ctx, name)
			if err == nil {
				found[i] = part.BinaryData[partKey]
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	parts := make(map[string][]byte, len(names))
	for i, name := range names {
		parts[name] = found[i]
	}
	return parts, nil
}

func join(parts map[string][]byte, names []string) []byte {
	var all []byte
	for _, name := range names {
		all = append(all, parts[name]...)
	}
	return all
}

// writeParts writes bytes under a name that stands for them. Where it is taken already, it is by the same bytes.
func (s *store) writeParts(ctx context.Context, name string, packed []byte) ([]string, error) {
	var names []string
	immutable := true
	for i := 0; len(packed) > 0; i++ {
		size := min(len(packed), partBytes)
		part := &corev1.ConfigMap{
			ObjectMeta: s.meta(fmt.Sprintf("%s-%s-%d", s.rootName(), name, i)),
			BinaryData: map[string][]byte{partKey: packed[:size]},
			Immutable:  &immutable,
		}
		if _, err := s.create(ctx, part); err != nil && !apierrors.IsAlreadyExists(err) {
			return nil, err
		}
		names = append(names, part.Name)
		packed = packed[size:]
	}
	return names, nil
}

func (s *store) meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Namespace: s.namespace, Name: name,
		Labels: map[string]string{ManagedByLabel: FieldManager, inventoryLabel: s.owner},
	}
}

// create makes a ConfigMap, and the namespace if that is missing.
func (s *store) create(ctx context.Context, object *corev1.ConfigMap) (*corev1.ConfigMap, error) {
	var made *corev1.ConfigMap
	try := func(ctx context.Context) (err error) {
		made, err = s.configMaps().Create(ctx, object, metav1.CreateOptions{FieldManager: FieldManager})
		return err
	}
	err := s.retry.do(ctx, try)
	if !apierrors.IsNotFound(err) {
		return made, err
	}
	if err := s.createNamespace(ctx); err != nil {
		return nil, err
	}
	err = s.retry.do(ctx, try)
	return made, err
}

func (s *store) createNamespace(ctx context.Context) error {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: s.namespace, Labels: map[string]string{ManagedByLabel: FieldManager},
	}}
	err := s.retry.do(ctx, func(ctx context.Context) error {
		_, err := s.client.Namespaces().Create(ctx, namespace, metav1.CreateOptions{FieldManager: FieldManager})
		return err
	})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("create namespace %s: %w", s.namespace, err)
	}
	return nil
}

// sweep deletes the parts that a root does not name: those that the last one named, or, where others may be left, any.
func (s *store) sweep(ctx context.Context, last, said root) error {
	at := s.metadata.Resource(corev1.SchemeGroupVersion.WithResource("configmaps")).Namespace(s.namespace)
	old := last.parts()
	if !s.tidy {
		list, err := at.List(ctx, metav1.ListOptions{LabelSelector: inventoryLabel + "=" + s.owner})
		if err != nil {
			return fmt.Errorf("sweep the inventory: %w", err)
		}
		old = nil
		for i := range list.Items {
			old = append(old, list.Items[i].Name)
		}
	}
	named := sets.New(said.parts()...).Insert(s.rootName())
	var group errgroup.Group
	group.SetLimit(partsAtOnce)
	for _, name := range old {
		if named.Has(name) {
			continue
		}
		group.Go(func() error { return ignoreNotFound(at.Delete(ctx, name, metav1.DeleteOptions{})) })
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("sweep the inventory: %w", err)
	}
	return nil
}
