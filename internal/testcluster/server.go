package testcluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/drover-ci/drover/internal/controlplane"
)

// server is a running localcluster and the folder that is its own.
type server struct {
	plane *controlplane.Process
	dir   string
}

// start runs the program on a new folder and waits until it is ready. It outlives the test that asked for it, and need
// not survive a power failure.
func start() (*server, error) {
	program, err := findProgram()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "drover-testcluster-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for localcluster: %w", err)
	}
	plane, err := controlplane.Start(context.Background(), program, filepath.Join(dir, "data"), "--unsafe-no-fsync")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", program, err), os.RemoveAll(dir))
	}
	return &server{plane: plane, dir: dir}, nil
}

// end stops the program and removes its folder.
func (s *server) end() error {
	return errors.Join(s.plane.Stop(), os.RemoveAll(s.dir))
}
