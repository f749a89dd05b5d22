package gitsource

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"sync"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
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
	folders map[string][]object.TreeEntry
}

func newTree(source *objects, root plumbing.Hash) *tree {
	return &tree{source: source, root: root, folders: map[string][]object.TreeEntry{}}
}

// ReadDir implements repolayout.Tree.
func (t *tree) ReadDir(dir string) ([]repolayout.Entry, error) {
	found, err := t.list(path.Clean(dir))
	if err != nil {
		return nil, &fs.PathError{Op: "list", Path: dir, Err: err}
	}
	entries := make([]repolayout.Entry, 0, len(found))
	for _, entry := range found {
		entries = append(entries, repolayout.Entry{Name: entry.Name, Kind: kindOf(entry.Mode), ID: repolayout.ID(entry.Hash)})
	}
	return entries, nil
}

// list gives a folder's entries.
func (t *tree) list(dir string) (entries []object.TreeEntry, err error) {
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
		if entry.Mode != filemode.Dir {
			return nil, errors.New("not a folder")
		}
		hash = entry.Hash
	}
	err = t.source.insist(func(stored storer.EncodedObjectStorer) error {
		read, err := object.GetTree(stored, hash)
		if err == nil {
			entries = read.Entries
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read tree %s: %w", hash, err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.folders[dir] = entries
	return entries, nil
}

// entry finds what a path names.
func (t *tree) entry(file string) (*object.TreeEntry, error) {
	siblings, err := t.list(path.Dir(file))
	if err != nil {
		return nil, err
	}
	for i := range siblings {
		if siblings[i].Name == path.Base(file) {
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
		switch kindOf(entry.Mode) {
		case repolayout.File:
			return t.blob(entry.Hash)
		case repolayout.Link:
			target, err := t.blob(entry.Hash)
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
	target, err := t.blob(entry.Hash)
	return string(target), err
}

// blob reads an object.
func (t *tree) blob(hash plumbing.Hash) (content []byte, err error) {
	err = t.source.insist(func(stored storer.EncodedObjectStorer) error {
		content, err = readBlob(stored, hash)
		return err
	})
	return content, err
}

// readBlob reads an object, looking at its size first.
func readBlob(stored storer.EncodedObjectStorer, hash plumbing.Hash) (content []byte, err error) {
	found, err := stored.EncodedObject(plumbing.BlobObject, hash)
	if err != nil {
		return nil, fmt.Errorf("read blob %s: %w", hash, err)
	}
	if found.Size() > schema.MaxFileSize {
		return nil, &repolayout.TooLargeError{Size: found.Size()}
	}
	reader, err := found.Reader()
	if err != nil {
		return nil, fmt.Errorf("read blob %s: %w", hash, err)
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	content = make([]byte, found.Size())
	if _, err := io.ReadFull(reader, content); err != nil {
		return nil, fmt.Errorf("read blob %s: %w", hash, err)
	}
	return content, nil
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
