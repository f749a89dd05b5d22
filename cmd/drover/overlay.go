package main

import (
	"cmp"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	repolayout "github.com/drover-ci/drover/repo-layout"
)

// overlay is a repository as it would be with other files in it.
type overlay struct {
	repolayout.Tree

	files map[string][]byte
}

// ReadFile reads one of the other files, or what lies below.
func (o overlay) ReadFile(file string) ([]byte, error) {
	if content, ok := o.files[file]; ok {
		return content, nil
	}
	return o.Tree.ReadFile(file)
}

// ReadDir lists what is in a folder with the other files. No entry has an id:
// that of a folder would not cover them.
func (o overlay) ReadDir(dir string) ([]repolayout.Entry, error) {
	entries, err := o.Tree.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	all := make(map[string]repolayout.Entry)
	for _, entry := range entries {
		all[entry.Name] = repolayout.Entry{Name: entry.Name, Kind: entry.Kind}
	}
	for file := range o.files {
		below, ok := strings.CutPrefix(file, path.Clean(dir)+"/")
		if dir != "." && !ok {
			continue
		}
		err = nil
		name, _, deeper := strings.Cut(below, "/")
		kind := repolayout.File
		if deeper {
			kind = repolayout.Folder
		}
		all[name] = repolayout.Entry{Name: name, Kind: kind}
	}
	if err != nil {
		return nil, err
	}
	merged := make([]repolayout.Entry, 0, len(all))
	for _, entry := range all {
		merged = append(merged, entry)
	}
	slices.SortFunc(merged, func(a, b repolayout.Entry) int { return cmp.Compare(a.Name, b.Name) })
	return merged, nil
}
