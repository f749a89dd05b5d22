// Package controlplane runs localcluster, a real Kubernetes API server for one
// machine, as a child process.
//
// The child holds the read end of a pipe as its standard input and ends when
// the pipe closes, however this process ends. The package never builds or
// downloads the program.
package controlplane

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// Program is the name of the program.
const Program = "localcluster"

// ProgramVariable is the environment variable that names the program's path,
// before all other places.
const ProgramVariable = "DROVER_LOCALCLUSTER"

// ErrAbsent says that the program is nowhere to be found.
var ErrAbsent = errors.New("the local control plane (the program " + Program +
	") is not beside this program: run `make build` in a checkout of Drover, set " + ProgramVariable + ", or give --kubeconfig")

// Find gives the program's path: what the environment says, else beside this
// program, else on the PATH.
func Find() (string, error) {
	if named := os.Getenv(ProgramVariable); named != "" {
		if _, err := os.Stat(named); err != nil {
			return "", fmt.Errorf("%s: %w", ProgramVariable, err)
		}
		return named, nil
	}
	if self, err := os.Executable(); err == nil {
		if self, err = filepath.EvalSymlinks(self); err == nil {
			beside := filepath.Join(filepath.Dir(self), Program)
			if _, err := os.Stat(beside); err == nil {
				return beside, nil
			}
		}
	}
	if found, err := exec.LookPath(Program); err == nil {
		return found, nil
	}
	return "", ErrAbsent
}

// Process is a running control plane.
type Process struct {
	// Kubeconfig is the path of the administrator's kubeconfig.
	Kubeconfig string `json:"kubeconfig"`
	// Server is the API server's URL.
	Server string `json:"server"`

	stdin io.Closer
	done  chan struct{}
	err   error
	once  sync.Once
}

// Start runs a program on a data folder and waits until its API answers. The
// arguments are added to the program's own.
func Start(ctx context.Context, program, dataDir string, arguments ...string) (*Process, error) {
	arguments = append([]string{"--data", dataDir, "--stop-with-parent"}, arguments...)
	command := exec.Command(program, arguments...) //nolint:noctx // ends with its standard input, in good order
	var complaints bytes.Buffer
	command.Stderr = &complaints
	command.SysProcAttr = ownGroup()
	stdin, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start the local control plane: %w", err)
	}
	stopWaiting := context.AfterFunc(ctx, func() { _ = stdin.Close() })
	p := &Process{stdin: stdin, done: make(chan struct{})}
	readErr := json.NewDecoder(stdout).Decode(p)
	stopWaiting()
	go func() {
		_, _ = io.Copy(io.Discard, stdout)
		p.err = command.Wait()
		close(p.done)
	}()
	if readErr != nil || ctx.Err() != nil {
		stopErr := p.Stop()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if said := strings.TrimSpace(complaints.String()); said != "" {
			return nil, fmt.Errorf("start the local control plane: %s", said)
		}
		return nil, fmt.Errorf("start %s: it ended without a word: %w", program, cmp.Or(p.err, stopErr, readErr))
	}
	return p, nil
}

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Stop ends the process in good order and waits for it.
func (p *Process) Stop() error {
	p.once.Do(func() { _ = p.stdin.Close() })
	<-p.done
	if p.err != nil {
		return fmt.Errorf("the local control plane: %w", p.err)
	}
	return nil
}
