package apply_test

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/reconciler/apply"
)

// other is another owner on the same site.
func (s *site) other() *apply.Target {
	s.t.Helper()
	return s.target(apply.WithOwner(s.namespace + "-other"))
}

func (s *site) ownerOfNamespace(name string) string {
	s.t.Helper()
	live, err := s.client.Resource(namespaces).Get(s.t.Context(), name, metav1.GetOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	if live.GetDeletionTimestamp() != nil {
		return "nobody: it is being deleted"
	}
	return live.GetLabels()[apply.OwnerLabel]
}

// ofTeam is an object that says whose it is.
func ofTeam(o generators.Object, team string) generators.Object {
	o.SetLabels(map[string]string{"team": team})
	return o
}

// TestNamespacesAreShared has two owners declare the same namespace. It stays with the first, costs the second nothing,
// and goes only when neither has it.
func TestNamespacesAreShared(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	name := s.namespace + "-shared"
	ours, theirs := configMap(name, "ours", "1"), configMap(name, "theirs", "1")
	shared := ofTeam(namespace(name), "one")
	deletable := annotated(ofTeam(namespace(name), "one"), apply.PruneAnnotation, "allowed")
	first, second := s.target(), s.other()
	s.apply(first, "r1", shared, ours)

	if got := s.apply(second, "q1", namespace(name), theirs); len(got.Created) != 1 || got.Unchanged != 1 {
		t.Errorf("the second: %s", got)
	}
	again := s.wire.during(func() { s.apply(second, "q1", namespace(name), theirs) })
	if writes := written(again); len(writes) > 0 || strings.Contains(strings.Join(again, " "), "DRY") {
		t.Errorf("the second, again: %q", again)
	}
	s.apply(first, "r2", deletable, ours)
	if got := s.apply(first, "r3", ours); len(got.Kept) != 1 || len(got.Deleted) != 0 {
		t.Errorf("dropped while the other has it: %s", got)
	}
	if got := s.apply(second, "q2", configMap(s.namespace, "theirs", "1")); len(got.Deleted) != 1 {
		t.Errorf("the second leaves: %s", got)
	}
	if got := s.ownerOfNamespace(name); got != s.namespace {
		t.Errorf("the namespace is of %q", got)
	}
	if got := s.apply(first, "r4", configMap(s.namespace, "ours", "1")); len(got.Deleted) != 2 {
		t.Errorf("nobody has it any more: %s", got)
	}
}

// TestASharedNamespaceIsKeptUntilAWordIsSaid has who was in the way let go of a namespace that was not to be deleted:
// that refuses nobody's revision.
func TestASharedNamespaceIsKeptUntilAWordIsSaid(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	name := s.namespace + "-shared"
	ours, theirs := s.configMap("ours", "1"), s.configMap("theirs", "1")
	first, second := s.target(), s.other()
	s.apply(first, "r1", namespace(name), ours)
	s.apply(second, "q1", namespace(name), theirs)
	s.apply(first, "r2", ours)
	s.apply(second, "q2", theirs)
	if got := s.apply(first, "r3", ours); len(got.Kept) != 1 {
		t.Errorf("nobody has it any more, and nobody said to delete it: %s", got)
	}
	live, err := s.client.Resource(namespaces).Patch(t.Context(), name, types.MergePatchType,
		[]byte(`{"metadata":{"annotations":{"drover.dev/prune":"allowed"}}}`), metav1.PatchOptions{})
	if err != nil {
		t.Fatal(live, err)
	}
	if got := s.apply(first, "r4", ours); len(got.Deleted) != 1 {
		t.Errorf("somebody said to delete it: %s", got)
	}
}

func TestASharedNamespaceSaysTheSameInBoth(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	name := s.namespace + "-shared"
	s.apply(s.target(), "r1", ofTeam(namespace(name), "one"))
	want := []string{`clusters/namespace.yaml cluster-owner: another ConfigRepo, "` + s.namespace + `", has it and says otherwise: ` +
		`metadata.labels[team] (found "one", want "two"); say the same in both, or annotate it drover.dev/adopt: allowed to take it over`}
	second := s.other()
	if diff := cmp.Diff(want, brief(s.refuse(second, "q1", ofTeam(namespace(name), "two")))); diff != "" {
		t.Errorf("refusals (-want +got):\n%s", diff)
	}
	s.apply(second, "q2", ofTeam(namespace(name), "one"))
	s.apply(second, "q3", annotated(ofTeam(namespace(name), "two"), apply.AdoptAnnotation, "allowed"))
	if got := s.ownerOfNamespace(name); got != s.namespace+"-other" {
		t.Errorf("taken over, but of %q", got)
	}
}

// TestASharedNamespaceComesBack deletes a namespace by hand: it is anybody's to make again, and both settle on who has
// it.
func TestASharedNamespaceComesBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	name := s.namespace + "-shared"
	first, second := s.target(), s.other()
	s.apply(first, "r1", namespace(name))
	s.apply(second, "q1", namespace(name))
	stops := []func(){}
	for _, target := range []*apply.Target{first, second} {
		_, stop := s.watchUntil(target)
		stops = append(stops, stop)
	}
	if err := s.client.Resource(namespaces).Delete(t.Context(), name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	for owner := "nobody"; !strings.HasPrefix(owner, s.namespace); {
		if live, err := s.client.Resource(namespaces).Get(t.Context(), name, metav1.GetOptions{}); err == nil && live.GetDeletionTimestamp() == nil {
			owner = live.GetLabels()[apply.OwnerLabel]
		}
	}
	for _, stop := range stops {
		stop()
	}
	for who, target := range map[string]*apply.Target{"r1": first, "q1": second} {
		if got := s.apply(target, who, namespace(name)); !got.Empty() {
			t.Errorf("%s: %s", who, got)
		}
	}
}

// TestTwoOwnersAtOnce has two owners bring the same objects at the same moment: the namespace is shared, and whoever
// does not have the other object any more is told who has.
func TestTwoOwnersAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	name := s.namespace + "-shared"
	var both sync.WaitGroup
	errs := make([]error, 2)
	objects := func() []generators.Object {
		return []generators.Object{namespace(name), configMap(name, "resources", "1")}
	}
	targets := []*apply.Target{s.target(), s.other()}
	for i, target := range targets {
		both.Go(func() { _, errs[i] = target.Apply(t.Context(), "r1", objects()) })
	}
	both.Wait()
	said := 0
	for i, target := range targets {
		_, err := target.Apply(t.Context(), "r1", objects())
		if err != nil {
			said++
			if !strings.Contains(err.Error(), "another ConfigRepo") || strings.Contains(err.Error(), "Namespace "+name) {
				t.Errorf("target %d: first %v, then %v", i, errs[i], err)
			}
		}
	}
	if said != 1 {
		t.Errorf("%d of the two are told that it is another's: %v", said, errs)
	}
}

// TestAnObjectThatWasTakenOverIsNotFoughtOver has another owner take an object over.
func TestAnObjectThatWasTakenOverIsNotFoughtOver(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	first := s.target()
	s.apply(first, "r1", s.configMap("a", "1"), s.configMap("b", "1"))
	reports := s.watch(first)
	s.apply(s.other(), "q1", annotated(s.configMap("a", "2"), apply.AdoptAnnotation, "allowed"))
	failed := s.expect(reports, "a", apply.Failed)
	if failed.Err == nil || !strings.Contains(failed.Err.Error(), `another ConfigRepo, "`+s.namespace+`-other"`) {
		t.Errorf("report: %v", failed.Err)
	}
	if got := s.data()["a"]; got != "2" {
		t.Errorf("the other's object says %q", got)
	}
	refusals := brief(s.refuse(first, "r2", s.configMap("a", "3"), s.configMap("b", "1")))
	if len(refusals) != 1 || !strings.HasPrefix(refusals[0], "clusters/a.yaml cluster-owner: another ConfigRepo") {
		t.Errorf("refusals: %q", refusals)
	}
	if got := s.apply(first, "r3", s.configMap("b", "1")); !strings.Contains(got.String(), "1 unchanged") || len(got.Deleted) > 0 {
		t.Errorf("given up: %s", got)
	}
	if got := s.data()["a"]; got != "2" {
		t.Errorf("the other's object says %q", got)
	}
}

// TestANamespaceThatMayOnlyBeReadIsBorrowed publishes into a namespace that somebody else has made, with no right to write
// it: nothing says that it is amiss.
func TestANamespaceThatMayOnlyBeReadIsBorrowed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.wire.cutWith(func(r *http.Request) (before, after error) {
		if strings.HasSuffix(r.URL.Path, "/namespaces/"+s.namespace) && r.Method != http.MethodGet {
			return apierrors.NewForbidden(schema.GroupResource{Resource: "namespaces"}, s.namespace, errors.New("it may only be read")), nil
		}
		return nil, nil
	})
	target := s.target()
	_ = s.watch(target)
	tell := s.health(target)
	for _, revision := range []string{"r1", "r1", "r2"} {
		s.apply(target, revision, namespace(s.namespace), s.configMap("a", revision))
	}
	expectHealth(t, tell, "all 1 objects are there and well")
	want := []string{`clusters/namespace.yaml cluster-refused: namespaces "` + s.namespace + `" is forbidden: it may only be read`}
	if diff := cmp.Diff(want, brief(s.refuse(target, "r3", ofTeam(namespace(s.namespace), "one"), s.configMap("a", "3")))); diff != "" {
		t.Errorf("one that would have to be written (-want +got):\n%s", diff)
	}
	if got := s.apply(target, "r4", s.configMap("a", "r2")); !got.Empty() {
		t.Errorf("not declared any more: %s", got)
	}
}
