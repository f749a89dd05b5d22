package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// claimFolder makes dir, or makes sure that it is one of ours, and closes it to everybody else. A folder that holds other
// things is refused, so that no slip of the keyboard changes the mode of somebody's home.
func claimFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("read the data folder: %w", err)
	}
	if _, err := os.Lstat(filepath.Join(dir, "lock")); err != nil && len(entries) > 0 {
		return fmt.Errorf("%s is no data folder of localcluster, and not empty", dir)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return fmt.Errorf("close the data folder to others: %w", err)
	}
	return nil
}
