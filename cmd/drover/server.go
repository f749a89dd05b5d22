package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/drover-ci/drover/resolver/httpapi"
)

// listen opens an address.
func listen(address string) (net.Listener, error) {
	var config net.ListenConfig
	return config.Listen(context.Background(), "tcp", address)
}

// newMux gives what a server answers: what is in force, and what other parts add.
func newMux(front http.Handler) *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("/", front)
	return mux
}

// serve answers HTTP requests until the context ends; those under way then have
// a little time to end.
func serve(ctx context.Context, listener net.Listener, handler http.Handler, logger *slog.Logger) error {
	server := httpapi.NewServer(handler, logger)
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		last, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		stopped <- server.Shutdown(last)
	})
	err := server.Serve(httpapi.Gathering(listener))
	if !errors.Is(err, http.ErrServerClosed) {
		stop()
		return fmt.Errorf("serve on %s: %w", listener.Addr(), err)
	}
	return <-stopped
}
