package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// replaceFiles writes files, and removes those whose content is nil: all of
// them, or none where anything goes wrong. Each new content lies on the disk
// before the first file changes, and what changed is put back where a later one
// cannot be.
func replaceFiles(changes map[string][]byte) error {
	r := replacement{changes: changes, made: map[string]string{}, before: map[string]string{}}
	err := r.run()
	r.tidy()
	if err != nil {
		r.removeFolders()
	}
	return err
}

type replacement struct {
	changes map[string][]byte
	// made are the files with the new contents, and before those with the old
	// ones, each beside the file that it is for. No file before is "".
	made, before map[string]string
	// folders are those that were made, each after the one that it is in.
	folders []string
}

func (r *replacement) run() error {
	for _, path := range slices.Sorted(maps.Keys(r.changes)) {
		if err := r.prepare(path); err != nil {
			return err
		}
	}
	for _, path := range slices.Sorted(maps.Keys(r.changes)) {
		if err := r.swap(path); err != nil {
			return errors.Join(err, r.restore())
		}
	}
	return nil
}

// folder makes a folder with all that it is in.
func (r *replacement) folder(path string) error {
	if _, err := os.Stat(path); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := r.folder(filepath.Dir(path)); err != nil {
		return err
	}
	if err := os.Mkdir(path, 0o755); err != nil {
		return err
	}
	r.folders = append(r.folders, path)
	return nil
}

// removeFolders takes the folders away that were made, unless somebody else has
// put something into them.
func (r *replacement) removeFolders() {
	for _, folder := range slices.Backward(r.folders) {
		_ = os.Remove(folder)
	}
}

// prepare writes a file's new content beside it.
func (r *replacement) prepare(path string) error {
	content := r.changes[path]
	if content == nil {
		return nil
	}
	mode := fs.FileMode(0o644)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	if err := r.folder(filepath.Dir(path)); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".drover-*")
	if err != nil {
		return fmt.Errorf("make room beside %s: %w", path, err)
	}
	r.made[path] = file.Name()
	_, err = file.Write(content)
	return errors.Join(err, file.Chmod(mode), file.Close())
}

// swap puts the new file in the place of the old one, which is kept. At no time
// is there no file.
func (r *replacement) swap(path string) error {
	old := path + ".drover-before"
	keep := os.Link
	if r.changes[path] == nil {
		keep = os.Rename
	}
	switch err := keep(path, old); {
	case err == nil:
		r.before[path] = old
	case errors.Is(err, fs.ErrNotExist):
		r.before[path] = ""
	default:
		return err
	}
	if r.changes[path] == nil {
		return nil
	}
	return os.Rename(r.made[path], path)
}

// restore puts the old files back.
func (r *replacement) restore() error {
	var errs []error
	for _, path := range slices.Sorted(maps.Keys(r.before)) {
		if old := r.before[path]; old != "" {
			errs = append(errs, os.Rename(old, path))
			delete(r.before, path)
			continue
		}
		if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// tidy takes away what lies beside the files.
func (r *replacement) tidy() {
	for _, file := range r.made {
		_ = os.Remove(file) // is gone where it was moved
	}
	for _, file := range r.before {
		if file != "" {
			_ = os.Remove(file)
		}
	}
}
