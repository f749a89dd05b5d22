package reconciler_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/drover-ci/drover/fixtures"
	"github.com/drover-ci/drover/internal/testgit"
	"github.com/drover-ci/drover/reconciler"
	"github.com/drover-ci/drover/schema"
)

const targets = `
targets:
- name: home
- name: build01
  context: build01
- name: build02
  secret: build02
`

// TestTargetsGoAtTheirOwnPace has one of three clusters away: the others go on,
// and when it is back it goes to the newest revision at once.
func TestTargetsGoAtTheirOwnPace(t *testing.T) {
	repository := testgit.FromFS(t, fixtures.Release())
	repository.Replace("drover.yaml", "hold: unit", "hold: unit"+targets)
	repository.Replace("drover.yaml", "folder: clusters/build01", "folder: clusters/build01\n    targets: [build01, build02]")
	first := repository.CommitAll("targets")
	builds := map[string]*target{"build01": {}, "build02": {err: errors.New("no answer")}}
	r := start(t, repository, &target{}, reconciler.Options{
		Open: func(_ context.Context, spec schema.Target) (reconciler.Target, error) { return builds[spec.Name], nil },
	})
	revisions := []string{first, repository.Commit("README.md", "one"), repository.Commit("README.md", "two")}
	r.until(revisions[2], reconciler.Done)
	away := r.untilTarget(func(s []reconciler.TargetStatus) bool {
		return len(s) == 2 && s[0].Applied.Hash == revisions[2] && s[1].Err != nil
	})
	if away[1].Name != "build02" || away[1].Applied.Hash != "" || away[1].Refused {
		t.Errorf("the one that is away: %+v", away[1])
	}
	builds["build02"].fail(nil)
	r.untilTarget(func(s []reconciler.TargetStatus) bool { return s[1].Applied.Hash == revisions[2] && s[1].Err == nil })
	builds["build02"].mu.Lock()
	defer builds["build02"].mu.Unlock()
	if got := builds["build02"].applied; len(got) != 1 || got[0] != revisions[2] {
		t.Errorf("caught up by way of %v", got)
	}
}

// TestARenewedTargetIsOpenedAnew has somebody give a target that is away another
// address.
func TestARenewedTargetIsOpenedAnew(t *testing.T) {
	repository := testgit.FromFS(t, fixtures.Release())
	repository.Replace("drover.yaml", "hold: unit", "hold: unit\ntargets:\n- {name: build01, secret: build01}")
	repository.Replace("drover.yaml", "folder: clusters/build01", "folder: clusters/build01\n    targets: [build01]")
	first := repository.CommitAll("targets")
	old, next := &target{err: errors.New("no answer")}, &target{}
	var opened, changed atomic.Int32
	r := start(t, repository, &target{}, reconciler.Options{
		Open: func(context.Context, schema.Target) (reconciler.Target, error) {
			if opened.Add(1) == 1 {
				return old, nil
			}
			return next, nil
		},
		Renewed: func(_ context.Context, spec schema.Target, of reconciler.Target) bool {
			return spec.Name == "build01" && of == reconciler.Target(old) && changed.Load() == 1
		},
		FirstRetry: 10 * time.Millisecond, LastRetry: 10 * time.Millisecond,
	})
	r.untilTarget(func(s []reconciler.TargetStatus) bool { return s[0].Err != nil })
	changed.Store(1)
	r.untilTarget(func(s []reconciler.TargetStatus) bool { return s[0].Err == nil && s[0].Applied.Hash == first })
	if got := opened.Load(); got != 2 {
		t.Errorf("opened %d times", got)
	}
}

// TestTheHomeKeepsNoOtherTargetWaiting has the home of the jobs away.
func TestTheHomeKeepsNoOtherTargetWaiting(t *testing.T) {
	repository := testgit.FromFS(t, fixtures.Release())
	repository.Replace("drover.yaml", "hold: unit", "hold: unit"+targets)
	repository.Replace("drover.yaml", "folder: clusters/build01", "folder: clusters/build01\n    targets: [build01, build02]")
	first := repository.CommitAll("targets")
	build := &target{}
	r := start(t, repository, &target{err: errors.New("no answer")}, reconciler.Options{
		Open: func(context.Context, schema.Target) (reconciler.Target, error) { return build, nil },
	})
	r.untilTarget(func(s []reconciler.TargetStatus) bool {
		return len(s) == 2 && s[0].Applied.Hash == first && s[1].Applied.Hash == first
	})
	second := repository.Commit("README.md", "one")
	r.untilTarget(func(s []reconciler.TargetStatus) bool {
		return s[0].Applied.Hash == second && s[1].Applied.Hash == second
	})
}

func (r *running) untilTarget(good func([]reconciler.TargetStatus) bool) []reconciler.TargetStatus {
	r.t.Helper()
	return r.untilStatus(func(s reconciler.Status) bool { return len(s.Targets) > 0 && good(s.Targets) }).Targets
}
