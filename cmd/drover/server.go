package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/drover-ci/drover/reconciler"
	"github.com/drover-ci/drover/reconciler/gitsource"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/resolver/httpapi"
	"github.com/drover-ci/drover/schema/rules"
	"github.com/drover-ci/drover/web"
)

// listen opens an address.
func listen(address string) (net.Listener, error) {
	var config net.ListenConfig
	return config.Listen(context.Background(), "tcp", address)
}

// serveResolver answers HTTP requests, those of jobs and those of people, until
// the context ends; those under way then have a little time to end.
func serveResolver(ctx context.Context, listener net.Listener, current func() *rules.Snapshot, pages *web.Site, logger *slog.Logger) error {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	server := &http.Server{
		Handler:           httpapi.New(sourceOf(current), registry, logger, httpapi.WithPages(pages)),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      2 * time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		last, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		stopped <- server.Shutdown(last)
	})
	err := server.Serve(listener)
	if !errors.Is(err, http.ErrServerClosed) {
		stop()
		return fmt.Errorf("serve on %s: %w", listener.Addr(), err)
	}
	return <-stopped
}

// sourceOf gives the resolver the snapshot in force.
func sourceOf(current func() *rules.Snapshot) httpapi.Source {
	return httpapi.SourceFunc(func() (httpapi.Snapshot, bool) {
		snapshot := current()
		if snapshot == nil {
			return nil, false
		}
		return inForce{snapshot}, true
	})
}

// inForce is a snapshot as the resolver's server wants it.
type inForce struct{ *rules.Snapshot }

// Catalog implements httpapi.Snapshot.
func (s inForce) Catalog() *resolver.Catalog { return s.Valid.Catalog }

// newSite makes the pages over what is in force. The source reads the files of
// revisions that are not.
func newSite(current func() *rules.Snapshot, source *gitsource.Source, repository string, logger *slog.Logger) *web.Site {
	return web.New(current, web.Options{
		Repository: repository, Branch: source.Branch(), Version: version(), Logger: logger,
		Tree: func(revision string) (repolayout.Tree, error) {
			return source.Tree(gitsource.Revision{Hash: revision})
		},
	})
}

// reportTo gives a reporter that tells several.
func reportTo(reporters ...reconciler.Reporter) reconciler.Reporter {
	return reconciler.ReporterFunc(func(ctx context.Context, status reconciler.Status) error {
		var errs error
		for _, reporter := range reporters {
			errs = errors.Join(errs, reporter.Report(ctx, status))
		}
		return errs
	})
}
