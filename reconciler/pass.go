package reconciler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/drover-ci/drover/generators/render"
	"github.com/drover-ci/drover/reconciler/apply"
	"github.com/drover-ci/drover/reconciler/gitsource"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
)

// pass looks at the branch once, and makes what it says true. A revision that
// was gone through before is gone through again only if asked.
func (r *Reconciler) pass(ctx context.Context, again bool) Status {
	start := time.Now()
	r.took = stopwatch{}
	revision, err := r.fetch(ctx)
	var status Status
	switch {
	case isUnsigned(err):
		if r.settled(revision) {
			return r.last
		}
		status = r.failed(Fetch, revision, err)
		status.Refused = true
	case err != nil:
		status = r.failed(Fetch, r.last.Observed, err)
	case r.settled(revision) && !again:
		return r.last
	default:
		status = r.reconcile(ctx, revision)
	}
	if ctx.Err() != nil {
		return status
	}
	status.Took = r.took
	r.log(status, time.Since(start))
	r.last = status
	if err := r.reporter.Report(ctx, status); err != nil && ctx.Err() == nil {
		r.options.Logger.WarnContext(ctx, "report status", "error", err)
	}
	return status
}

// fetch asks for the newest revision. It gives one that nobody vouches for too,
// with the error that says so.
func (r *Reconciler) fetch(ctx context.Context) (gitsource.Revision, error) {
	defer r.took.start(Fetch)()
	revision, err := r.source.Fetch(ctx)
	var unsigned *gitsource.UnsignedError
	if errors.As(err, &unsigned) {
		return unsigned.Revision, err
	}
	return revision, err
}

func isUnsigned(err error) bool {
	var unsigned *gitsource.UnsignedError
	return errors.As(err, &unsigned)
}

// settled says whether a revision is in force or refused already.
func (r *Reconciler) settled(revision gitsource.Revision) bool {
	return r.last.Observed.Hash == revision.Hash && (r.last.Stage == Done || r.last.Refused)
}

// reconcile is the calls after Fetch.
func (r *Reconciler) reconcile(ctx context.Context, revision gitsource.Revision) Status {
	repo, err := r.load(ctx, revision)
	if err != nil {
		return r.failed(Load, revision, err)
	}
	stop := r.took.start(Validate)
	valid, problems := rules.AdmitWhole(ctx, r.valid, repo)
	stop()
	if valid == nil {
		return r.refuse(Validate, revision, problems)
	}
	if r.target == nil {
		return r.serve(revision, valid)
	}
	stop = r.took.start(Generate)
	rendering, problems, err := render.Render(ctx, valid, r.rendering)
	stop()
	if err != nil {
		return r.failed(Generate, revision, err)
	}
	if rendering == nil {
		return r.refuse(Generate, revision, problems)
	}
	return r.apply(ctx, revision, valid, rendering)
}

// restore puts the revision that the target holds in force before the first
// pass. One that Git no longer has is left to the first pass to replace.
func (r *Reconciler) restore(ctx context.Context) {
	if r.options.LastGood == "" {
		return
	}
	revision := gitsource.Revision{Hash: r.options.LastGood}
	repo, err := r.load(ctx, revision)
	if err != nil {
		r.options.Logger.WarnContext(ctx, "restore the last good revision", "error", err)
		return
	}
	if valid, _ := rules.AdmitWhole(ctx, nil, repo); valid != nil {
		r.serve(revision, valid)
	}
}

// load reads a revision. The repository that was loaded last serves as the
// store of what is unchanged even if it was not valid.
func (r *Reconciler) load(ctx context.Context, revision gitsource.Revision) (*repolayout.Repo, error) {
	defer r.took.start(Load)()
	tree, err := r.source.Tree(revision)
	if err != nil {
		return nil, err
	}
	repo, err := repolayout.Load(ctx, tree, r.repo)
	if err != nil {
		return nil, fmt.Errorf("load revision %s: %w", revision.Short(), err)
	}
	if len(repo.Configs)+len(repo.Refs)+len(repo.Files) == 0 {
		return nil, fmt.Errorf("revision %s holds no release repository: it has no configurations, steps or manifests", revision.Short())
	}
	r.repo = repo
	return repo, nil
}

// apply makes the target as the revision says, and puts the revision in force.
//
// What jobs are told and what the cluster runs must belong together, so that
// readers get the new snapshot only when the cluster has taken it. There is
// one exception: before the first, anything is better than nothing.
func (r *Reconciler) apply(ctx context.Context, revision gitsource.Revision, valid *rules.Valid, rendering *render.Rendering) Status {
	next := rules.NewSnapshot(r.Snapshot(), valid, revision.Hash, time.Now())
	if r.Snapshot() == nil {
		r.snapshot.Store(next)
	}
	r.valid, r.rendering = valid, rendering
	defer r.took.start(Apply)()
	changes, err := r.target.Apply(ctx, revision.Hash, rendering.Objects)
	var refused *apply.RefusedError
	var rolledBack *apply.RolledBackError
	switch {
	case errors.As(err, &refused), errors.As(err, &rolledBack):
		status := r.failed(Apply, revision, err)
		status.Refused, status.Changes = true, changes
		return status
	case err != nil:
		return r.failed(Apply, revision, err)
	}
	if r.Snapshot().Commit != revision.Hash {
		r.snapshot.Store(next)
	}
	r.applied = revision
	return Status{Stage: Done, Observed: revision, Applied: revision, Changes: changes}
}

// serve puts a revision in force where there is no target to apply it to, and
// so nothing to generate.
func (r *Reconciler) serve(revision gitsource.Revision, valid *rules.Valid) Status {
	r.snapshot.Store(rules.NewSnapshot(r.Snapshot(), valid, revision.Hash, time.Now()))
	r.valid, r.applied = valid, revision
	return Status{Stage: Done, Observed: revision, Applied: revision}
}

func (r *Reconciler) failed(stage Stage, revision gitsource.Revision, err error) Status {
	return Status{Stage: stage, Observed: revision, Applied: r.applied, Err: err}
}

// refuse says that a revision is no good.
func (r *Reconciler) refuse(stage Stage, revision gitsource.Revision, problems []schema.Problem) Status {
	if len(problems) == 0 { // the context ended before everything was checked
		return r.failed(stage, revision, context.Canceled)
	}
	err := fmt.Errorf("revision %s is refused: %d problems, first: %s", revision.Short(), len(problems), problems[0])
	return Status{Stage: stage, Observed: revision, Applied: r.applied, Problems: problems, Refused: true, Err: err}
}

func (r *Reconciler) log(status Status, took time.Duration) {
	attributes := []any{"revision", status.Observed.Short(), "took", took.Round(time.Millisecond)}
	switch {
	case status.Err != nil:
		r.options.Logger.Error("revision not applied", append(attributes, "stage", status.Stage, "error", status.Err)...)
	case status.Changes.Empty() && r.last.Stage == Done && r.last.Applied.Hash == status.Applied.Hash:
		r.options.Logger.Debug("nothing to do", attributes...)
	default:
		r.options.Logger.Info("revision applied", append(attributes, slog.String("changes", status.Changes.String()))...)
	}
}
