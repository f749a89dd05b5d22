package apply

import (
	"context"
	"maps"
	"reflect"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/drover-ci/drover/generators"
)

// Difference is what applying a revision would do with one object.
type Difference struct {
	// Object is which.
	Object Identity
	// Source is the file of the repository that declares it; empty for one that is deleted.
	Source string
	// Before is the object as it is, After as it would be; nil where there is none. Neither has what servers and status keep
	// for themselves, and the values of a Secret are masked.
	Before, After *unstructured.Unstructured
}

// Diff tells what [Target.Apply] would do, in the order of objects. It has the server judge the revision and writes nothing;
// what would be refused gives a [*RefusedError].
func (t *Target) Diff(ctx context.Context, revision string, objects []generators.Object) ([]Difference, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	a, err := t.prepare(ctx, revision, objects)
	if err != nil {
		return nil, err
	}
	found := make([]*Difference, len(a.plan.steps))
	positions := make(map[Identity]int, len(found))
	for i := range a.plan.steps {
		positions[a.plan.steps[i].Identity] = i
	}
	err = a.each(ctx, func(s *step) bool { return s.verb.acts() }, func(ctx context.Context, s *step) error {
		difference, err := a.difference(ctx, s)
		found[positions[s.Identity]] = difference
		return err
	})
	if err != nil {
		return nil, err
	}
	var all []Difference
	for _, each := range found {
		if each != nil {
			all = append(all, *each)
		}
	}
	return all, nil
}

// difference compares one object as it is with what a step would make of it; nil where that is the same.
func (a *attempt) difference(ctx context.Context, s *step) (*Difference, error) {
	at, err := a.kinds.find(s.groupKind().WithVersion(s.version))
	var before, after *unstructured.Unstructured
	if err == nil { // else its definition comes with the revision, and there are no such objects
		live, there, err := a.cluster.get(ctx, at, s.Identity)
		if err != nil {
			return nil, err
		}
		if there {
			before = live
		}
	}
	switch {
	case s.verb.writes() && s.late:
		after = new(unstructured.Unstructured)
		err = after.UnmarshalJSON(s.want.body)
	case s.verb.writes():
		after, err = a.cluster.preview(ctx, s.want)
	case s.verb == verbRestore:
		after = new(unstructured.Unstructured)
		err = after.UnmarshalJSON(s.before)
	default:
		err = nil
	}
	if err != nil {
		return nil, err
	}
	d := &Difference{Object: s.Identity, Source: s.want.source, Before: plain(before), After: plain(after)}
	mask(d.Before, d.After)
	if d.Before != nil && d.After != nil && reflect.DeepEqual(d.Before.Object, d.After.Object) {
		return nil, nil //nolint:nilnil // there is no difference
	}
	return d, nil
}

// preview gives an object as applying what is declared would leave it.
func (c *cluster) preview(ctx context.Context, d declared) (got *unstructured.Unstructured, err error) {
	force := true
	options := metav1.PatchOptions{FieldManager: FieldManager, Force: &force, DryRun: dryRun(true).option()}
	err = c.retry.do(ctx, func(ctx context.Context) (err error) {
		got, err = c.objectsOf(d.resource, d.Namespace).Patch(ctx, d.Name, types.ApplyPatchType, d.body, options)
		return err
	})
	return got, err
}

func secretKind() schema.GroupKind { return schema.GroupKind{Kind: "Secret"} }

// plain leaves out what is not people's.
func plain(object *unstructured.Unstructured) *unstructured.Unstructured {
	if object == nil {
		return nil
	}
	object = object.DeepCopy()
	for _, field := range []string{"managedFields", "resourceVersion", "uid", "creationTimestamp", "generation", "selfLink"} {
		unstructured.RemoveNestedField(object.Object, "metadata", field)
	}
	unstructured.RemoveNestedField(object.Object, "status")
	return object
}

// The masks of a Secret's values: those that differ look different.
const (
	masked       = "***"
	maskedBefore = "*** (before)"
	maskedAfter  = "*** (after)"
)

// mask hides the values of Secrets, and those that an annotation of kubectl repeats.
func mask(before, after *unstructured.Unstructured) {
	for _, object := range []*unstructured.Unstructured{before, after} {
		if object != nil && object.GroupVersionKind().GroupKind() != secretKind() {
			return
		}
	}
	for _, field := range []string{"data", "stringData"} {
		was, is := valuesOf(before, field), valuesOf(after, field)
		for _, key := range slices.Sorted(maps.Keys(merged(was, is))) {
			from, to := masked, masked
			if was[key] != is[key] {
				from, to = maskedBefore, maskedAfter
			}
			replace(was, key, from)
			replace(is, key, to)
		}
	}
	for _, object := range []*unstructured.Unstructured{before, after} {
		if object != nil {
			unstructured.RemoveNestedField(object.Object, "metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration")
		}
	}
}

func valuesOf(object *unstructured.Unstructured, field string) map[string]any {
	if object == nil {
		return nil
	}
	values, _ := object.Object[field].(map[string]any)
	return values
}

func merged(a, b map[string]any) map[string]any {
	all := maps.Clone(a)
	if all == nil {
		all = make(map[string]any)
	}
	maps.Copy(all, b)
	return all
}

func replace(values map[string]any, key, with string) {
	if _, ok := values[key]; ok {
		values[key] = with
	}
}
