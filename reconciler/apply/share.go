package apply

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// shareable tells whether objects of a kind may be declared by several owners. A namespace is a place, in which several
// have what is theirs: the first who declares it has it, the others see that it says what they declare. It is deleted
// only when none of them has it any more.
func shareable(kind schema.GroupKind) bool { return kind == namespaceKind() }

// ownedError says that an object is another owner's.
type ownedError struct {
	owner string
	// differs is where an object that may be shared is not as it is declared; empty for one that may not.
	differs string
}

// Error tells what to do about it.
func (e *ownedError) Error() string {
	if e.differs != "" {
		return fmt.Sprintf("another ConfigRepo, %q, has it and says otherwise: %s; say the same in both, or annotate it %s: %s to take it over",
			e.owner, e.differs, AdoptAnnotation, allowed)
	}
	return fmt.Sprintf("another ConfigRepo, %q, has it: give it another name in one of the two repositories, or annotate it %s: %s to take it over",
		e.owner, AdoptAnnotation, allowed)
}

// share gives nil where an object of another owner's may be shared, and already says all that is declared.
func share(want declared, live *unstructured.Unstructured) error {
	owner := live.GetLabels()[OwnerLabel]
	if !shareable(want.groupKind()) {
		return &ownedError{owner: owner}
	}
	object := new(unstructured.Unstructured)
	if err := object.UnmarshalJSON(want.body); err != nil {
		return fmt.Errorf("read %s: %w", want.Identity, err)
	}
	for _, field := range [][]string{{"metadata", "labels"}, {"metadata", "annotations"}, {"spec"}} {
		said, _, _ := unstructured.NestedMap(object.Object, field...)
		found, _, _ := unstructured.NestedMap(live.Object, field...)
		if differs := lacking(strings.Join(field, "."), said, found); differs != "" {
			return &ownedError{owner, differs}
		}
	}
	return nil
}

// borrow does with a namespace that we may not write, if it is there and says all that is declared: with no more rights
// than to read namespaces, one can publish into those that somebody else has made.
func (a *attempt) borrow(ctx context.Context, s *step, forbidden error) error {
	live, there, err := a.cluster.get(ctx, s.want.resource, s.Identity)
	if err != nil || !there || share(s.want, live) != nil {
		return forbidden
	}
	s.verb, s.borrowed, s.have = verbFine, true, a.cluster.presenceOf(live)
	a.noteVersion(s.Identity, s.have.resourceVersion)
	return nil
}

// lacking gives the first field of ours that another owner's object does not say the same of; empty if there is none.
// Drover's own marks tell each owner what to do, and nobody else.
func lacking(at string, said, found map[string]any) string {
	for _, key := range slices.Sorted(maps.Keys(said)) {
		if key == ManagedByLabel || strings.HasPrefix(key, "drover.dev/") {
			continue
		}
		if want, have := said[key], found[key]; !reflect.DeepEqual(want, have) {
			return fmt.Sprintf("%s[%s] (found %s, want %s)", at, key, inWords(have), inWords(want))
		}
	}
	return ""
}

func inWords(value any) string {
	if value == nil {
		return "nothing"
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}

// ofAnother tells whether an object that is not among ours is another owner's by now. One that may not be shared, or
// differs, is an error.
func (w *watcher) ofAnother(ctx context.Context, d declared) (bool, error) {
	live, there, err := w.cluster.get(ctx, d.resource, d.Identity)
	if err != nil || !there || !w.cluster.presenceOf(live).foreign {
		return false, err
	}
	return true, share(d, live)
}

// keepShared has namespaces stay in which another owner has something. One that has been kept once takes a word from the
// repository to delete, whoever lets go of it meanwhile.
func (t *Target) keepShared(ctx context.Context, steps []step, known *inventory) error {
	var others []*inventory
	for i := range steps {
		s := &steps[i]
		if !shareable(s.groupKind()) || s.verb != verbDelete && s.verb != verbUndo {
			continue
		}
		if others == nil {
			var err error
			if others, err = t.store.others(ctx); err != nil {
				return err
			}
		}
		shared := slices.ContainsFunc(others, func(other *inventory) bool { return other.in(s.Name) })
		e := known.good[s.Identity]
		switch {
		case s.verb == verbUndo && shared:
			s.verb = verbForget
		case s.verb == verbDelete && (shared || e.Kept && !s.mayBePruned(e)):
			s.verb = verbKeep
		}
	}
	return nil
}

// in tells whether an inventory has, or may have, a namespace or anything in it.
func (i *inventory) in(namespace string) bool {
	has := func(id Identity) bool {
		return id.Namespace == namespace || id.groupKind() == namespaceKind() && id.Name == namespace
	}
	for id := range i.good {
		if has(id) {
			return true
		}
	}
	for id := range i.intents {
		if has(id) {
			return true
		}
	}
	return false
}

// others reads the inventories of other owners; never nil.
func (s *store) others(ctx context.Context) ([]*inventory, error) {
	at := s.metadata.Resource(corev1.SchemeGroupVersion.WithResource("configmaps")).Namespace(s.namespace)
	var list *metav1.PartialObjectMetadataList
	err := s.retry.do(ctx, func(ctx context.Context) (err error) {
		list, err = at.List(ctx, metav1.ListOptions{LabelSelector: inventoryLabel + "," + inventoryLabel + "!=" + s.owner})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for other inventories: %w", err)
	}
	others := []*inventory{}
	for i := range list.Items {
		other := *s
		other.owner = list.Items[i].Labels[inventoryLabel]
		if list.Items[i].Name != other.rootName() {
			continue
		}
		found, err := other.load(ctx, nil)
		for tries := 0; apierrors.IsNotFound(err) && tries < 3; tries++ { // it was committed meanwhile
			found, err = other.load(ctx, nil)
		}
		if err != nil {
			return nil, fmt.Errorf("inventory of %q: %w", other.owner, err)
		}
		others = append(others, found)
	}
	return others, nil
}
