package reconciler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/drover-ci/drover/generators/render"
	"github.com/drover-ci/drover/reconciler/gitsource"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
)

// pass looks at the branch once, and has the targets made what it says. A
// revision that was gone through before is gone through again only if asked.
// What is under way ends with stage Apply and no error, and is reported when it
// lands.
func (r *Reconciler) pass(ctx context.Context, again bool) Status {
	start := time.Now()
	r.took = stopwatch{}
	orders := r.ordered()
	again = again || orders.Sync != r.synced
	if orders.Suspend && orders.Sync == r.synced {
		return r.suspend(ctx, orders)
	}
	newest, revision, err := r.wanted(ctx, orders)
	if !orders.rolledBack(newest) {
		orders.Rollback, orders.From = "", ""
	}
	var status Status
	switch {
	case isUnsigned(err):
		if r.settled(newest, revision, orders) {
			return r.last
		}
		status = r.failed(Fetch, revision, err)
		status.Refused = true
	case err != nil:
		status = r.failed(Fetch, r.last.Attempted, err)
		newest = r.last.Observed
	case r.settled(newest, revision, orders) && !again:
		return r.last
	default:
		status = r.reconcile(ctx, revision, start)
	}
	status.Observed, status.Orders = newest, orders
	if status.Refused || status.Err == nil {
		r.attempted, r.synced = revision.Hash, orders.Sync
	}
	if status.Stage == Apply && status.Err == nil {
		r.send(ctx, revision, status, start)
		return status
	}
	r.report(ctx, status, time.Since(start))
	return status
}

// suspend reports once that nothing is done.
func (r *Reconciler) suspend(ctx context.Context, orders Orders) Status {
	if !r.last.Orders.Suspend {
		status := r.last
		status.Orders, status.Repeated = orders, true
		r.report(ctx, status, 0)
	}
	return r.last
}

// report tells people how a pass ended.
func (r *Reconciler) report(ctx context.Context, status Status, took time.Duration) {
	if ctx.Err() != nil {
		return
	}
	status.Took, status.Targets, status.Health = r.took, r.targets(), r.health
	r.quiet, r.underWay = status.Err != nil, nil
	r.log(ctx, status, took)
	r.last = status
	if err := r.reporter.Report(ctx, status); err != nil && ctx.Err() == nil {
		r.options.Logger.WarnContext(ctx, "report status", "error", err)
		r.attempted = "" // so that it is reported with the next pass
	}
}

// fetch asks for the newest revision. It gives one that nobody vouches for too,
// with the error that says so.
func (r *Reconciler) fetch(ctx context.Context) (gitsource.Revision, error) {
	revision, err := r.source.Fetch(ctx)
	if unsigned, ok := errors.AsType[*gitsource.UnsignedError](err); ok {
		return unsigned.Revision, err
	}
	return revision, err
}

func isUnsigned(err error) bool {
	var unsigned *gitsource.UnsignedError
	return errors.As(err, &unsigned)
}

// settled says whether a revision is in force, under way, or refused already.
func (r *Reconciler) settled(newest, revision gitsource.Revision, orders Orders) bool {
	return r.attempted == revision.Hash && r.last.Observed.Hash == newest.Hash && r.last.Orders == orders
}

// reconcile is the calls after Fetch, but for Apply.
func (r *Reconciler) reconcile(ctx context.Context, revision gitsource.Revision, start time.Time) Status {
	repo, err := r.load(ctx, revision)
	if err != nil {
		return r.failed(Load, revision, err)
	}
	if r.valid != nil {
		if err := shrunk(r.valid.Base(), repo); err != nil {
			status := r.failed(Validate, revision, fmt.Errorf("revision %s is refused: %w", revision.Short(), err))
			status.Refused = true
			return status
		}
	}
	stage, rendering := Validate, (*render.Rendering)(nil)
	valid, problems, err := r.admit(ctx, repo, &stage, &rendering)
	if err != nil {
		return r.failed(stage, revision, err)
	}
	if valid == nil {
		return r.refuse(stage, revision, problems)
	}
	if unit, lost := r.lost(valid); lost {
		err := fmt.Errorf("revision %s is refused: %s has problems, and how it was before them is not known any more: %w",
			revision.Short(), unit, firstError(problems))
		status := r.failed(Validate, revision, err)
		status.Refused, status.Problems = true, problems
		return status
	}
	r.valid, r.rendering, r.held = valid, rendering, r.heldOf(valid, start)
	r.forget()
	status := Status{Stage: Apply, Attempted: revision, Applied: r.applied, Problems: errorsOf(problems), Held: r.held}
	if r.home == nil {
		r.serve(revision, valid)
		status.Stage, status.Applied = Done, revision
	}
	return status
}

// admit finds out what of a revision can be in force, and makes the objects of
// it where there is a target for them: what only that shows holds units too.
func (r *Reconciler) admit(
	ctx context.Context, repo *repolayout.Repo, stage *Stage, rendering **render.Rendering,
) (*rules.Valid, []schema.Problem, error) {
	defer r.took.start(Validate)()
	if r.home == nil {
		return rules.Admit(ctx, r.valid, repo)
	}
	generate := func(ctx context.Context, valid *rules.Valid) (problems []schema.Problem, err error) {
		began := time.Now()
		defer func() { r.took[Generate] += time.Since(began); r.took[Validate] -= time.Since(began) }()
		*stage = Generate
		var made *render.Rendering
		if made, problems, err = render.Render(ctx, valid, r.rendering); made != nil {
			*rendering = made
		}
		return problems, err
	}
	guard := func(ctx context.Context, valid *rules.Valid) ([]schema.Problem, error) {
		if r.options.Guard == nil {
			return nil, nil
		}
		var last *rules.Valid
		if snapshot := r.Snapshot(); snapshot != nil {
			last = snapshot.Valid
		}
		return r.options.Guard(ctx, last, valid)
	}
	return rules.Admit(ctx, r.valid, repo, guard, generate)
}

// restore puts the revision that the target holds in force before the first
// pass. One that Git no longer has is left to the first pass to replace.
func (r *Reconciler) restore(ctx context.Context) {
	if r.options.LastGood == "" {
		return
	}
	revision := gitsource.Revision{Hash: r.options.LastGood}
	if found, err := r.source.Find(ctx, revision.Hash); err == nil {
		revision = found
	}
	valid, err := r.reload(ctx, revision)
	if err != nil {
		r.options.Logger.WarnContext(ctx, "restore the last good revision", "revision", revision.Short(), "error", err)
		return
	}
	for _, each := range valid.Held {
		if each.From == nil {
			r.unknown[each.Unit] = true
		}
	}
	for _, each := range r.options.Held {
		if each.Revision.Hash == "" {
			delete(r.unknown, each.Unit) // it was out then, too
		}
	}
	r.held = r.options.Held
	r.inForce = valid
	r.serve(revision, valid)
}

// reload reads what was in force, with the units that were held then.
func (r *Reconciler) reload(ctx context.Context, revision gitsource.Revision) (*rules.Valid, error) {
	repo, err := r.load(ctx, revision)
	if err != nil {
		return nil, err
	}
	bases := map[string]*repolayout.Repo{}
	var held []rules.Held
	for _, each := range r.options.Held {
		hash := each.Revision.Hash
		if hash != "" && bases[hash] == nil {
			from, err := r.source.Find(ctx, hash)
			if err == nil {
				bases[hash], err = r.load(ctx, from)
			}
			if err != nil {
				r.options.Logger.WarnContext(ctx, "read what was held", "unit", each.Unit.String(), "error", err)
			}
		}
		held = append(held, rules.Held{Unit: each.Unit, From: bases[hash], Problems: each.Problems})
	}
	r.repo = repo
	valid, err := rules.Restore(ctx, repo, held)
	if err == nil && valid == nil {
		err = errors.New("nothing of it is valid")
	}
	return valid, err
}

// load reads a revision. The repository that was loaded last serves as the
// store of what is unchanged even if it was not valid.
func (r *Reconciler) load(ctx context.Context, revision gitsource.Revision) (*repolayout.Repo, error) {
	defer r.took.start(Load)()
	tree, err := r.source.Tree(revision)
	if err != nil {
		return nil, err
	}
	var repo *repolayout.Repo
	if r.repo == nil {
		repo, err = repolayout.LoadFirst(ctx, tree, r.options.Memory)
	} else {
		repo, err = repolayout.Load(ctx, tree, r.repo)
	}
	if err != nil {
		return nil, fmt.Errorf("load revision %s: %w", revision.Short(), err)
	}
	if repo.Configs.Len()+len(repo.Refs)+len(repo.Files) == 0 && !schema.HasErrors(repo.Settings.Problems) {
		return nil, fmt.Errorf("revision %s holds no release repository: it has no configurations, steps or manifests", revision.Short())
	}
	r.repo, r.commits[repo] = repo, revision
	return repo, nil
}

// serve puts a revision in force where there is no target to apply it to, and
// so nothing to generate.
func (r *Reconciler) serve(revision gitsource.Revision, valid *rules.Valid) {
	r.snapshot.Store(rules.NewSnapshot(r.Snapshot(), valid, revision.Hash, time.Now()))
	r.valid, r.applied = valid, revision
}

func (r *Reconciler) failed(stage Stage, revision gitsource.Revision, err error) Status {
	return Status{Stage: stage, Observed: revision, Attempted: revision, Applied: r.applied, Held: r.held, Err: err}
}

// refuse says that a revision is no good.
func (r *Reconciler) refuse(stage Stage, revision gitsource.Revision, problems []schema.Problem) Status {
	if len(problems) == 0 { // the context ended before everything was checked
		return r.failed(stage, revision, context.Canceled)
	}
	problems = errorsOf(problems)
	status := r.failed(stage, revision, fmt.Errorf("revision %s is refused: %d problems, first: %s", revision.Short(), len(problems), problems[0]))
	status.Problems, status.Refused = problems, true
	return status
}

// errorsOf leaves warnings out.
func errorsOf(problems []schema.Problem) []schema.Problem {
	var kept []schema.Problem
	for _, problem := range problems {
		if problem.Severity != schema.Warning {
			kept = append(kept, problem)
		}
	}
	return kept
}

func firstError(problems []schema.Problem) error {
	if kept := errorsOf(problems); len(kept) > 0 {
		return errors.New(kept[0].String())
	}
	return errors.New("there is no problem")
}

func (r *Reconciler) log(ctx context.Context, status Status, took time.Duration) {
	attributes := []any{"revision", status.Attempted.Short(), "took", took.Round(time.Millisecond)}
	if len(status.Held) > 0 {
		attributes = append(attributes, "held", len(status.Held))
	}
	if status.Err == nil {
		r.failing.over()
	}
	logger := r.options.Logger
	switch {
	case status.Orders.Suspend:
		logger.InfoContext(ctx, "suspended", attributes...)
	case status.Err != nil:
		level := r.failing.level(status.Attempted.Hash, status.Err)
		logger.Log(ctx, level, "revision not applied", append(attributes, "stage", status.Stage, "error", status.Err)...)
	case status.Changes.Empty() && r.last.Stage == Done && r.last.Applied.Hash == status.Applied.Hash:
		logger.DebugContext(ctx, "nothing to do", attributes...)
	default:
		logger.InfoContext(ctx, "revision applied", append(attributes, slog.String("changes", status.Changes.String()))...)
	}
}
