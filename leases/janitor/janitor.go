package janitor

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/drover-ci/drover/leases"
)

// Owner is who holds what is being cleaned.
const Owner = "drover-janitor"

// leasedResources is where Mason notes what a resource was built of.
const leasedResources = "leasedResources"

// View is what a janitor looks at: all there is once, and then what is to be done.
type View interface {
	Report(leaseType string) ([]leases.TypeReport, error)
	Idle(states ...string) ([]leases.Idle, error)
}

// Server is a lease server, as far as a janitor needs it.
type Server interface {
	View
	Take(ctx context.Context, ask leases.Acquisition) (leases.Resource, error)
	AcquireByState(ctx context.Context, state, dest, owner string, names []string) ([]leases.Resource, error)
	Give(ctx context.Context, name, dest, owner string) error
	Update(ctx context.Context, name, owner, state string, data map[string]string) error
}

// Runner runs a cleaner on a resource, once.
type Runner interface {
	Run(ctx context.Context, cleaner *Cleaner, resource *leases.Resource) error
}

// Options change how a [Janitor] works. The zero value is the default.
type Options struct {
	// Every is how often to look for something to do. Default: 2 seconds.
	Every time.Duration
	// Beat is how often to give a sign of life. Default: 1 minute.
	Beat time.Duration
	// Logger gets a line for each resource. Default: slog.Default().
	Logger *slog.Logger
}

// Janitor cleans.
type Janitor struct {
	server  Server
	config  *Config
	runner  Runner
	options Options

	mu   sync.Mutex
	busy map[string]int // workers, by type
}

// New makes a janitor. Without a configuration it has nothing to do but with
// dynamic resources on their way out.
func New(server Server, config *Config, runner Runner, options Options) *Janitor {
	options.Every = cmp.Or(options.Every, 2*time.Second)
	options.Beat = cmp.Or(options.Beat, time.Minute)
	if options.Logger == nil {
		options.Logger = slog.Default()
	}
	return &Janitor{server: server, config: config, runner: runner, options: options, busy: map[string]int{}}
}

// Run cleans until the context ends, and waits for those who are at it.
func (j *Janitor) Run(ctx context.Context) {
	var workers sync.WaitGroup
	defer workers.Wait()
	ticker := time.NewTicker(j.options.Every)
	defer ticker.Stop()
	fresh := true
	for {
		if fresh {
			fresh = !j.takeUp(ctx)
		}
		if !fresh {
			j.look(ctx, &workers)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// takeUp gives back what the last janitor did not finish, if the server serves.
func (j *Janitor) takeUp(ctx context.Context) bool {
	reports, err := j.server.Report("")
	if err != nil {
		return false
	}
	for _, report := range reports {
		for _, r := range report.Resources {
			if r.Owner == Owner {
				dest := leases.Dirty
				if r.Retiring {
					dest = leases.ToBeDeleted
				}
				j.give(ctx, r.Name, dest)
			}
		}
	}
	return true
}

// look has done what there is to do. What is on its way out goes before what is dirty.
func (j *Janitor) look(ctx context.Context, workers *sync.WaitGroup) {
	idle, err := j.server.Idle(leases.ToBeDeleted, leases.Dirty)
	if err != nil {
		return // it does not serve at the moment
	}
	for _, todo := range idle {
		j.start(ctx, todo, workers)
	}
}

// start lets workers see to what is to be done of a type, as many as it may have.
func (j *Janitor) start(ctx context.Context, todo leases.Idle, workers *sync.WaitGroup) {
	cleaner, parallel := j.config.For(todo.Type), 1
	if cleaner != nil {
		parallel = cleaner.Parallel
	} else if todo.State == leases.Dirty {
		return // nobody said how to clean it
	}
	for range min(todo.Count, parallel) {
		if !j.enter(todo.Type, parallel) {
			return
		}
		workers.Go(func() {
			defer j.leave(todo.Type)
			j.work(ctx, todo.Type, todo.State, cleaner)
		})
	}
}

func (j *Janitor) enter(leaseType string, parallel int) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.busy[leaseType] >= parallel {
		return false
	}
	j.busy[leaseType]++
	return true
}

func (j *Janitor) leave(leaseType string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.busy[leaseType]--
	if j.busy[leaseType] == 0 {
		delete(j.busy, leaseType)
	}
}

// work cleans one resource, if there still is one.
func (j *Janitor) work(ctx context.Context, leaseType, state string, cleaner *Cleaner) {
	resource, err := j.server.Take(ctx, leases.Acquisition{Type: leaseType, State: state, Dest: leases.Cleaning, Owner: Owner})
	if err != nil {
		return // somebody else has it
	}
	beating, stop := context.WithCancel(ctx)
	defer stop()
	go j.beat(beating, resource.Name)
	dest := leases.Free
	if state == leases.ToBeDeleted {
		dest = leases.Tombstone
		j.takeApart(ctx, &resource)
	}
	if cleaner != nil {
		if err := j.clean(ctx, cleaner, &resource); err != nil {
			dest = leases.Quarantine
			j.options.Logger.ErrorContext(ctx, "a resource cannot be cleaned and is in quarantine", "resource", resource.Name, "type", leaseType, "error", err)
		}
	}
	if ctx.Err() != nil { // not known to be clean
		dest = state
	}
	stop()
	j.give(ctx, resource.Name, dest)
}

// beat gives signs of life.
func (j *Janitor) beat(ctx context.Context, name string) {
	ticker := time.NewTicker(j.options.Beat)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if err := j.server.Update(ctx, name, Owner, leases.Cleaning, nil); err != nil && ctx.Err() == nil {
				j.options.Logger.WarnContext(ctx, "no sign of life could be given", "resource", name, "error", err)
			}
		}
	}
}

// clean runs the cleaner until it succeeds or has been tried often enough.
func (j *Janitor) clean(ctx context.Context, cleaner *Cleaner, resource *leases.Resource) error {
	var last error
	for try := range cleaner.Tries {
		if try > 0 && !sleep(ctx, cleaner.Pause.Duration) {
			return last
		}
		limited, cancel := context.WithTimeout(ctx, cleaner.Timeout.Duration)
		last = j.runner.Run(limited, cleaner, resource)
		if last != nil && errors.Is(limited.Err(), context.DeadlineExceeded) {
			last = errors.Join(errors.New("it took longer than "+cleaner.Timeout.Duration.String()), last)
		}
		cancel()
		if last == nil || ctx.Err() != nil {
			return last
		}
		j.options.Logger.WarnContext(ctx, "a resource was not cleaned", "resource", resource.Name, "try", try+1, "of", cleaner.Tries, "error", last)
	}
	return last
}

func sleep(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// takeApart gives back, as dirty, what a resource was built of. Mason leaves
// that in a state which is the resource's name.
func (j *Janitor) takeApart(ctx context.Context, resource *leases.Resource) {
	var parts []string
	if err := yaml.Unmarshal([]byte(resource.UserData[leasedResources]), &parts); err != nil || len(parts) == 0 {
		return
	}
	for _, part := range parts { // one by one: some may have gone back already
		taken, err := j.server.AcquireByState(ctx, resource.Name, leases.Cleaning, Owner, []string{part})
		if err != nil {
			j.options.Logger.WarnContext(ctx, "a part of a resource could not be had", "resource", resource.Name, "part", part, "error", err)
			continue
		}
		for i := range taken {
			j.give(ctx, taken[i].Name, leases.Dirty)
		}
	}
	if err := j.server.Update(ctx, resource.Name, Owner, leases.Cleaning, map[string]string{leasedResources: ""}); err != nil {
		j.options.Logger.WarnContext(ctx, "forget the parts of a resource", "resource", resource.Name, "error", err)
	}
}

// give gives a resource back, even when the context has ended.
func (j *Janitor) give(ctx context.Context, name, dest string) {
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
	defer cancel()
	if err := j.server.Give(last, name, dest, Owner); err != nil {
		j.options.Logger.WarnContext(ctx, "a cleaned resource could not be given back", "resource", name, "error", err)
		return
	}
	j.options.Logger.InfoContext(ctx, "cleaned", "resource", name, "state", dest)
}

// lastWords bounds what is done after the end.
const lastWords = 10 * time.Second
