// Package atomicfile writes files that are wholly there or not at all, whenever the process or the machine ends.
package atomicfile

import (
	"fmt"
	"os"
	"path/filepath"
)

// Write puts content into the file at path, for its owner's eyes only. Readers see the former content or the new one.
func Write(path string, content []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // has mode 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(temp.Name()) // gone already where all went well
	defer temp.Close()
	if _, err := temp.Write(content); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := temp.Sync(); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return Rename(temp.Name(), path)
}

// Rename gives a file or a folder its name in the same folder, and returns when a power cut can no longer undo that.
func Rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err // names both
	}
	folder, err := os.Open(filepath.Dir(to))
	if err != nil {
		return fmt.Errorf("rename to %s: %w", to, err)
	}
	defer folder.Close()
	if err := folder.Sync(); err != nil {
		return fmt.Errorf("rename to %s: %w", to, err)
	}
	return nil
}
