package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/drover-ci/drover/localcluster/internal/quiet"
)

// The ways to end.
const (
	exitClean    = 0 // told to stop, and did
	exitFailed   = 1 // the cluster broke
	exitUnusable = 2 // the flags, the folder or the port cannot be used
)

// stopPatience is how long stopping may take. Less than the three seconds that are promised.
const stopPatience = 2500 * time.Millisecond

func main() {
	quiet.Over()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is the program: it serves until ctx ends, and returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	began := time.Now()
	s, err := parseFlags(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
		return exitClean
	case err != nil:
		return complain(stderr, fmt.Errorf("%w (see --help)", err), exitUnusable)
	case s.version:
		fmt.Fprintln(stdout, describeVersions())
		return exitClean
	}
	if s.stopWithParent {
		ctx = endWithParent(ctx, stdin)
	}
	context.AfterFunc(ctx, cutShort)
	site, err := prepareSite(ctx, s, stderr)
	if err != nil {
		return endOf(ctx, stderr, err, exitUnusable)
	}
	defer runtime.KeepAlive(site) // the lock and the port go back with the process, not while parts of it still run
	directLogs(site.logs, s.verbose)
	announce := func(server string) error {
		return json.NewEncoder(stdout).Encode(readiness{s.kubeconfig, server, os.Getpid(), seconds(time.Since(began))})
	}
	return endOf(ctx, stderr, serve(ctx, site, announce), exitFailed)
}

// cutShort ends the process if it does not end by itself soon. A cluster that is slow to stop has no more to lose then
// than one that is killed: nothing.
func cutShort() {
	time.AfterFunc(stopPatience, func() { os.Exit(exitClean) })
}

// readiness is the one line on standard output.
type readiness struct {
	Kubeconfig   string  `json:"kubeconfig"`
	Server       string  `json:"server"`
	PID          int     `json:"pid"`
	ReadySeconds float64 `json:"readySeconds"`
}

// seconds counts whole milliseconds.
func seconds(d time.Duration) float64 {
	return float64(d.Milliseconds()) / 1000
}

// endOf is the exit code for err. Being told to stop is no error, however far the work had come.
func endOf(ctx context.Context, stderr io.Writer, err error, code int) int {
	if err == nil || ctx.Err() != nil {
		return exitClean
	}
	return complain(stderr, err, code)
}

func complain(stderr io.Writer, err error, code int) int {
	fmt.Fprintln(stderr, "localcluster:", err)
	return code
}
