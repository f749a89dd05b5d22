package configrepo

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
)

// PushedAnnotation says when a webhook last told of a push. Whoever applies the
// ConfigRepo looks at the repository whenever it changes.
const PushedAnnotation = "drover.dev/pushed"

// Pushed tells whoever applies a ConfigRepo of a push.
func Pushed(ctx context.Context, config *rest.Config, namespace, name string, at time.Time) error {
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("connect to %s: %w", config.Host, err)
	}
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"annotations": map[string]string{PushedAnnotation: at.UTC().Format(time.RFC3339Nano)}},
	})
	if err != nil {
		return err
	}
	_, err = client.Resource(resource()).Namespace(namespace).Patch(ctx, name, types.MergePatchType, patch,
		metav1.PatchOptions{FieldManager: fieldManager})
	if err != nil {
		return fmt.Errorf("tell of a push to ConfigRepo %s/%s: %w", namespace, name, err)
	}
	return nil
}
