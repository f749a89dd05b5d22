package main_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestSignalsEndIt(t *testing.T) {
	t.Parallel()
	for name, sig := range map[string]os.Signal{"interrupt": os.Interrupt, "terminate": syscall.SIGTERM} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, r := start(t, dataFolder(t))
			watch, err := newClient(t, r).CoreV1().ConfigMaps("").Watch(t.Context(), metav1.ListOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer watch.Stop()
			began := time.Now()
			if code := p.signal(sig); code != 0 {
				t.Errorf("exit code %d:\n%s", code, p.stderr.String())
			}
			t.Logf("stopped in %s", time.Since(began))
		})
	}
}

func TestSignalsEndItWhileItStarts(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"lock", "etcd.new/member/wal", "etcd/member/wal"} {
		data := dataFolder(t) // a new one: what is awaited must not be there yet
		p := begin(t, program, "--data", data)
		awaitFile(t, filepath.Join(data, file), p)
		if code := p.signal(syscall.SIGTERM); code != 0 || p.stderr.String() != "" {
			t.Errorf("at %s: exit code %d:\n%s", file, code, p.stderr.String())
		}
	}
}

func TestEndOfStdinEndsIt(t *testing.T) {
	t.Parallel()
	p, _ := start(t, dataFolder(t), "--stop-with-parent")
	p.stdin.Close()
	if code := p.awaitEnd(stopWithin); code != 0 {
		t.Errorf("exit code %d:\n%s", code, p.stderr.String())
	}
}

func TestEndOfParentEndsIt(t *testing.T) {
	t.Parallel()
	// The shell is the parent. Its death does not close standard input, which it has from the test.
	p := begin(t, "sh", "-c", `"$@"; true`, "sh", program, "--data", dataFolder(t), "--stop-with-parent")
	p.awaitReady()
	p.signal(syscall.SIGKILL)
	select {
	case line, more := <-p.lines:
		if more {
			t.Errorf("a second line: %s", line)
		}
	case <-time.After(stopWithin):
		t.Errorf("outlives its parent by %s", stopWithin)
	}
}

func TestWithoutTheFlagStdinDoesNotMatter(t *testing.T) {
	t.Parallel()
	p := begin(t, program, "--data", dataFolder(t))
	p.stdin.Close()
	r := p.awaitReady()
	if _, err := newClient(t, r).CoreV1().Namespaces().Get(t.Context(), "default", metav1.GetOptions{}); err != nil {
		t.Error(err)
	}
}
