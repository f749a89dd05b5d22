package apply_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/drover-ci/drover/reconciler/apply"
)

// watch has a target watched until the test ends, and gives what it reports.
func (s *site) watch(target *apply.Target) <-chan apply.Drift {
	s.t.Helper()
	reports, stop := s.watchUntil(target)
	s.t.Cleanup(stop)
	return reports
}

// watchUntil has a target watched until stop is called.
func (s *site) watchUntil(target *apply.Target) (reports <-chan apply.Drift, stop func()) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	told, ended := make(chan apply.Drift, 1000), make(chan error)
	go func() { ended <- target.Watch(ctx, func(d apply.Drift) { told <- d }) }()
	return told, func() {
		cancel()
		if err := <-ended; err != nil {
			s.t.Error(err)
		}
	}
}

// edit changes a ConfigMap as somebody else would.
func (s *site) edit(name, patch string) {
	s.t.Helper()
	_, err := s.client.Resource(configMaps).Namespace(s.namespace).
		Patch(s.t.Context(), name, types.MergePatchType, []byte(patch), metav1.PatchOptions{FieldManager: "somebody"})
	if err != nil {
		s.t.Fatal(err)
	}
}

// remove deletes a ConfigMap as somebody else would.
func (s *site) remove(name string) {
	s.t.Helper()
	if err := s.client.Resource(configMaps).Namespace(s.namespace).Delete(s.t.Context(), name, metav1.DeleteOptions{}); err != nil {
		s.t.Fatal(err)
	}
}

// expect waits for the next report.
func (s *site) expect(reports <-chan apply.Drift, name string, outcome apply.Outcome) apply.Drift {
	s.t.Helper()
	want := apply.Drift{Object: s.ids(name)[0], Source: "clusters/" + name + ".yaml", Outcome: outcome}
	select {
	case got := <-reports:
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(apply.Drift{}, "Err", "Pause")); diff != "" {
			s.t.Fatalf("report (-want +got):\n%s", diff)
		}
		return got
	case <-time.After(20 * time.Second):
		s.t.Fatalf("no report of %s", name)
	}
	return apply.Drift{}
}

func TestDriftIsHealed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	target := s.target()
	want := map[string]string{"a": "1", "b": "1", "c": "1"}
	reports := s.watch(target) // before there is anything
	s.apply(target, "r1", s.configMapsOf(want)...)
	for what, spoil := range map[string]func(){
		"edited":   func() { s.edit("a", `{"data":{"value":"theirs"}}`) },
		"emptied":  func() { s.edit("a", `{"data":null}`) },
		"disowned": func() { s.edit("a", `{"metadata":{"labels":null}}`) },
		"deleted":  func() { s.remove("a") },
	} {
		spoil()
		s.expect(reports, "a", apply.Healed)
		if diff := cmp.Diff(want, s.data()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
}

func TestDriftWhileNobodyWatchedIsHealed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	want := map[string]string{"a": "1", "b": "1", "c": "1"}
	s.apply(s.target(), "r1", s.configMapsOf(want)...)
	s.edit("a", `{"data":{"value":"theirs"}}`)
	s.remove("b")
	reports := s.watch(s.target())
	for range 2 {
		<-reports
	}
	if diff := cmp.Diff(want, s.data()); diff != "" {
		t.Errorf("cluster (-want +got):\n%s", diff)
	}
}

func TestFieldsOfOthersAreLeftAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	target := s.target()
	s.apply(target, "r1", s.configMap("a", "1"), s.configMap("b", "1"))
	reports, stop := s.watchUntil(target)
	s.edit("a", `{"data":{"theirs":"1"},"metadata":{"annotations":{"theirs":"1"}}}`)
	s.edit("b", `{"data":{"value":"theirs"}}`) // a report of this says that the watch is past that
	s.expect(reports, "b", apply.Healed)
	stop()
	live, err := s.client.Resource(configMaps).Namespace(s.namespace).Get(t.Context(), "a", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{"value": "1", "theirs": "1"}, live.Object["data"]); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
	again := s.wire.during(func() { s.apply(s.target(), "r1", s.configMap("a", "1"), s.configMap("b", "1")) })
	if writes := written(again); len(writes) > 0 {
		t.Errorf("a new process writes although nothing of ours has changed: %q", writes)
	}
}

func TestFightsAreBackedOff(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	clock := clocktesting.NewFakeClock(time.Now())
	target := s.target(apply.WithClock(clock))
	s.apply(target, "r1", s.configMap("a", "1"), s.configMap("b", "1"))
	reports := s.watch(target)
	for i := range 5 {
		s.edit("a", fmt.Sprintf(`{"data":{"value":"theirs %d"}}`, i))
		s.expect(reports, "a", apply.Healed)
	}
	s.edit("a", `{"data":{"value":"theirs at last"}}`)
	fought := s.expect(reports, "a", apply.Fought)
	if fought.Pause != time.Minute {
		t.Errorf("pause: %s", fought.Pause)
	}
	s.edit("b", `{"data":{"value":"theirs"}}`)
	s.expect(reports, "b", apply.Healed)
	if got := s.data()["a"]; got != "theirs at last" {
		t.Errorf("during the pause: %q", got)
	}
	clock.Step(fought.Pause)
	s.expect(reports, "a", apply.Healed)
	if got := s.data()["a"]; got != "1" {
		t.Errorf("after the pause: %q", got)
	}
}

func TestDriftThatCannotBeHealed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	target := s.target()
	s.apply(target, "r1", s.configMap("a", "1"))
	reports := s.watch(target)
	s.wire.cutWith(forbidding("a"))
	s.remove("a")
	failed := s.expect(reports, "a", apply.Failed)
	if !apierrors.IsForbidden(failed.Err) || failed.Pause == 0 {
		t.Errorf("report: %+v", failed)
	}
	s.expect(reports, "a", apply.Failed)
	s.wire.cutWith(nil)
	for range reports {
		if s.data()["a"] == "1" {
			return
		}
	}
}
