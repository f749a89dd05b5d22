package configrepo

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
)

// Writer writes the status of one ConfigRepo. Its methods may be called at the same time.
type Writer struct {
	objects         dynamic.ResourceInterface
	events          typedcorev1.EventInterface
	namespace, name string
	now             func() time.Time

	mu   sync.Mutex
	last *ConfigRepo // as last read or written; nil before
}

// NewWriter gives a writer for the ConfigRepo of that name. It makes no call yet.
func NewWriter(config *rest.Config, namespace, name string) (*Writer, error) {
	objects, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", config.Host, err)
	}
	core, err := typedcorev1.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", config.Host, err)
	}
	return &Writer{
		objects: objects.Resource(resource()).Namespace(namespace), events: core.Events(namespace),
		namespace: namespace, name: name, now: time.Now,
	}, nil
}

// Ensure makes the object if there is none; one that is there keeps its specification.
func (w *Writer) Ensure(ctx context.Context, spec Spec) error {
	repo := ConfigRepo{
		TypeMeta:   metav1.TypeMeta{APIVersion: GroupVersion().String(), Kind: Kind},
		ObjectMeta: metav1.ObjectMeta{Name: w.name},
		Spec:       spec,
	}
	body, err := json.Marshal(repo)
	if err != nil {
		return fmt.Errorf("make ConfigRepo %s/%s: %w", w.namespace, w.name, err)
	}
	object := new(unstructured.Unstructured)
	if err := object.UnmarshalJSON(body); err != nil {
		return fmt.Errorf("make ConfigRepo %s/%s: %w", w.namespace, w.name, err)
	}
	_, err = w.objects.Create(ctx, object, metav1.CreateOptions{FieldManager: fieldManager})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("make ConfigRepo %s/%s: %w", w.namespace, w.name, err)
	}
	return nil
}

// Read gives the object as it is now.
func (w *Writer) Read(ctx context.Context) (*ConfigRepo, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	repo, err := w.read(ctx)
	if err != nil {
		return nil, err
	}
	copied := *repo
	return &copied, nil
}

func (w *Writer) read(ctx context.Context) (*ConfigRepo, error) {
	object, err := w.objects.Get(ctx, w.name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) && apierrors.HasStatusCause(err, metav1.CauseTypeUnexpectedServerResponse) {
		return nil, fmt.Errorf("read ConfigRepo %s/%s: the cluster has no ConfigRepos, so that no Drover keeps it: %w", w.namespace, w.name, err)
	}
	if err != nil {
		return nil, fmt.Errorf("read ConfigRepo %s/%s: %w", w.namespace, w.name, err)
	}
	body, err := object.MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("read ConfigRepo %s/%s: %w", w.namespace, w.name, err)
	}
	repo := new(ConfigRepo)
	if err := json.Unmarshal(body, repo); err != nil {
		return nil, fmt.Errorf("read ConfigRepo %s/%s: %w", w.namespace, w.name, err)
	}
	w.last = repo
	return repo, nil
}

// Report makes the status what is given. Conditions that it lacks stay as they are; Ready and the observed generation,
// that of the object as last read, are filled in. It writes only if something differs, and tells each condition that has
// changed its status with an Event.
func (w *Writer) Report(ctx context.Context, status Status) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.last == nil {
		if _, err := w.read(ctx); err != nil {
			return err
		}
	}
	last := w.last.Status
	status.ObservedGeneration = w.last.Generation
	next := merge(last, status, metav1.NewTime(w.now().Truncate(time.Second)))
	if equality.Semantic.DeepEqual(last, next) {
		return nil
	}
	if err := w.write(ctx, next); err != nil {
		return err
	}
	w.last.Status = next
	return w.tell(ctx, notices(last, next))
}

// write replaces the status, of which there is no other writer.
func (w *Writer) write(ctx context.Context, next Status) error {
	body, err := json.Marshal(map[string]any{
		"apiVersion": GroupVersion().String(), "kind": Kind,
		"metadata": map[string]any{"name": w.name, "namespace": w.namespace},
		"status":   next,
	})
	if err != nil {
		return fmt.Errorf("report on ConfigRepo %s/%s: %w", w.namespace, w.name, err)
	}
	force := true
	_, err = w.objects.Patch(ctx, w.name, types.ApplyPatchType, body, metav1.PatchOptions{FieldManager: fieldManager, Force: &force}, "status")
	if err != nil {
		w.last = nil // it may have been deleted, or written all the same
		return fmt.Errorf("report on ConfigRepo %s/%s: %w", w.namespace, w.name, err)
	}
	return nil
}

// SetRollback asks for a rollback; nil ends it.
func (w *Writer) SetRollback(ctx context.Context, rollback *Rollback) error {
	body, err := json.Marshal(map[string]any{"spec": map[string]any{"rollback": rollback}})
	if err == nil {
		_, err = w.objects.Patch(ctx, w.name, types.MergePatchType, body, metav1.PatchOptions{FieldManager: fieldManager})
	}
	if err != nil {
		return fmt.Errorf("ask for a rollback in ConfigRepo %s/%s: %w", w.namespace, w.name, err)
	}
	return nil
}
