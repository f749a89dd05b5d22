package apply_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/reconciler/apply"
)

// listed are the lists among requests.
func listed(lines []string) []string {
	return slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return line != "GET /api/v1/configmaps" })
}

// settle waits until a target knows, without asking, what is there.
func (s *site) settle(target *apply.Target, revision string, objects ...generators.Object) {
	s.t.Helper()
	s.eventuallyDone(func() error {
		if len(listed(s.wire.during(func() { s.apply(target, revision, objects...) }))) > 0 {
			return errors.New("the server is still asked for what is there")
		}
		return nil
	})
}

func TestPlansComeFromTheWatch(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	target := s.target()
	objects := s.bulk()
	s.apply(target, "r1", objects...)
	s.watch(target)
	s.settle(target, "r1", objects...)
	root := "/api/v1/namespaces/drover-system/configmaps/drover-inventory-" + s.namespace
	if diff := cmp.Diff([]string{"GET " + root}, s.wire.during(func() { s.apply(target, "r1", objects...) })); diff != "" {
		t.Errorf("nothing to do (-want +got):\n%s", diff)
	}
	objects[7] = s.configMap("bulk-07", "2")
	got := s.wire.during(func() { s.apply(target, "r2", objects...) })
	of := slices.DeleteFunc(slices.Clone(got), func(line string) bool { return !strings.Contains(line, "bulk-") })
	object := "/api/v1/namespaces/" + s.namespace + "/configmaps/bulk-07"
	if diff := cmp.Diff([]string{"DRY PATCH " + object, "PATCH " + object}, of); diff != "" || len(listed(got)) > 0 {
		t.Errorf("one object (-want +got):\n%s%q", diff, listed(got))
	}
}

// TestAStaleCacheCostsNothing: while the watch stands still things change that a plan made from it would get wrong.
func TestAStaleCacheCostsNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	target := s.target()
	before := map[string]string{"protected": "1", "paused": "1", "left": "1", "handed": "1", "recreated": "1"}
	s.apply(target, "r1", s.configMapsOf(before)...)
	s.watch(target)
	s.settle(target, "r1", s.configMapsOf(before)...)
	thaw := s.wire.freeze()
	t.Cleanup(thaw)
	s.edit("protected", `{"metadata":{"annotations":{"drover.dev/prune":"disabled"}}}`)
	s.edit("paused", `{"metadata":{"annotations":{"drover.dev/reconcile":"paused"}}}`)
	s.edit("handed", `{"metadata":{"labels":null}}`)
	s.remove("recreated")
	s.apply(target, "r2", s.configMapsOf(map[string]string{"left": "2", "paused": "2", "young": "2", "recreated": "2"})...)
	if diff := cmp.Diff(map[string]string{"protected": "1", "paused": "1", "left": "2", "young": "2", "recreated": "2"}, s.data()); diff != "" {
		t.Errorf("while the cache stands still (-want +got):\n%s", diff)
	}
	s.apply(target, "r3", s.configMapsOf(map[string]string{"left": "2"})...) // young was never seen by the watch
	want := map[string]string{"protected": "1", "paused": "1", "left": "2"}
	if diff := cmp.Diff(want, s.data()); diff != "" {
		t.Errorf("after deletions (-want +got):\n%s", diff)
	}
	thaw()
	s.settle(target, "r3", s.configMapsOf(map[string]string{"left": "2"})...)
	if diff := cmp.Diff(want, s.data()); diff != "" {
		t.Errorf("when it has caught up (-want +got):\n%s", diff)
	}
}

// TestABrokenWatchIsNotBelieved: what happened after it broke is found by asking.
func TestABrokenWatchIsNotBelieved(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	target := s.target()
	objects := s.configMapsOf(map[string]string{"a": "1", "b": "1"})
	s.apply(target, "r1", objects...)
	s.watch(target)
	s.settle(target, "r1", objects...)
	s.wire.breakOff()
	s.edit("a", `{"data":{"value":"theirs"}}`)
	s.eventuallyDone(func() error {
		changes := s.apply(target, "r1", objects...)
		if diff := cmp.Diff(apply.ChangeSet{Revision: "r1", Healed: s.ids("a"), Unchanged: 1}, changes, untimed); diff != "" {
			return fmt.Errorf("changes (-want +got):\n%s", diff)
		}
		return nil
	})
}
