package configrepo

import (
	"context"
	_ "embed" // for the definition
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	runtimeschema "k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"
)

// fieldManager is the name under which fields are owned.
const fieldManager = "drover-status"

const (
	establishedPoll     = 20 * time.Millisecond
	establishedPatience = time.Minute
)

//go:embed crd.yaml
var definition []byte

// Definition gives the custom resource definition of ConfigRepo.
func Definition() (*unstructured.Unstructured, error) {
	crd := new(unstructured.Unstructured)
	if err := yaml.Unmarshal(definition, &crd.Object); err != nil {
		return nil, fmt.Errorf("read the definition of ConfigRepo: %w", err)
	}
	return crd, nil
}

// Install brings the definition into a cluster, or brings the one that is there up to date, and waits until it is
// served, for a minute at most.
func Install(ctx context.Context, config *rest.Config) error {
	crd, err := Definition()
	if err != nil {
		return err
	}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("install the definition of ConfigRepo: %w", err)
	}
	at := client.Resource(runtimeschema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
	if _, err := at.Apply(ctx, crd.GetName(), crd, metav1.ApplyOptions{FieldManager: fieldManager, Force: true}); err != nil {
		return fmt.Errorf("install the definition of ConfigRepo: %w", err)
	}
	return awaitServed(ctx, at, client.Resource(resource()), crd.GetName())
}

// awaitServed waits until the definition is established, and its objects can be listed.
func awaitServed(ctx context.Context, definitions, objects dynamic.ResourceInterface, name string) error {
	last := errors.New("not established")
	err := wait.PollUntilContextTimeout(ctx, establishedPoll, establishedPatience, true, func(ctx context.Context) (bool, error) {
		crd, err := definitions.Get(ctx, name, metav1.GetOptions{})
		if err == nil && established(crd) {
			_, err = objects.List(ctx, metav1.ListOptions{Limit: 1})
			if err == nil {
				return true, nil
			}
		}
		if err != nil {
			last = err
		}
		return false, nil
	})
	if err != nil {
		return fmt.Errorf("await the definition of ConfigRepo: %w: %w", err, last)
	}
	return nil
}

func established(crd *unstructured.Unstructured) bool {
	conditions, _, _ := unstructured.NestedSlice(crd.Object, "status", "conditions")
	for _, c := range conditions {
		condition, _ := c.(map[string]any)
		if condition["type"] == "Established" {
			return condition["status"] == string(metav1.ConditionTrue)
		}
	}
	return false
}
