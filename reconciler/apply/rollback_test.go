package apply_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/reconciler/apply"
)

// forbidding is a server that refuses to write one object, though a dry run of it is fine.
func forbidding(name string) cutter {
	return func(r *http.Request) (before, after error) {
		if isWriteOf(r, name) {
			return apierrors.NewForbidden(schema.GroupResource{Resource: "configmaps"}, name, errors.New("not today")), nil
		}
		return nil, nil
	}
}

// rollBack applies a revision that must be rolled back.
func (s *site) rollBack(target *apply.Target, revision string, objects ...generators.Object) *apply.RolledBackError {
	s.t.Helper()
	_, err := target.Apply(s.t.Context(), revision, objects)
	var rolledBack *apply.RolledBackError
	if !errors.As(err, &rolledBack) {
		s.t.Fatalf("got %v, want a rollback", err)
	}
	return rolledBack
}

func TestLastingErrorsAreRolledBack(t *testing.T) {
	t.Parallel()
	left, right := leftAndRight()
	for name, victim := range map[string]string{"an update": "changed-3", "a creation": "right-2", "a deletion": "left-4"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			target := s.target()
			s.apply(target, "r1", s.configMapsOf(left)...)

			s.wire.cutWith(forbidding(victim))
			err := s.rollBack(target, "r2", s.configMapsOf(right)...)
			s.wire.cutWith(nil)
			if err.Revision != "r2" || err.To != "r1" || !apierrors.IsForbidden(err) {
				t.Errorf("error: %v", err)
			}
			s.mustHold("rolled back", left)
			if got := s.apply(target, "r3", s.configMapsOf(right)...); len(got.Created) != 6 || len(got.Updated) != 6 || len(got.Deleted) != 6 {
				t.Errorf("next revision: %s", got)
			}
			s.mustHold("gone on", right)
		})
	}
}

// TestLastingOutageOfOneObject has a server that cannot tell about one object, as where its webhook is down, for longer
// than patience lasts: then it cannot be written back either, nor need it be.
func TestLastingOutageOfOneObject(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	left, right := leftAndRight()
	target := s.target(apply.WithPatience(3 * time.Second))
	s.apply(target, "r1", s.configMapsOf(left)...)
	s.wire.cutWith(func(r *http.Request) (before, after error) {
		if isWriteOf(r, "changed-3") {
			return apierrors.NewInternalError(errors.New("failed calling webhook")), nil
		}
		return nil, nil
	})
	if err := s.rollBack(target, "r2", s.configMapsOf(right)...); err.To != "r1" || !apierrors.IsInternalError(err) {
		t.Errorf("error: %v", err)
	}
	s.wire.cutWith(nil)
	s.mustHold("rolled back", left)
}

func TestFirstRevisionIsRolledBackToNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	left, _ := leftAndRight()
	s.wire.cutWith(forbidding("same-5"))
	if err := s.rollBack(s.target(), "r1", s.configMapsOf(left)...); err.To != "" {
		t.Errorf("rolled back to %q", err.To)
	}
	s.wire.cutWith(nil)
	if diff := cmp.Diff(map[string]string{}, s.data()); diff != "" {
		t.Errorf("left behind (-want +got):\n%s", diff)
	}
}

// somebodys makes a ConfigMap that is not ours, and gives it.
func (s *site) somebodys(name, owner string) *unstructured.Unstructured {
	s.t.Helper()
	theirs := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": name},
		"data": map[string]any{"value": "theirs", "theirs": "too"},
	}}
	if owner != "" {
		theirs.SetLabels(map[string]string{apply.OwnerLabel: owner})
	}
	made, err := s.client.Resource(configMaps).Namespace(s.namespace).Create(s.t.Context(), theirs, metav1.CreateOptions{FieldManager: "kubectl-client-side-apply"})
	if err != nil {
		s.t.Fatal(err)
	}
	return made
}

func (s *site) get(name string) *unstructured.Unstructured {
	s.t.Helper()
	object, err := s.client.Resource(configMaps).Namespace(s.namespace).Get(s.t.Context(), name, metav1.GetOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	return object
}

func TestObjectsOfOthersAreAdopted(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.somebodys("theirs", "")
	got := s.apply(s.target(), "r1", s.configMap("theirs", "ours"), s.configMap("new", "ours"))
	if diff := cmp.Diff(apply.ChangeSet{Revision: "r1", Created: s.ids("new"), Adopted: s.ids("theirs")}, got, untimed); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{"value": "ours"}, s.get("theirs").Object["data"]); diff != "" {
		t.Errorf("fields that kubectl left (-want +got):\n%s", diff)
	}
}

func TestAdoptedObjectsAreGivenBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	before := s.somebodys("theirs", "")
	s.wire.cutWith(forbidding("new"))
	_ = s.rollBack(s.target(apply.WithWorkers(1)), "r1", s.configMap("new", "ours"), s.configMap("theirs", "ours"), s.configMap("a", "ours"))
	s.wire.cutWith(nil)
	after := s.get("theirs")
	for _, object := range []*unstructured.Unstructured{before, after} {
		object.SetResourceVersion("")
		object.SetManagedFields(nil)
	}
	if diff := cmp.Diff(before.Object, after.Object); diff != "" {
		t.Errorf("theirs (-want +got):\n%s", diff)
	}
}

func TestObjectsOfAnotherOwnerAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.somebodys("theirs", "another")
	target := s.target()
	want := []string{`clusters/theirs.yaml cluster-owner: another ConfigRepo, "another", has it: give it another name in one of the two repositories, or annotate it drover.dev/adopt: allowed to take it over`}
	if diff := cmp.Diff(want, brief(s.refuse(target, "r1", s.configMap("theirs", "ours")))); diff != "" {
		t.Errorf("refusals (-want +got):\n%s", diff)
	}
	got := s.apply(target, "r2", annotated(s.configMap("theirs", "ours"), apply.AdoptAnnotation, "allowed"))
	if diff := cmp.Diff(s.ids("theirs"), got.Adopted); diff != "" {
		t.Errorf("adopted (-want +got):\n%s", diff)
	}
}
