package apply_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/drover-ci/drover/reconciler/apply"
)

// untimed compares ChangeSets but for how long they took.
var untimed = cmpopts.IgnoreFields(apply.ChangeSet{}, "Duration")

func (s *site) ids(names ...string) []apply.Identity {
	var all []apply.Identity
	for _, name := range names {
		all = append(all, apply.Identity{Kind: "ConfigMap", Namespace: s.namespace, Name: name})
	}
	return all
}

func TestRevisionsFollowEachOther(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	target := s.target()
	for _, step := range []struct {
		revision string
		objects  map[string]string
		want     apply.ChangeSet
	}{
		{"r1", map[string]string{"a": "1", "b": "1"}, apply.ChangeSet{Created: s.ids("a", "b")}},
		{"r2", map[string]string{"a": "2", "b": "1", "c": "1"}, apply.ChangeSet{Created: s.ids("c"), Updated: s.ids("a"), Unchanged: 1}},
		{"r3", map[string]string{"c": "1"}, apply.ChangeSet{Deleted: s.ids("a", "b"), Unchanged: 1}},
		{"r4", map[string]string{"c": "1"}, apply.ChangeSet{Unchanged: 1}},
		{"r5", map[string]string{"a": "3", "c": "1"}, apply.ChangeSet{Created: s.ids("a"), Unchanged: 1}},
	} {
		step.want.Revision = step.revision
		got := s.apply(target, step.revision, s.configMapsOf(step.objects)...)
		if diff := cmp.Diff(step.want, got, untimed); diff != "" {
			t.Errorf("%s: changes (-want +got):\n%s", step.revision, diff)
		}
		if diff := cmp.Diff(step.objects, s.data()); diff != "" {
			t.Errorf("%s: cluster (-want +got):\n%s", step.revision, diff)
		}
	}
}
