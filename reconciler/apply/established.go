package apply

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// errUnestablished says that a custom resource definition is not served yet.
var errUnestablished = errors.New("it is not established yet")

// awaitEstablished waits until the server serves what a custom resource definition defines.
func (c *cluster) awaitEstablished(ctx context.Context, crd declared) error {
	err := c.retry.do(ctx, func(ctx context.Context) error {
		live, there, err := c.get(ctx, crd.resource, crd.Identity)
		switch {
		case err != nil:
			return err
		case !there || !established(live):
			return errUnestablished
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("await %s: %w", crd.Identity, err)
	}
	return nil
}

func established(crd *unstructured.Unstructured) bool {
	conditions, _, _ := unstructured.NestedSlice(crd.Object, "status", "conditions")
	for _, c := range conditions {
		condition, _ := c.(map[string]any)
		if condition["type"] == "Established" && condition["status"] == "True" {
			return true
		}
	}
	return false
}
