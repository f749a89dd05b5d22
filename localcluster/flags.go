package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"path/filepath"
)

const usage = `Usage: localcluster --data DIR [flags]

Runs a Kubernetes API server with its own etcd on this machine, and nothing else.
Prints one line of JSON once it is ready, and serves until it is told to stop.

  --data DIR           where everything is kept; made if need be (required)
  --listen HOST        loopback address to listen on (127.0.0.1)
  --port N             port to listen on (0: the last one if it is free, else any)
  --kubeconfig FILE    where to write the administrator's kubeconfig (DIR/kubeconfig)
  --stop-with-parent   end when standard input does, or when the parent process does
  --unsafe-no-fsync    for tests: faster, but a power cut can lose or break the data
  --verbose            log to standard error instead of DIR/localcluster.log
  --version            print the versions and end
  --help               print this and end

Example:

  localcluster --data ~/.local/share/drover/cluster &
  kubectl --kubeconfig ~/.local/share/drover/cluster/kubeconfig get namespaces

Ends with 0 when told to stop, 1 when the cluster broke, 2 when it could not be started as asked.
`

// settings is what the command line says. Its paths are absolute.
type settings struct {
	data, kubeconfig string
	listen           netip.Addr
	port             int
	stopWithParent   bool
	unsafeNoFsync    bool
	verbose          bool
	version          bool
}

// parseFlags reads the command line. It gives flag.ErrHelp where help is asked for.
func parseFlags(args []string) (settings, error) {
	var s settings
	var listen string
	fs := flag.NewFlagSet("localcluster", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.StringVar(&s.data, "data", "", "")
	fs.StringVar(&listen, "listen", "127.0.0.1", "")
	fs.IntVar(&s.port, "port", 0, "")
	fs.StringVar(&s.kubeconfig, "kubeconfig", "", "")
	fs.BoolVar(&s.stopWithParent, "stop-with-parent", false, "")
	fs.BoolVar(&s.unsafeNoFsync, "unsafe-no-fsync", false, "")
	fs.BoolVar(&s.verbose, "verbose", false, "")
	fs.BoolVar(&s.version, "version", false, "")
	if err := fs.Parse(args); err != nil || s.version {
		return s, err
	}
	if fs.NArg() > 0 {
		return s, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	err := s.complete(listen)
	return s, err
}

// complete checks the settings and fills in what follows from others.
func (s *settings) complete(listen string) error {
	if s.data == "" {
		return errors.New("--data is required")
	}
	if s.port < 0 || s.port > 65535 {
		return fmt.Errorf("--port %d: not a port", s.port)
	}
	var err error
	if s.listen, err = loopback(listen); err != nil {
		return err
	}
	if s.data, err = filepath.Abs(s.data); err != nil {
		return fmt.Errorf("--data %s: %w", s.data, err)
	}
	if s.kubeconfig == "" {
		s.kubeconfig = filepath.Join(s.data, "kubeconfig")
	}
	if s.kubeconfig, err = filepath.Abs(s.kubeconfig); err != nil {
		return fmt.Errorf("--kubeconfig %s: %w", s.kubeconfig, err)
	}
	return nil
}

// loopback reads an address that no other machine can reach.
func loopback(host string) (netip.Addr, error) {
	if host == "localhost" {
		host = "127.0.0.1"
	}
	addr, err := netip.ParseAddr(host)
	if err != nil || !addr.IsLoopback() {
		return netip.Addr{}, fmt.Errorf("--listen %s: not a loopback address", host)
	}
	return addr, nil
}
