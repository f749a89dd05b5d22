package reconciler

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/generators/render"
	"github.com/drover-ci/drover/reconciler/apply"
	"github.com/drover-ci/drover/reconciler/gitsource"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema/rules"
)

// Source is a branch of a release repository.
type Source interface {
	// Fetch gives the newest revision.
	Fetch(ctx context.Context) (gitsource.Revision, error)
	// Tree gives a revision's files.
	Tree(revision gitsource.Revision) (repolayout.Tree, error)
	// Watch calls notify when the branch may have moved, until the context ends.
	Watch(ctx context.Context, notify func()) error
}

// Target is a cluster to keep.
type Target interface {
	// Apply makes the cluster as the objects say, wholly or not at all.
	Apply(ctx context.Context, revision string, objects []generators.Object) (apply.ChangeSet, error)
}

// Options change how a [Reconciler] works. The zero value is the default.
type Options struct {
	// Resync is how often the target is gone through although nothing was seen
	// to change. Default: 10 minutes.
	Resync time.Duration
	// FirstRetry and LastRetry bound how long a pass that failed for a reason
	// that may pass waits before the next; the wait doubles each time. Defaults:
	// 1 second and 1 minute.
	FirstRetry, LastRetry time.Duration
	// LastGood is the hash of the revision that the target holds, if it is known:
	// it is in force from the start, whatever is wrong with the newest.
	LastGood string
	// Logger gets a line for each pass. Default: slog.Default().
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Resync <= 0 {
		o.Resync = 10 * time.Minute
	}
	if o.FirstRetry <= 0 {
		o.FirstRetry = time.Second
	}
	if o.LastRetry <= 0 {
		o.LastRetry = time.Minute
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return o
}

// Reconciler runs the loop for one source and one target.
type Reconciler struct {
	source   Source
	target   Target
	reporter Reporter
	options  Options

	snapshot atomic.Pointer[rules.Snapshot]

	// What follows belongs to the goroutine of Run.
	repo      *repolayout.Repo
	valid     *rules.Valid
	rendering *render.Rendering
	applied   gitsource.Revision
	last      Status
	took      stopwatch
}

// New makes a reconciler. A nil target is for serving alone: then a valid
// revision is in force without being applied.
func New(source Source, target Target, reporter Reporter, options Options) *Reconciler {
	return &Reconciler{source: source, target: target, reporter: reporter, options: options.withDefaults(), took: stopwatch{}}
}

// Snapshot gives what is in force, or nil before the first good revision. It
// may be called at any time.
func (r *Reconciler) Snapshot() *rules.Snapshot { return r.snapshot.Load() }

// Run keeps reconciling until the context ends.
func (r *Reconciler) Run(ctx context.Context) error {
	look := make(chan struct{}, 1)
	watched := make(chan error, 1)
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		watched <- r.source.Watch(ctx, func() {
			select {
			case look <- struct{}{}:
			default: // a look is already due
			}
		})
	}()
	r.restore(ctx)
	err := r.loop(ctx, look, watched)
	cancel()
	return err
}

// loop makes a pass whenever there is reason to, one at a time.
func (r *Reconciler) loop(ctx context.Context, look <-chan struct{}, watched <-chan error) error {
	retry := r.options.FirstRetry
	again := false
	for {
		wait := r.options.Resync
		if status := r.pass(ctx, again); status.Err != nil && !status.Refused {
			wait, retry = retry, min(2*retry, r.options.LastRetry)
		} else {
			retry = r.options.FirstRetry
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case err := <-watched:
			timer.Stop()
			if ctx.Err() == nil {
				return errors.Join(errors.New("the watch of the repository ended"), err)
			}
			return nil
		case <-look:
			again = false
		case <-timer.C:
			again = true
		}
		timer.Stop()
	}
}
