package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// dataDir is the folder in which `up` keeps everything. One process at a time
// has it.
type dataDir struct {
	dir  string
	lock *flock.Flock
}

// openDataDir makes the folder if need be and waits until no other has it: one
// that was just interrupted is given the time to end.
func openDataDir(ctx context.Context, dir string) (*dataDir, error) {
	if dir == "" {
		base, err := xdgDataHome()
		if err != nil {
			return nil, err
		}
		dir = filepath.Join(base, "drover")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	lock := flock.New(filepath.Join(dir, "lock"))
	waiting, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	switch locked, err := lock.TryLockContext(waiting, lockInterval); {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return nil, fmt.Errorf("the data folder %s is in use by another drover; give --data to use another", dir)
	case !locked:
		return nil, fmt.Errorf("take the data folder %s: %w", dir, err)
	}
	return &dataDir{dir: dir, lock: lock}, nil
}

// How long to wait for a process that has the folder, and how often to look.
const (
	lockPatience = 10 * time.Second
	lockInterval = 50 * time.Millisecond
)

func xdgDataHome() (string, error) {
	if base := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(base) {
		return base, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("find the data folder: %w; give --data", err)
	}
	return filepath.Join(home, ".local", "share"), nil
}

func (d *dataDir) path(name string) string { return filepath.Join(d.dir, name) }

func (d *dataDir) close() { _ = d.lock.Unlock() }

// endpoints is what endpoints.json says. Scripts depend on it. What does not run
// is empty.
type endpoints struct {
	Resolver   string `json:"resolver"`
	Leases     string `json:"leases"`
	Pages      string `json:"pages"`
	Kubeconfig string `json:"kubeconfig"`
	Repo       string `json:"repo"`
	PID        int    `json:"pid"`
}

const endpointsFile = "endpoints.json"

// writeEndpoints says where everything is, all at once: a reader never sees
// half of it.
func (d *dataDir) writeEndpoints(e endpoints) error {
	content, err := json.Marshal(e)
	if err != nil {
		return err
	}
	making := d.path(endpointsFile + ".new")
	if err := os.WriteFile(making, append(content, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(making, d.path(endpointsFile))
}

func (d *dataDir) removeEndpoints() error {
	err := os.Remove(d.path(endpointsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
