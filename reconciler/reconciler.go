package reconciler

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/generators/render"
	"github.com/drover-ci/drover/reconciler/apply"
	"github.com/drover-ci/drover/reconciler/gitsource"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
)

// Source is a branch of a release repository.
type Source interface {
	// Fetch gives the newest revision.
	Fetch(ctx context.Context) (gitsource.Revision, error)
	// Find gives the revision of a hash.
	Find(ctx context.Context, hash string) (gitsource.Revision, error)
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

// Guarded is a target that can be told how much may vanish with one revision.
type Guarded interface {
	// Guard sets how many deletions are never too many, and of more, which share
	// of what there is may go.
	Guard(floor int, share float64)
}

// Watched is a target that puts right by itself what others change.
type Watched interface {
	// Watch does so until the context ends.
	Watch(ctx context.Context, report func(apply.Drift)) error
}

// Checked is a target that tells how what was applied does.
type Checked interface {
	// Health calls tell at first and whenever that changes, until the context ends.
	Health(ctx context.Context, tell func(apply.Health))
}

// Progressing is a target that tells how far an apply has come.
type Progressing interface {
	// Progress may be called at any time, and answers at once.
	Progress() apply.Progress
}

// Options change how a [Reconciler] works. The zero value is the default.
type Options struct {
	// Resync is how often the targets are gone through although nothing was seen
	// to change. Default: 10 minutes.
	Resync time.Duration
	// FirstRetry and LastRetry bound how long a pass that failed for a reason
	// that may pass waits before the next; the wait doubles each time. Defaults:
	// 1 second and 1 minute.
	FirstRetry, LastRetry time.Duration
	// Progress is how often people are told how far an apply has come. Default: 5
	// seconds.
	Progress time.Duration
	// LastGood is the hash of the revision that the target holds, if it is known:
	// it is in force from the start, whatever is wrong with the newest.
	LastGood string
	// Held are the units that were held back then.
	Held []Held
	// Synced is the last Orders.Sync that was heeded then.
	Synced string
	// Open gives the targets that a repository's settings name, beside the one
	// that is given. Each is kept until the context ends. Default: they cannot be
	// opened, which their status says.
	Open func(ctx context.Context, target schema.Target) (Target, error)
	// Renewed says whether another way leads to such a target than when it was
	// opened. It is asked where applying failed, and the target is opened anew then.
	// Default: it never is.
	Renewed func(ctx context.Context, spec schema.Target, opened Target) bool
	// Drift is told of what others change on such targets.
	Drift func(target string, drift apply.Drift)
	// Guard says what in the world speaks against a valid revision, such as
	// somebody who uses what it takes away; last is what is in force, or nil. Its
	// problems hold units back as those of rules do. Default: nothing does.
	Guard func(ctx context.Context, last, next *rules.Valid) ([]schema.Problem, error)
	// Memory is what earlier processes read of the repository. Default: none.
	Memory *repolayout.Memory
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
	if o.Progress <= 0 {
		o.Progress = 5 * time.Second
	}
	if o.Open == nil {
		o.Open = func(context.Context, schema.Target) (Target, error) {
			return nil, errors.New("this process keeps no other clusters")
		}
	}
	if o.Renewed == nil {
		o.Renewed = func(context.Context, schema.Target, Target) bool { return false }
	}
	if o.Drift == nil {
		o.Drift = func(string, apply.Drift) {}
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return o
}

// Reconciler runs the loop for one source and its targets.
type Reconciler struct {
	source   Source
	reporter Reporter
	options  Options

	snapshot atomic.Pointer[rules.Snapshot]
	look     chan struct{}
	landings chan landing
	feelings chan feeling
	strides  chan stride

	ordering sync.Mutex // over orders
	orders   Orders

	// What follows belongs to the goroutine of Run.
	home      *lane // nil where there is none
	lanes     map[string]*lane
	keeping   sync.WaitGroup
	repo      *repolayout.Repo
	valid     *rules.Valid // what was admitted last and not refused by the home
	inForce   *rules.Valid // what the home holds
	unknown   map[rules.Unit]bool
	held      []Held
	commits   map[*repolayout.Repo]gitsource.Revision
	rendering *render.Rendering
	applied   gitsource.Revision
	attempted string // the hash of what was gone through last
	synced    string // the last of Orders.Sync that was done
	last      Status
	underWay  *Status // what people are told of the home's work meanwhile; nil for last
	quiet     bool    // they are told of a failure that is newer than that work
	failing   failing
	health    apply.Health // of the home
	took      stopwatch
}

// New makes a reconciler. The target is the home of the jobs; a nil one is for
// serving alone: then a valid revision is in force without being applied.
func New(source Source, target Target, reporter Reporter, options Options) *Reconciler {
	r := &Reconciler{
		source: source, reporter: reporter, options: options.withDefaults(), look: make(chan struct{}, 1),
		landings: make(chan landing), feelings: make(chan feeling), strides: make(chan stride), lanes: map[string]*lane{}, unknown: map[rules.Unit]bool{},
		synced: options.Synced, commits: map[*repolayout.Repo]gitsource.Revision{}, took: stopwatch{},
	}
	if target != nil {
		r.home = newLane(schema.Target{}, r.options)
		r.home.target = target
	}
	return r
}

// Snapshot gives what is in force, or nil before the first good revision. It
// may be called at any time.
func (r *Reconciler) Snapshot() *rules.Snapshot { return r.snapshot.Load() }

// Run keeps reconciling until the context ends, and waits until nothing is
// applied any more.
func (r *Reconciler) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer r.keeping.Wait()
	defer cancel()
	watched := make(chan error, 1)
	go func() { watched <- r.source.Watch(ctx, r.notify) }()
	if r.home != nil {
		r.keep(ctx, r.home)
	}
	r.restore(ctx)
	return r.loop(ctx, watched)
}

// notify has the loop look.
func (r *Reconciler) notify() {
	select {
	case r.look <- struct{}{}:
	default: // a look is already due
	}
}

// loop makes a pass whenever there is reason to, one at a time.
func (r *Reconciler) loop(ctx context.Context, watched <-chan error) error {
	retry, again, due := r.options.FirstRetry, false, true
	timer := time.NewTimer(r.options.Resync)
	defer timer.Stop()
	for {
		if due {
			wait := r.options.Resync
			if status := r.pass(ctx, again); status.Err != nil && !status.Refused && status.Stage != Apply {
				wait, retry = retry, min(2*retry, r.options.LastRetry)
			} else {
				retry = r.options.FirstRetry
			}
			r.options.Memory.Keep()
			timer.Reset(wait)
		}
		due, again = true, false
		select {
		case <-ctx.Done():
			return nil
		case err := <-watched:
			if ctx.Err() == nil {
				return errors.Join(errors.New("the watch of the repository ended"), err)
			}
			return nil
		case landed := <-r.landings:
			r.land(ctx, landed)
			due = false
		case felt := <-r.feelings:
			r.feel(ctx, felt)
			due = false
		case s := <-r.strides:
			r.advance(ctx, s)
			due = false
		case <-r.look:
		case <-timer.C:
			again = true
		}
	}
}
