package reconciler

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/drover-ci/drover/reconciler/apply"
	"github.com/drover-ci/drover/reconciler/gitsource"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
)

// send has all targets made what a revision says, each at its own pace.
//
// What jobs are told and what runs them must belong together, so that readers
// get the new snapshot when the home of the jobs has taken it; other clusters
// keep nobody waiting. There is one exception: before the first, anything is
// better than nothing.
func (r *Reconciler) send(ctx context.Context, revision gitsource.Revision, status Status, began time.Time) {
	if r.Snapshot() == nil {
		r.snapshot.Store(rules.NewSnapshot(nil, r.valid, revision.Hash, time.Now()))
	}
	r.underWay, r.quiet = nil, false
	r.last.Observed, r.last.Orders = status.Observed, status.Orders // so that it counts as settled
	floor, share := Limits(r.valid.Repo.Settings.Value)
	r.home.post(&work{
		revision: revision, objects: r.rendering.Objects, floor: floor, share: share,
		valid: r.valid, status: status, took: r.took, began: began,
	})
	r.arrange(ctx, r.valid.Repo.Settings.Value.Targets)
	for name, l := range r.lanes {
		l.post(&work{revision: revision, objects: r.rendering.Elsewhere[name], floor: floor, share: share})
	}
}

// arrange begins to keep the targets that are new, and leaves those alone that
// are not named any more.
func (r *Reconciler) arrange(ctx context.Context, targets []schema.Target) {
	wanted := map[string]schema.Target{}
	for _, target := range targets {
		if !rules.IsHome(target) {
			wanted[target.Name] = target
		}
	}
	for name, l := range r.lanes {
		if wanted[name] != l.spec {
			l.end()
			delete(r.lanes, name)
		}
	}
	for name, target := range wanted {
		if r.lanes[name] == nil {
			r.lanes[name] = newLane(target, r.options)
			r.keep(ctx, r.lanes[name])
		}
	}
}

// land takes note of how an apply ended.
func (r *Reconciler) land(ctx context.Context, landed landing) {
	if landed.lane == r.home {
		r.landHome(ctx, landed)
		return
	}
	s := &landed.lane.status
	s.Progress = nil
	s.Attempted, s.Err, s.Refused, s.Changes = landed.work.revision, landed.err, landed.refused(), landed.changes
	if landed.err == nil && s.Applied.Hash != landed.work.revision.Hash {
		s.Applied, s.Since = landed.work.revision, time.Now()
	}
	attributes := []any{"target", s.Name, "revision", s.Attempted.Short(), "took", landed.took.Round(time.Millisecond)}
	if landed.err != nil {
		level := landed.lane.failing.level(s.Attempted.Hash, landed.err)
		r.options.Logger.Log(ctx, level, "revision not applied to a target", append(attributes, "error", landed.err)...)
	} else {
		landed.lane.failing.over()
		r.options.Logger.InfoContext(ctx, "revision applied to a target", append(attributes, "changes", landed.changes.String())...)
	}
	r.repeat(ctx)
}

// advance takes note of how far an apply has come that takes more than moments.
//
// Of the home's, people are told in its status only where that is news: not when it
// is gone through again, and not in the place of what failed since it was begun.
func (r *Reconciler) advance(ctx context.Context, s stride) {
	attributes := []any{"revision", s.work.revision.Short(), "progress", s.progress.String()}
	if s.lane != r.home {
		r.options.Logger.InfoContext(ctx, "applying to a target", append(attributes, "target", s.lane.status.Name)...)
		s.lane.status.Progress = &s.progress
		r.repeat(ctx)
		return
	}
	r.options.Logger.InfoContext(ctx, "applying", attributes...)
	if r.quiet || s.work.revision.Hash == r.applied.Hash && r.inForce != nil {
		return
	}
	status := s.work.status
	status.Progress = &s.progress
	status.Observed, status.Orders = r.last.Observed, r.last.Orders // they may be newer
	r.underWay = &status
	r.repeat(ctx)
}

// feel takes note of how a target does.
func (r *Reconciler) feel(ctx context.Context, felt feeling) {
	if felt.lane == r.home {
		r.health = felt.health
	} else {
		felt.lane.status.Health = felt.health
	}
	r.repeat(ctx)
}

// repeat tells of the last pass again, with what is new beside it.
func (r *Reconciler) repeat(ctx context.Context) {
	status := r.last
	if r.underWay != nil {
		status = *r.underWay
	}
	if status.Stage == "" {
		return // the first report is a pass's
	}
	status.Targets, status.Health, status.Repeated = r.targets(), r.health, true
	if err := r.reporter.Report(ctx, status); err != nil && ctx.Err() == nil {
		r.options.Logger.WarnContext(ctx, "report status", "error", err)
		r.attempted = "" // so that it is reported with the next pass
	}
}

// landHome puts in force what the home of the jobs has taken.
func (r *Reconciler) landHome(ctx context.Context, landed landing) {
	w := landed.work
	r.underWay = nil
	status := w.status
	r.took = w.took
	r.took[Apply] += landed.took
	status.Changes = landed.changes
	switch {
	case landed.err != nil:
		status.Err, status.Refused, status.Applied = landed.err, landed.refused(), r.applied
		status.Problems = slices.Concat(status.Problems, problemsOf(landed.err))
		if landed.refused() && r.valid == w.valid && r.inForce != nil {
			r.valid = r.inForce
		}
	default:
		if r.Snapshot() == nil || r.Snapshot().Commit != w.revision.Hash || r.Snapshot().Valid != w.valid {
			r.snapshot.Store(rules.NewSnapshot(r.Snapshot(), w.valid, w.revision.Hash, time.Now()))
		}
		r.applied, r.inForce = w.revision, w.valid
		status.Stage, status.Applied = Done, w.revision
	}
	r.report(ctx, status, time.Since(w.began))
}

// problemsOf are the reasons why a cluster refused a revision, each with the file
// that declares what it is about.
func problemsOf(err error) []schema.Problem {
	refused, ok := errors.AsType[*apply.RefusedError](err)
	if !ok {
		return nil
	}
	problems := make([]schema.Problem, 0, len(refused.Refusals))
	for _, each := range refused.Refusals {
		problems = append(problems, each.Problem())
	}
	return problems
}

// targets are the other targets, in the order of names.
func (r *Reconciler) targets() []TargetStatus {
	all := make([]TargetStatus, 0, len(r.lanes))
	for _, name := range slices.Sorted(maps.Keys(r.lanes)) {
		all = append(all, r.lanes[name].status)
	}
	return all
}
