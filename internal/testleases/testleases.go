// Package testleases gives tests a lease server on a real API server.
package testleases

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drover-ci/drover/internal/testcluster"
	"github.com/drover-ci/drover/leases"
	"github.com/drover-ci/drover/leases/httpapi"
	"github.com/drover-ci/drover/leases/server"
	"github.com/drover-ci/drover/leases/store"
)

// System is a lease server, with the store and the namespace that it has for
// itself.
type System struct {
	t testing.TB

	Namespace string
	Store     *store.Store
	Server    *server.Server
	Handler   *httpapi.Handler
	// URL is where it listens.
	URL string

	stop func()
}

// Options change what [Start] starts.
type Options struct {
	// Config is what is wanted; nil for none.
	Config *leases.Config
	// Content is stored before the server starts.
	Content leases.Content
	Pool    leases.Options
	Users   *httpapi.Users
}

// Start runs a server until the test ends. Where there is no API server to
// start, the test is skipped.
func Start(t testing.TB, cluster *testcluster.Shared, options Options) *System {
	t.Helper()
	s := &System{t: t, Namespace: cluster.Namespace(t)}
	var err error
	if s.Store, err = store.New(cluster.Config(t), s.Namespace); err != nil {
		t.Fatal(err)
	}
	if err := s.Store.Install(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Put(options.Content)
	s.Server = server.New(s.Store, server.Options{Pool: options.Pool, Logger: slog.New(slog.DiscardHandler)})
	if options.Config != nil {
		if err := s.Server.Configure(options.Config); err != nil {
			t.Fatal(err)
		}
	}
	s.Handler = httpapi.New(s.Server, httpapi.Options{Users: options.Users, Logger: slog.New(slog.DiscardHandler)})
	front := httptest.NewServer(s.Handler)
	s.URL = front.URL
	s.Resume()
	t.Cleanup(func() { s.Pause(); front.Close() })
	return s
}

// Put stores resources and life cycles.
func (s *System) Put(content leases.Content) {
	s.t.Helper()
	for _, r := range content.Resources {
		if result := s.Store.Apply(s.t.Context(), &leases.Write{Kind: leases.Create, After: r}); result.Outcome != leases.Stored {
			s.t.Fatalf("create %s: %+v", r.Name, result)
		}
	}
	for _, l := range content.Lifecycles {
		if result := s.Store.Apply(s.t.Context(), &leases.Write{Kind: leases.SaveLifecycle, Lifecycle: l}); result.Outcome != leases.Stored {
			s.t.Fatalf("create %s: %+v", l.Type, result)
		}
	}
}

// Resume lets the server serve.
func (s *System) Resume() {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- s.Server.Run(ctx, func(ctx context.Context) { s.Store.Watch(ctx, s.Server) }) }()
	s.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			s.t.Errorf("run the lease server: %v", err)
		}
	}
	s.Until("the server serves", s.Server.Serving)
}

// Pause ends the server as a restart does: it forgets everything.
func (s *System) Pause() {
	if s.stop != nil {
		s.stop()
		s.stop = nil
	}
}

// Until waits until something is so.
func (s *System) Until(what string, so func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); !so(); {
		if time.Now().After(deadline) {
			s.t.Fatalf("it never became so that %s; there is %+v", what, s.Stored())
		}
		<-time.After(5 * time.Millisecond)
	}
}

// Stored gives what resources are stored, by name.
func (s *System) Stored() []leases.Resource {
	content, err := s.Store.Load(context.WithoutCancel(s.t.Context()))
	if err != nil {
		s.t.Errorf("load: %v", err)
	}
	slices.SortFunc(content.Resources, func(a, b leases.Resource) int { return strings.Compare(a.Name, b.Name) })
	return content.Resources
}

// Resource gives one resource as it is stored.
func (s *System) Resource(name string) leases.Resource {
	for _, r := range s.Stored() {
		if r.Name == name {
			return r
		}
	}
	return leases.Resource{}
}
