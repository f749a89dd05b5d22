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

	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/resolver/httpapi"
	"github.com/drover-ci/drover/schema/rules"
)

// listen opens an address.
func listen(address string) (net.Listener, error) {
	var config net.ListenConfig
	return config.Listen(context.Background(), "tcp", address)
}

// serveResolver answers HTTP requests until the context ends; those under way
// then have a little time to end.
func serveResolver(ctx context.Context, listener net.Listener, current func() *rules.Snapshot, logger *slog.Logger) error {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	server := &http.Server{
		Handler:           httpapi.New(sourceOf(current), registry, logger),
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
