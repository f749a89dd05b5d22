package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// acquireLock takes the lock at path, waiting for whoever holds it to end. The kernel gives it back when this process
// ends, in whatever way, or when the file is closed.
func acquireLock(ctx context.Context, path string, patience time.Duration) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock: %w", err)
	}
	if err := waitForLock(ctx, file, patience); err != nil {
		file.Close()
		return nil, err
	}
	if err := file.Truncate(0); err != nil {
		file.Close()
		return nil, fmt.Errorf("write the lock: %w", err)
	}
	if _, err := fmt.Fprintln(file, os.Getpid()); err != nil {
		file.Close()
		return nil, fmt.Errorf("write the lock: %w", err)
	}
	return file, nil
}

func waitForLock(ctx context.Context, file *os.File, patience time.Duration) error {
	deadline := time.After(patience)
	retry := time.NewTicker(50 * time.Millisecond)
	defer retry.Stop()
	for {
		err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("lock %s: %w", file.Name(), err)
		}
		select {
		case <-retry.C:
		case <-ctx.Done():
			return ctx.Err()
		case <-deadline:
			return fmt.Errorf("the data folder is in use by process %s (waited %s for %s)", holder(file), patience, file.Name())
		}
	}
}

// holder is the process id in the lock file.
func holder(file *os.File) string {
	id, err := io.ReadAll(io.NewSectionReader(file, 0, 32))
	if err != nil || len(id) == 0 {
		return "unknown"
	}
	return strings.TrimSpace(string(id))
}
