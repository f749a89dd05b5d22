package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sync"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/drover-ci/drover/generators"
)

// shownDiffs is how many differences `generate --check` shows in full.
const shownDiffs = 3

// writer collects files that differ from those that there are, and writes them
// together. Paths are relative to its folder, with forward slashes. Its methods
// may be called by several goroutines.
type writer struct {
	folder string
	// fresh files are written at once, without a look at what is there.
	fresh bool
	// check says that nothing is written.
	check bool
	// read gives what is there.
	read func(path string) ([]byte, error)

	mu      sync.Mutex
	total   int
	written int
	folders map[string]bool
	// changed are the files to write; nil is one to remove.
	changed map[string][]byte
}

// newWriter writes to a folder. Without read, what is there is read from it.
func newWriter(folder string, fresh, check bool, read func(string) ([]byte, error)) *writer {
	w := &writer{folder: folder, fresh: fresh, check: check, read: read, folders: map[string]bool{}, changed: map[string][]byte{}}
	if read == nil {
		w.read = func(path string) ([]byte, error) { return os.ReadFile(w.place(path)) }
	}
	return w
}

// place is where a file is on disk.
func (w *writer) place(path string) string { return filepath.Join(w.folder, filepath.FromSlash(path)) }

// putAll is put for several files.
func (w *writer) putAll(files []generators.File) error {
	for _, file := range files {
		if err := w.put(file.Path, file.Content); err != nil {
			return err
		}
	}
	return nil
}

// put takes what a file is to hold, and does not keep the memory of it.
func (w *writer) put(path string, content []byte) error {
	if w.fresh {
		return w.write(path, content)
	}
	now, err := w.read(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	w.compare(path, now, content, err == nil)
	return nil
}

// replace takes what files below a folder are to be there, and which there are. It
// says whether they are the same.
func (w *writer) replace(folder string, existing, files []generators.File) (same bool) {
	same = len(files) == len(existing)
	now := make(map[string][]byte, len(existing))
	for _, file := range existing {
		now[file.Path] = file.Content
	}
	for _, file := range files {
		before, there := now[file.Path]
		same = w.compare(path.Join(folder, file.Path), before, file.Content, there) && same
		delete(now, file.Path)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for stale := range now {
		w.changed[path.Join(folder, stale)] = nil
	}
	return same
}

// known takes how many files are known to be as they are to be.
func (w *writer) known(count int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.total += count
}

// compare takes what a file is to hold, and what it holds if it is there. It says
// whether that is the same.
func (w *writer) compare(path string, now, content []byte, there bool) (same bool) {
	same = there && bytes.Equal(now, content)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.total++
	if !same {
		w.changed[path] = append([]byte{}, content...)
	}
	return same
}

// write writes a file, with its folder.
func (w *writer) write(path string, content []byte) error {
	place := w.place(path)
	folder := filepath.Dir(place)
	w.mu.Lock()
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
	return os.WriteFile(place, content, 0o644)
}

// finish writes and removes what was collected, all of it or nothing, unless it
// is only a check. What a link leads to is written, and the link stays.
func (w *writer) finish() error {
	if w.check {
		return nil
	}
	changes := make(map[string][]byte, len(w.changed))
	for path, content := range w.changed {
		place := w.place(path)
		if target, err := filepath.EvalSymlinks(place); err == nil && content != nil {
			place = target
		}
		changes[place] = content
	}
	if err := replaceFiles(changes); err != nil {
		return fmt.Errorf("write: %w; nothing was changed", err)
	}
	w.written += len(changes)
	return nil
}

// summary says what was done, or for a check what would be.
func (w *writer) summary(out *console) error {
	if !w.check {
		_, err := fmt.Fprintf(out.stderr, "%d files, %d written\n", max(w.total, w.written), w.written)
		return err
	}
	for i, path := range slices.Sorted(maps.Keys(w.changed)) {
		if _, err := fmt.Fprintln(out.stdout, "would change:", w.place(path)); err != nil {
			return err
		}
		if i < shownDiffs {
			if _, err := out.stdout.Write(w.difference(path)); err != nil {
				return err
			}
		}
	}
	_, err := fmt.Fprintf(out.stderr, "%d files, %d would change\n", w.total, len(w.changed))
	return err
}

// difference is the unified diff from a file as it is to what it would hold.
func (w *writer) difference(path string) []byte {
	now, err := w.read(path)
	if err != nil {
		now = nil
	}
	return diff.Diff(w.place(path), now, w.place(path)+" (generated)", w.changed[path])
}
