package main_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	// readyWithin is generous: the machine may be busy.
	readyWithin = 90 * time.Second
	// stopWithin is what the program promises.
	stopWithin = 3 * time.Second
)

// ready is the line on standard output.
type ready struct {
	Kubeconfig   string  `json:"kubeconfig"`
	Server       string  `json:"server"`
	PID          int     `json:"pid"`
	ReadySeconds float64 `json:"readySeconds"`
}

// process is a running program.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	lines  chan string // standard output; closed at its end
	stderr lockedBuffer
	ended  chan struct{}
}

// begin starts the program, or whatever command it is wrapped in. The test's end is its end.
func begin(t *testing.T, command ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(command[0], command[1:]...), lines: make(chan string, 8), ended: make(chan struct{})}
	p.cmd.Stderr = &p.stderr
	out, write, err := os.Pipe() // of our own: it outlives cmd.Wait, and ends when the last holder does
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stdout = write
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close()
	go p.read(out)
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait() // killed is an error too
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.ended
	})
	return p
}

func (p *process) read(out *os.File) {
	defer close(p.lines)
	defer out.Close()
	for s := bufio.NewScanner(out); s.Scan(); {
		p.lines <- s.Text()
	}
}

// start starts the program on a data folder and waits until it is ready.
func start(t *testing.T, data string, flags ...string) (*process, ready) {
	t.Helper()
	p := begin(t, append([]string{program, "--data", data}, flags...)...)
	r := p.awaitReady()
	return p, r
}

func (p *process) awaitReady() (r ready) {
	p.t.Helper()
	select {
	case line, ok := <-p.lines:
		if !ok {
			p.t.Fatalf("ended before it was ready:\n%s", p.stderr.String())
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			p.t.Fatalf("line %q: %v", line, err)
		}
	case <-time.After(readyWithin):
		p.t.Fatalf("not ready after %s:\n%s", readyWithin, p.stderr.String())
	}
	return r
}

// signal sends sig and waits for the end.
func (p *process) signal(sig os.Signal) (exitCode int) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		p.t.Fatal(err)
	}
	return p.awaitEnd(stopWithin)
}

func (p *process) awaitEnd(within time.Duration) (exitCode int) {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(within):
		p.t.Fatalf("still running after %s", within)
	}
	return p.cmd.ProcessState.ExitCode()
}

// restConfig reads the kubeconfig the program wrote.
func restConfig(t *testing.T, r ready) *rest.Config {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", r.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func newClient(t *testing.T, r ready) *kubernetes.Clientset {
	t.Helper()
	return kubernetes.NewForConfigOrDie(restConfig(t, r))
}

// dataFolder is a folder that is not there yet.
func dataFolder(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "data")
}

// lockedBuffer can be read while a process writes to it.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// awaitFile waits until the process has made a file. It fails when the process ends first.
func awaitFile(t *testing.T, path string, p *process) {
	t.Helper()
	for tick := time.Tick(time.Millisecond); ; {
		if _, err := os.Stat(path); err == nil {
			return
		}
		select {
		case <-tick:
		case <-p.ended:
			t.Fatalf("ended before %s was there:\n%s", path, p.stderr.String())
		}
	}
}
