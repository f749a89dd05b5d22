package gitsource

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/drover-ci/drover/internal/gitobjects"
	repolayout "github.com/drover-ci/drover/repo-layout"
)

// maxLinks bounds how many links lead from one to the next.
const maxLinks = 8

// tree is a commit's files.
type tree struct {
	source *objects
	root   plumbing.Hash

	mu sync.Mutex
	// folders remembers the folders that were listed: at most as many as the
	// commit has.
	folders map[string][]repolayout.Entry
}

func newTree(source *objects, root plumbing.Hash) *tree {
	return &tree{source: source, root: root, folders: map[string][]repolayout.Entry{}}
}

// ReadDir implements repolayout.Tree.
func (t *tree) ReadDir(dir string) ([]repolayout.Entry, error) {
	entries, err := t.list(path.Clean(dir))
	if err != nil {
		return nil, &fs.PathError{Op: "list", Path: dir, Err: err}
	}
	return entries, nil
}

// list gives a folder's entries, which are not to be changed.
func (t *tree) list(dir string) ([]repolayout.Entry, error) {
	t.mu.Lock()
	known, ok := t.folders[dir]
	t.mu.Unlock()
	if ok {
		return known, nil
	}
	hash := t.root
	if dir != "." {
		entry, err := t.entry(dir)
		if err != nil {
			return nil, err
		}
		if entry.Kind != repolayout.Folder {
			return nil, errors.New("not a folder")
		}
		hash = plumbing.Hash(entry.ID)
	}
	content, err := t.source.insist(gitobjects.Tree, hash)
	if err != nil {
		return nil, err
	}
	parsed, err := gitobjects.ParseTree(content)
	if err != nil {
		return nil, fmt.Errorf("read tree %s: %w", hash, err)
	}
	entries := make([]repolayout.Entry, 0, len(parsed))
	for _, entry := range parsed {
		entries = append(entries, repolayout.Entry{Name: entry.Name, Kind: kindOf(filemode.FileMode(entry.Mode)), ID: repolayout.ID(entry.ID)})
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.folders[dir] = entries
	return entries, nil
}

// entry finds what a path names.
func (t *tree) entry(file string) (*repolayout.Entry, error) {
	siblings, err := t.list(path.Dir(file))
	if err != nil {
		return nil, err
	}
	name := path.Base(file)
	for i := range siblings {
		if siblings[i].Name == name {
			return &siblings[i], nil
		}
	}
	return nil, fs.ErrNotExist
}

// ReadFile implements repolayout.Tree.
func (t *tree) ReadFile(file string) ([]byte, error) {
	content, err := t.readFollowing(path.Clean(file))
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: file, Err: err}
	}
	return content, nil
}

func (t *tree) readFollowing(file string) ([]byte, error) {
	for range maxLinks {
		entry, err := t.entry(file)
		if err != nil {
			return nil, err
		}
		switch entry.Kind {
		case repolayout.File:
			return t.blob(entry.ID)
		case repolayout.Link:
			target, err := t.blob(entry.ID)
			if err != nil {
				return nil, err
			}
			file = path.Join(path.Dir(file), string(target))
			if path.IsAbs(string(target)) || strings.HasPrefix(file, "..") {
				return nil, errors.New("the link leads out of the repository")
			}
		default:
			return nil, errors.New("not a file")
		}
	}
	return nil, errors.New("too many links")
}

// ReadLink implements repolayout.Tree.
func (t *tree) ReadLink(file string) (string, error) {
	entry, err := t.entry(path.Clean(file))
	if err != nil {
		return "", &fs.PathError{Op: "read", Path: file, Err: err}
	}
	target, err := t.blob(entry.ID)
	return string(target), err
}

// blob reads a file's content, which is not to be changed.
func (t *tree) blob(id repolayout.ID) ([]byte, error) {
	return t.source.insist(gitobjects.Blob, plumbing.Hash(id))
}

func kindOf(mode filemode.FileMode) repolayout.Kind {
	switch mode {
	case filemode.Regular, filemode.Executable, filemode.Deprecated:
		return repolayout.File
	case filemode.Dir:
		return repolayout.Folder
	case filemode.Symlink:
		return repolayout.Link
	default:
		return repolayout.Other
	}
}
