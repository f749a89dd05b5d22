package reconciler

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/reconciler/apply"
	"github.com/drover-ci/drover/reconciler/gitsource"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
)

// work is what a target is to be made, and what to say when it is.
type work struct {
	revision gitsource.Revision
	objects  []generators.Object
	floor    int
	share    float64

	// For the home alone:
	valid  *rules.Valid
	status Status // without what applying adds to it
	took   stopwatch
	began  time.Time
}

// landing is how an apply ended.
type landing struct {
	lane    *lane
	work    *work
	changes apply.ChangeSet
	took    time.Duration
	err     error
}

// refused says whether trying the same again is of no use.
func (l landing) refused() bool {
	_, refused := errors.AsType[*apply.RefusedError](l.err)
	_, rolledBack := errors.AsType[*apply.RolledBackError](l.err)
	return refused || rolledBack
}

// stride is how far some work has come.
type stride struct {
	lane     *lane
	work     *work
	progress apply.Progress
}

// feeling is how a target does.
type feeling struct {
	lane   *lane
	health apply.Health
}

// lane is the way of revisions into one target. It goes at its own pace: what
// comes while it is busy waits, and only the newest does, so that a target that
// was away catches up at once.
type lane struct {
	spec    schema.Target
	options Options
	target  Target // nil until it could be opened
	next    chan *work
	end     context.CancelFunc
	// feelings are where it tells how the target does.
	feelings chan<- feeling
	// strides are where it tells how far an apply has come.
	strides chan<- stride
	// watching is what puts the target right meanwhile, until leave is called.
	watching sync.WaitGroup
	leave    context.CancelFunc // nil for a target that was given
	status   TargetStatus       // the reconciler's
	failing  failing            // the reconciler's
}

func newLane(spec schema.Target, options Options) *lane {
	return &lane{spec: spec, options: options, next: make(chan *work, 1), status: TargetStatus{Name: spec.Name}}
}

// keep runs a lane until the context ends, or the lane's end is called.
func (r *Reconciler) keep(ctx context.Context, l *lane) {
	ctx, l.end = context.WithCancel(ctx)
	l.feelings, l.strides = r.feelings, r.strides
	r.keeping.Go(func() { l.run(ctx, r.landings) })
}

// post gives the lane other work. One goroutine may call it.
func (l *lane) post(w *work) {
	select {
	case <-l.next: // never begun
	default:
	}
	l.next <- w
}

// run does what it is given until the context ends.
func (l *lane) run(ctx context.Context, landings chan<- landing) {
	defer l.watching.Wait()
	l.check(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case w := <-l.next:
			l.persist(ctx, w, landings)
		}
	}
}

// persist does some work, or what comes in its place, until it is done or of no
// use.
func (l *lane) persist(ctx context.Context, w *work, landings chan<- landing) {
	pause := l.options.FirstRetry
	for {
		landed := l.try(ctx, w)
		select {
		case landings <- landed:
		case <-ctx.Done():
			return
		}
		if landed.err == nil || landed.refused() {
			return
		}
		select {
		case <-ctx.Done():
			return
		case w = <-l.next:
			pause = l.options.FirstRetry
		case <-time.After(pause):
			pause = min(2*pause, l.options.LastRetry)
		}
	}
}

// try does some work once.
func (l *lane) try(ctx context.Context, w *work) landing {
	began := time.Now()
	landed := landing{lane: l, work: w}
	if landed.err = l.open(ctx); landed.err == nil {
		if guarded, ok := l.target.(Guarded); ok {
			guarded.Guard(w.floor, w.share)
		}
		landed.changes, landed.err = l.apply(ctx, w)
	}
	landed.took = time.Since(began)
	if landed.err != nil && !landed.refused() && l.leave != nil && l.options.Renewed(ctx, l.spec, l.target) {
		l.leave()
		l.watching.Wait()
		l.target, l.leave = nil, nil
	}
	return landed
}

// apply has the target made what it is to be, and tells now and then how far that is.
func (l *lane) apply(ctx context.Context, w *work) (apply.ChangeSet, error) {
	if progressing, ok := l.target.(Progressing); ok {
		landed, telling := make(chan struct{}), sync.WaitGroup{}
		telling.Go(func() { l.follow(w, progressing, landed) })
		defer telling.Wait()
		defer close(landed)
	}
	return l.target.Apply(ctx, w.revision.Hash, w.objects)
}

// follow tells how far some work has come until it has landed.
func (l *lane) follow(w *work, progressing Progressing, landed <-chan struct{}) {
	ticker := time.NewTicker(l.options.Progress)
	defer ticker.Stop()
	for {
		select {
		case <-landed:
			return
		case <-ticker.C:
		}
		progress := progressing.Progress()
		if progress.Of == 0 {
			continue
		}
		select {
		case <-landed:
			return
		case l.strides <- stride{l, w, progress}:
		}
	}
}

// open finds the target, unless it has been. From then on it is watched.
func (l *lane) open(ctx context.Context) error {
	if l.target != nil {
		return nil
	}
	target, err := l.options.Open(ctx, l.spec)
	if err != nil {
		return fmt.Errorf("open target %s: %w", l.spec.Name, err)
	}
	l.target = target
	ctx, l.leave = context.WithCancel(ctx)
	if watched, ok := target.(Watched); ok {
		l.watching.Go(func() { l.watch(ctx, watched) })
	}
	l.check(ctx)
	return nil
}

// check has it told how the target does, if there is one that knows.
func (l *lane) check(ctx context.Context) {
	checked, ok := l.target.(Checked)
	if !ok {
		return
	}
	l.watching.Go(func() {
		checked.Health(ctx, func(health apply.Health) {
			select {
			case l.feelings <- feeling{l, health}:
			case <-ctx.Done():
			}
		})
	})
}

// watch has the target put right until the context ends.
func (l *lane) watch(ctx context.Context, target Watched) {
	for pause := l.options.FirstRetry; ctx.Err() == nil; pause = min(2*pause, l.options.LastRetry) {
		if err := target.Watch(ctx, func(drift apply.Drift) { l.options.Drift(l.spec.Name, drift) }); err == nil {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}
