package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/util/uuid"

	"github.com/drover-ci/drover/leases"
)

// Store is where everything is kept. Package store has one.
type Store interface {
	// Load reads everything.
	Load(ctx context.Context) (leases.Content, error)
	// Apply carries out a write and says what became of it.
	Apply(ctx context.Context, write *leases.Write) leases.Result
	// SaveLine stores who waits.
	SaveLine(ctx context.Context, line leases.SavedLine) error
}

// ErrNotServing is the answer of a server that starts, stops, or is not the one
// that serves. The caller may try again.
var ErrNotServing = errors.New("this server does not serve at the moment")

// Options change how a [Server] works. The zero value is the default.
type Options struct {
	Pool leases.Options
	// Logger gets what happens to leases. Default: slog.Default().
	Logger *slog.Logger
	// WriteTimeout bounds each write. Default: 15 seconds.
	WriteTimeout time.Duration
}

func (o Options) withDefaults() Options {
	if o.Pool.NewID == nil {
		o.Pool.NewID = func() string { return string(uuid.NewUUID()) }
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	o.WriteTimeout = cmp.Or(o.WriteTimeout, 15*time.Second)
	return o
}

// How many writes of a kind are under way at most. What nobody waits for must
// not hold up what somebody waits for.
const (
	urgentWrites = 96
	otherWrites  = 24
)

// Times of the server's own work.
const (
	tickEvery      = 50 * time.Millisecond
	housekeepEvery = time.Second
	// linePause is the least time between two rounds of storing lines.
	linePause = 100 * time.Millisecond
	// lineEvery is how often lines are stored that nobody waits for.
	lineEvery = time.Second
)

// Server serves leases. Its methods are safe for concurrent use.
type Server struct {
	store   Store
	options Options

	urgent, other chan struct{} // slots

	mu      sync.Mutex
	pool    *leases.Pool
	serving bool
	started time.Time
	stopped chan struct{} // closed when serving ends
	config  *leases.Config
	writes  sync.WaitGroup
	// writing is the context of writes while serving.
	writing context.Context //nolint:containedctx // the writes are the server's, not those of any one call

	lines chan struct{}
}

// New makes a server that does not serve yet.
func New(store Store, options Options) *Server {
	return &Server{
		store: store, options: options.withDefaults(),
		urgent: make(chan struct{}, urgentWrites), other: make(chan struct{}, otherWrites),
		lines: make(chan struct{}, 1),
	}
}

// Run serves until the context ends: first it reads what is stored, then it
// lets watch tell it of every change. It may be called again afterwards.
func (s *Server) Run(ctx context.Context, watch func(ctx context.Context)) error {
	content, err := s.store.Load(ctx)
	if err != nil {
		return fmt.Errorf("load the leases: %w", err)
	}
	// Writes that are under way when serving ends are seen through.
	writing, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	s.begin(writing, content)
	s.options.Logger.InfoContext(ctx, "serving leases", "resources", len(content.Resources), "types", len(content.Lifecycles), "lines", len(content.Lines))
	var parts sync.WaitGroup
	parts.Go(func() { watch(ctx) })
	parts.Go(func() { s.tick(ctx) })
	parts.Go(func() { s.keepLines(ctx) })
	<-ctx.Done()
	s.end()
	parts.Wait()
	s.writes.Wait()
	return nil
}

func (s *Server) begin(writing context.Context, content leases.Content) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writing = writing
	s.started = time.Now()
	s.stopped = make(chan struct{})
	s.pool = leases.New(s.options.Pool)
	s.pool.Load(content, s.now())
	if s.config != nil {
		s.pool.Configure(s.config, s.now())
	}
	s.serving = true
	s.launch()
}

func (s *Server) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serving = false
	close(s.stopped)
}

// Serving says whether the server serves.
func (s *Server) Serving() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.serving
}

// now is this moment by both clocks.
func (s *Server) now() leases.Now {
	now := time.Now()
	return leases.Now{Wall: now, Up: now.Sub(s.started)}
}

// do lets a function change the pool, and starts the writes that follow.
func (s *Server) do(change func(pool *leases.Pool, now leases.Now)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.serving {
		return ErrNotServing
	}
	change(s.pool, s.now())
	s.launch()
	return nil
}

// launch starts what is in the pool's outbox. The lock is held.
func (s *Server) launch() {
	for _, write := range s.pool.Outbox() {
		pool := s.pool
		s.writes.Go(func() { s.carryOut(pool, write) })
	}
	if s.pool.Urgent() {
		select {
		case s.lines <- struct{}{}:
		default:
		}
	}
}

// carryOut carries out a write and reports back, even to a server that has
// stopped: other calls may be behind it.
func (s *Server) carryOut(pool *leases.Pool, write *leases.Write) {
	slots := s.other
	if write.Kind == leases.Patch {
		slots = s.urgent
	}
	slots <- struct{}{}
	ctx, cancel := context.WithTimeout(s.writing, s.options.WriteTimeout)
	result := s.store.Apply(ctx, write)
	cancel()
	<-slots
	if result.Outcome == leases.Failed {
		s.options.Logger.Warn("a write failed", "resource", cmp.Or(write.After.Name, write.Before.Name, write.Lifecycle.Type), "error", result.Err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pool != pool {
		return
	}
	pool.Complete(write, result, s.now())
	if s.serving {
		s.launch()
	}
}

// tick does what is due by the clock alone.
func (s *Server) tick(ctx context.Context) {
	ticker := time.NewTicker(tickEvery)
	defer ticker.Stop()
	last := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			housekeep := now.Sub(last) >= housekeepEvery
			if housekeep {
				last = now
			}
			_ = s.do(func(pool *leases.Pool, now leases.Now) {
				pool.Tick(now)
				if housekeep {
					pool.Housekeep(now)
				}
			})
		}
	}
}

// keepLines stores the lines: soon where an answer waits for it, else every
// second.
func (s *Server) keepLines(ctx context.Context) {
	ticker := time.NewTicker(lineEvery)
	defer ticker.Stop()
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
		select {
		case <-ctx.Done():
			return
		case <-s.lines:
		case <-ticker.C:
		}
		s.saveLines(ctx)
		pause.Reset(linePause)
	}
}

func (s *Server) saveLines(ctx context.Context) {
	var changed []leases.LineToSave
	_ = s.do(func(pool *leases.Pool, _ leases.Now) { changed = pool.Lines() })
	var saving sync.WaitGroup
	slots := make(chan struct{}, otherWrites)
	for _, line := range changed {
		slots <- struct{}{}
		saving.Go(func() {
			defer func() { <-slots }()
			ctx, cancel := context.WithTimeout(ctx, s.options.WriteTimeout)
			defer cancel()
			err := s.store.SaveLine(ctx, line.SavedLine)
			if err != nil && ctx.Err() == nil {
				s.options.Logger.WarnContext(ctx, "a line was not stored", "type", line.Type, "error", err)
			}
			_ = s.do(func(pool *leases.Pool, _ leases.Now) { pool.LineSaved(line, err) })
		})
	}
	saving.Wait()
}

// Observe takes in a resource as it is seen in the cluster.
func (s *Server) Observe(resource leases.Resource) {
	_ = s.do(func(pool *leases.Pool, now leases.Now) { pool.Observe(resource, now) })
}

// Forget takes in that a resource is gone.
func (s *Server) Forget(name string, version leases.Version) {
	_ = s.do(func(pool *leases.Pool, now leases.Now) { pool.Forget(name, version, now) })
}

// ObserveAll takes in all resources that there were at a version.
func (s *Server) ObserveAll(resources []leases.Resource, version leases.Version) {
	_ = s.do(func(pool *leases.Pool, now leases.Now) { pool.ObserveAll(resources, version, now) })
}

// ObserveLifecycle takes in a dynamic type.
func (s *Server) ObserveLifecycle(lifecycle leases.Lifecycle) {
	_ = s.do(func(pool *leases.Pool, now leases.Now) { pool.ObserveLifecycle(lifecycle, now) })
}

// ForgetLifecycle takes in that a dynamic type is gone.
func (s *Server) ForgetLifecycle(leaseType string, version leases.Version) {
	_ = s.do(func(pool *leases.Pool, now leases.Now) { pool.ForgetLifecycle(leaseType, version, now) })
}

// Configure makes the server want what a configuration says, now or once it
// serves. An invalid configuration changes nothing.
func (s *Server) Configure(config *leases.Config) error {
	if err := config.Validate(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.config = config
	if s.serving {
		s.pool.Configure(config, s.now())
		s.launch()
	}
	return nil
}

// Config is the configuration that is wanted, or nil.
func (s *Server) Config() *leases.Config {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.config
}
