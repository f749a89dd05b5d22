package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/rogpeppe/go-internal/diff"
)

// shownDiffs is how many differences `generate --check` shows in full.
const shownDiffs = 3

// writer collects files that differ from those on disk, and writes them
// together. Its methods may be called by several goroutines.
type writer struct {
	// fresh files are written at once, without a look at what is there.
	fresh bool
	// check says that nothing is written.
	check bool

	mu      sync.Mutex
	total   int
	written int
	folders map[string]bool
	// changed are the files to write; nil is one to remove.
	changed map[string][]byte
}

func newWriter(fresh, check bool) *writer {
	return &writer{fresh: fresh, check: check, folders: map[string]bool{}, changed: map[string][]byte{}}
}

// put takes what a file is to hold, and does not keep the memory of it.
func (w *writer) put(path string, content []byte) error {
	if w.fresh {
		return w.write(path, content)
	}
	now, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.total++
	if err != nil || !bytes.Equal(now, content) {
		w.changed[path] = bytes.Clone(content)
	}
	return nil
}

// remove takes that a file is not to be there.
func (w *writer) remove(path string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.changed[path] = nil
}

// write writes a file, with its folder.
func (w *writer) write(path string, content []byte) error {
	w.mu.Lock()
	folder := filepath.Dir(path)
	known := w.folders[folder]
	w.folders[folder] = true
	w.written++
	var err error
	if !known {
		err = os.MkdirAll(folder, 0o755)
	}
	w.mu.Unlock()
	if err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o644)
}

// finish writes and removes what was collected, unless it is only a check.
func (w *writer) finish() error {
	if w.check {
		return nil
	}
	for _, path := range slices.Sorted(maps.Keys(w.changed)) {
		var err error
		if content := w.changed[path]; content != nil {
			err = w.write(path, content)
		} else {
			err = os.Remove(path)
			w.written++
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// summary says what was done, or for a check what would be.
func (w *writer) summary(out *console) error {
	if !w.check {
		_, err := fmt.Fprintf(out.stderr, "%d files, %d written\n", max(w.total, w.written), w.written)
		return err
	}
	for i, path := range slices.Sorted(maps.Keys(w.changed)) {
		if _, err := fmt.Fprintln(out.stdout, "would change:", path); err != nil {
			return err
		}
		if i < shownDiffs {
			if _, err := out.stdout.Write(difference(path, w.changed[path])); err != nil {
				return err
			}
		}
	}
	_, err := fmt.Fprintf(out.stderr, "%d files, %d would change\n", w.total, len(w.changed))
	return err
}

// difference is the unified diff from a file as it is to what it would hold.
func difference(path string, content []byte) []byte {
	now, err := os.ReadFile(path)
	if err != nil {
		now = nil
	}
	return diff.Diff(path, now, path+" (generated)", content)
}
