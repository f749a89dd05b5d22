package store

import (
	"context"
	_ "embed" // for the definitions
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/yaml"
)

//go:embed crds.yaml
var definitions string

// How often and for how long to look whether the definitions are in force.
const (
	servedPoll     = 20 * time.Millisecond
	servedPatience = time.Minute
)

// Definitions gives the definitions of Boskos's objects.
func Definitions() ([]*unstructured.Unstructured, error) {
	var all []*unstructured.Unstructured
	for _, document := range splitDocuments(definitions) {
		crd := new(unstructured.Unstructured)
		if err := yaml.Unmarshal([]byte(document), &crd.Object); err != nil {
			return nil, fmt.Errorf("read the definitions of leases: %w", err)
		}
		all = append(all, crd)
	}
	return all, nil
}

// Install makes the namespace and the definitions where they are not there yet,
// and waits until objects can be listed, for a minute at most. What Boskos has
// installed stays as it is.
func (s *Store) Install(ctx context.Context) error {
	client, err := dynamic.NewForConfig(s.config)
	if err != nil {
		return fmt.Errorf("install the definitions of leases: %w", err)
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: s.namespace}}
	_, err = s.core.Namespaces().Create(ctx, namespace, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) && !apierrors.IsForbidden(err) {
		return fmt.Errorf("make namespace %s: %w", s.namespace, err)
	}
	crds, err := Definitions()
	if err != nil {
		return err
	}
	at := client.Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
	for _, crd := range crds {
		_, err := at.Create(ctx, crd, metav1.CreateOptions{FieldManager: fieldManager})
		// Who may not make definitions may still use those that are there.
		if err != nil && !apierrors.IsAlreadyExists(err) && !apierrors.IsForbidden(err) {
			return fmt.Errorf("install %s: %w", crd.GetName(), err)
		}
	}
	return s.awaitServed(ctx)
}

func (s *Store) awaitServed(ctx context.Context) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, servedPoll, servedPatience, true, func(ctx context.Context) (bool, error) {
		last = errors.Join(s.listable(ctx, resources), s.listable(ctx, lifecycles))
		return last == nil, nil
	})
	if err != nil {
		return fmt.Errorf("await the definitions of leases: %w", errors.Join(err, last))
	}
	return nil
}

func (s *Store) listable(ctx context.Context, resource string) error {
	return s.boskos.Get().Namespace(s.namespace).Resource(resource).Param("limit", "1").Do(ctx).Error()
}
