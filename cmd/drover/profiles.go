package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
)

// profileFlags say whether a server shows what it spends time and memory on.
type profileFlags struct {
	Pprof string `placeholder:"ADDRESS" help:"Serve profiles at this address, which must be of this machine alone, such as 127.0.0.1:6060."`
}

// profiles serves profiles; nil serves none.
type profiles struct{ listener net.Listener }

// profiles opens the address that was asked for. It must be one that only this
// machine reaches: profiles show what is in memory.
func (f profileFlags) profiles() (*profiles, error) {
	if f.Pprof == "" {
		return nil, nil //nolint:nilnil // none is wanted
	}
	host, _, err := net.SplitHostPort(f.Pprof)
	if err != nil {
		return nil, fmt.Errorf("--pprof: %w", err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("--pprof: got %s, expected an address of this machine alone, such as 127.0.0.1:6060", f.Pprof)
	}
	listener, err := listen(f.Pprof)
	return &profiles{listener}, err
}

// serve answers until the context ends.
func (p *profiles) serve(ctx context.Context, logger *slog.Logger) error {
	if p == nil {
		return nil
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return serve(ctx, p.listener, mux, logger)
}
