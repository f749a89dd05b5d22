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
	folders map[string]listedFolder
	// last is the tree that was read before, most of whose folders are the same. It
	// has none before it any more.
	last *tree
}

// listedFolder is what a folder of some id holds.
type listedFolder struct {
	id      plumbing.Hash
	entries []repolayout.Entry
}

// tree is the tree of a commit that is read next.
func (o *objects) tree(root plumbing.Hash) *tree {
	o.mu.Lock()
	last := o.last
	t := &tree{source: o, root: root, folders: map[string]listedFolder{}, last: last}
	o.last = t
	o.mu.Unlock()
	if last != nil {
		last.mu.Lock()
		defer last.mu.Unlock()
		last.last = nil
	}
	return t
}

// listed is a folder that was listed already.
func (t *tree) listed(dir string) (folder listedFolder, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	folder, ok = t.folders[dir]
	return folder, ok
}

// listedBefore is a folder as the tree before listed it.
func (t *tree) listedBefore(dir string) (folder listedFolder) {
	t.mu.Lock()
	last := t.last
	t.mu.Unlock()
	if last != nil {
		folder, _ = last.listed(dir)
	}
	return folder
}

// ReadDir implements repolayout.Tree.
func (t *tree) ReadDir(dir string) ([]repolayout.Entry, error) {
	entries, err := t.list(path.Clean(dir))
	if err != nil {
		return nil, &fs.PathError{Op: "list", Path: dir, Err: err}
	}
	return entries, nil
}

// list gives a folder's entries, which are not to be changed. That of a large
// organization is 70 KB to read, so what the tree before knows is taken from there.
func (t *tree) list(dir string) ([]repolayout.Entry, error) {
	if known, ok := t.listed(dir); ok {
		return known.entries, nil
	}
	folder := listedFolder{id: t.root}
	if dir != "." {
		entry, err := t.entry(dir)
		if err != nil {
			return nil, err
		}
		if entry.Kind != repolayout.Folder {
			return nil, errors.New("not a folder")
		}
		folder.id = plumbing.Hash(entry.ID)
	}
	if before := t.listedBefore(dir); before.id == folder.id {
		folder = before
	} else if err := t.read(&folder); err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.folders[dir] = folder
	return folder.entries, nil
}

// read reads what a folder holds.
func (t *tree) read(folder *listedFolder) error {
	content, err := t.source.insist(gitobjects.Tree, folder.id)
	if err != nil {
		return err
	}
	parsed, err := gitobjects.ParseTree(content)
	if err != nil {
		return fmt.Errorf("read tree %s: %w", folder.id, err)
	}
	folder.entries = make([]repolayout.Entry, 0, len(parsed))
	for _, entry := range parsed {
		folder.entries = append(folder.entries,
			repolayout.Entry{Name: entry.Name, Kind: kindOf(filemode.FileMode(entry.Mode)), ID: repolayout.ID(entry.ID)})
	}
	return nil
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
