package testcluster

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// process is a running localcluster.
type process struct {
	cmd        *exec.Cmd
	stdin      io.Closer
	dir        string
	kubeconfig string
}

// start runs the program on a folder of its own and waits until it is ready.
func start() (*process, error) {
	program, err := findProgram()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "drover-testcluster-")
	if err != nil {
		return nil, fmt.Errorf("start localcluster: %w", err)
	}
	p, err := launch(program, dir)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", program, err), os.RemoveAll(dir))
	}
	return p, nil
}

// launch starts the program in dir. Its one line on standard output says that it is ready; the end of that output
// without a line says that it never will be.
func launch(program, dir string) (*process, error) {
	var complaints bytes.Buffer
	cmd := exec.Command(program, "--data", filepath.Join(dir, "data"), "--stop-with-parent", "--unsafe-no-fsync")
	cmd.Stderr = &complaints
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, stdin: stdin, dir: dir}
	var ready struct {
		Kubeconfig string `json:"kubeconfig"`
	}
	if err := json.NewDecoder(stdout).Decode(&ready); err != nil {
		return nil, errors.Join(fmt.Errorf("not ready: %w", err), p.end(), errors.New(complaints.String()))
	}
	p.kubeconfig = ready.Kubeconfig
	return p, nil
}

// end stops the process and removes its folder.
func (p *process) end() error {
	return errors.Join(p.stdin.Close(), p.cmd.Wait(), os.RemoveAll(p.dir))
}
