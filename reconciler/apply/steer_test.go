package apply_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/reconciler/apply"
)

func TestProtectedObjectsAreKept(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	target := s.target()
	s.apply(target, "r1", s.configMap("a", "1"), annotated(s.configMap("in-git", "1"), apply.PruneAnnotation, "disabled"), s.configMap("by-hand", "1"))
	s.edit("by-hand", `{"metadata":{"annotations":{"drover.dev/prune":"disabled"}}}`)
	for _, revision := range []string{"r2", "r3"} {
		want := apply.ChangeSet{Revision: revision, Kept: s.ids("by-hand", "in-git"), Unchanged: 1}
		if diff := cmp.Diff(want, s.apply(target, revision, s.configMap("a", "1")), untimed); diff != "" {
			t.Errorf("%s (-want +got):\n%s", revision, diff)
		}
	}
	s.mustHoldWhile("kept", map[string]string{"a": "1"}, map[string]string{"a": "1", "in-git": "1", "by-hand": "1"})
	s.edit("by-hand", `{"metadata":{"annotations":null}}`)
	if diff := cmp.Diff(s.ids("by-hand"), s.apply(target, "r4", s.configMap("a", "1")).Deleted); diff != "" {
		t.Errorf("no longer protected (-want +got):\n%s", diff)
	}
}

func TestPausedObjectsAreLeftAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	target := s.target()
	s.apply(target, "r1", s.configMap("a", "1"), s.configMap("b", "1"))
	s.edit("a", `{"metadata":{"annotations":{"drover.dev/reconcile":"paused"}}}`)
	reports := s.watch(target)
	s.edit("a", `{"data":{"value":"theirs"}}`)
	s.edit("b", `{"data":{"value":"theirs"}}`)
	s.expect(reports, "b", apply.Healed) // and not a
	want := apply.ChangeSet{Revision: "r2", Updated: s.ids("b"), Paused: s.ids("a")}
	if diff := cmp.Diff(want, s.apply(target, "r2", s.configMap("a", "2"), s.configMap("b", "2")), untimed); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	if got := s.data()["a"]; got != "theirs" {
		t.Errorf("paused: %q", got)
	}
	s.edit("a", `{"metadata":{"annotations":null}}`)
	s.expect(reports, "a", apply.Healed)
	s.mustHold("no longer paused", map[string]string{"a": "2", "b": "2"})

	held := annotated(s.configMap("a", "3"), apply.ReconcileAnnotation, "paused")
	if got := s.apply(target, "r3", held, s.configMap("b", "3")); len(got.Paused) != 1 || len(got.Updated) != 1 {
		t.Errorf("paused by the revision: %s", got)
	}
	s.edit("a", `{"data":{"value":"theirs"}}`)
	s.edit("b", `{"data":{"value":"theirs"}}`)
	s.expect(reports, "b", apply.Healed) // and not a
	s.apply(target, "r4", s.configMap("a", "4"), s.configMap("b", "4"))
	s.mustHold("no longer paused by the revision", map[string]string{"a": "4", "b": "4"})
}

func TestGuardsStandBeforeDeletions(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	name := s.namespace + "-own"
	all := []generators.Object{namespace(name)}
	for i := range 20 {
		all = append(all, s.configMap(fmt.Sprintf("a-%02d", i), "1"))
	}
	target := s.target()
	s.apply(target, "r1", all...)
	want := []string{" cluster-prune: the revision deletes 11 of the 21 objects that are owned, more than 25 %: nothing is deleted unless they are annotated drover.dev/prune: allowed, or guards in drover.yaml allow it"}
	if diff := cmp.Diff(want, brief(s.refuse(target, "r2", all[:10]...))); diff != "" {
		t.Errorf("too many (-want +got):\n%s", diff)
	}
	want = []string{"clusters/namespace.yaml cluster-prune: the revision deletes it, and a Namespace is deleted only if it is annotated drover.dev/prune: allowed"}
	if diff := cmp.Diff(want, brief(s.refuse(target, "r3", all[1:]...))); diff != "" {
		t.Errorf("a namespace (-want +got):\n%s", diff)
	}
	all[0] = annotated(namespace(name), apply.PruneAnnotation, "allowed")
	s.apply(target, "r4", all...)
	if got := s.apply(target, "r5", all[1:]...); len(got.Deleted) != 1 {
		t.Errorf("a namespace, allowed: %s", got)
	}
}
