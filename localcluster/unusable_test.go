package main_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestUnusableIsSaidInOneLine(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() })
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		flags []string
		want  string
	}{
		"no folder":       {nil, "--data is required (see --help)"},
		"unknown flag":    {[]string{"--nonsense"}, "flag provided but not defined: -nonsense (see --help)"},
		"argument":        {[]string{"--data", "d", "x"}, `unexpected argument "x" (see --help)`},
		"not loopback":    {[]string{"--data", "d", "--listen", "0.0.0.0"}, "--listen 0.0.0.0: not a loopback address (see --help)"},
		"no such port":    {[]string{"--data", "d", "--port", "70000"}, "--port 70000: not a port (see --help)"},
		"taken port":      {[]string{"--data", dataFolder(t), "--port", port(taken)}, "address already in use"},
		"unwritable":      {[]string{"--data", filepath.Join(file, "d")}, "make the data folder: mkdir " + file + ": not a directory"},
		"foreign folder":  {[]string{"--data", filepath.Dir(file)}, "is no data folder of localcluster, and not empty"},
		"lost kubeconfig": {[]string{"--data", dataFolder(t), "--kubeconfig", "/no/such/folder/k"}, "no such file or directory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := begin(t, append([]string{program}, c.flags...)...)
			if code := p.awaitEnd(readyWithin); code != 2 {
				t.Errorf("exit code %d, want 2", code)
			}
			said := p.stderr.String()
			if !strings.HasPrefix(said, "localcluster: ") || !strings.HasSuffix(said, c.want+"\n") || strings.Count(said, "\n") != 1 {
				t.Errorf("said:\n%swant one line that ends with %q", said, c.want)
			}
		})
	}
}

func port(l net.Listener) string {
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

func TestFolderInUseIsRefused(t *testing.T) {
	t.Parallel()
	data := dataFolder(t)
	p, _ := start(t, data)
	began := time.Now()
	second := begin(t, program, "--data", data)
	if code := second.awaitEnd(readyWithin); code != 2 {
		t.Errorf("exit code %d, want 2", code)
	}
	if waited := time.Since(began); waited < 15*time.Second {
		t.Errorf("gave up after %s", waited)
	}
	if said := second.stderr.String(); !strings.Contains(said, fmt.Sprintf("in use by process %d ", p.cmd.Process.Pid)) {
		t.Errorf("said: %s", said)
	}
}

func TestFolderInUseIsAwaited(t *testing.T) {
	t.Parallel()
	data := dataFolder(t)
	p, before := start(t, data)
	second := begin(t, program, "--data", data)
	p.signal(syscall.SIGTERM)
	if after := second.awaitReady(); after.Server != before.Server {
		t.Errorf("server: was %s, is %s", before.Server, after.Server)
	}
}

func TestHelpAndVersion(t *testing.T) {
	t.Parallel()
	for flag, want := range map[string]string{"--help": "Example:", "--version": "Kubernetes v1.36.3, etcd v3.6.8"} {
		t.Run(flag, func(t *testing.T) {
			t.Parallel()
			p := begin(t, program, flag)
			var said strings.Builder
			for line := range p.lines {
				said.WriteString(line + "\n")
			}
			if code := p.awaitEnd(readyWithin); code != 0 || !strings.Contains(said.String(), want) {
				t.Errorf("exit code %d, said:\n%swant %q", code, said.String(), want)
			}
		})
	}
}
