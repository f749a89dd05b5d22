// Package testtree lays edits over a repository's tree, for tests that change
// a large one file by file.
//
// Like a commit's, an edited tree has an id for every entry, and what is the
// same has the same id: so whoever knows one revision reads of the next only
// what an edit touched. Ids of files that nobody edited follow from their
// paths, which saves reading them all.
package testtree

import (
	"cmp"
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	repolayout "github.com/drover-ci/drover/repo-layout"
)

// Tree is a tree with edits laid over it. It may be read by several goroutines
// while none edits it.
type Tree struct {
	base   repolayout.Tree
	mounts map[string]repolayout.Tree
	// edits are the files that were edited, nil where they were removed, by folder.
	edits map[string]map[string][]byte
}

// Over is a tree without edits yet.
func Over(base repolayout.Tree) *Tree {
	return &Tree{base: base, mounts: map[string]repolayout.Tree{}, edits: map[string]map[string][]byte{}}
}

// Mount puts another tree in the place of a folder.
func (t *Tree) Mount(dir string, tree repolayout.Tree) { t.mounts[dir] = tree }

// Write gives a file a content.
func (t *Tree) Write(file string, content []byte) { t.edit(file, append([]byte{}, content...)) }

// Remove takes a file away. Its folder stays.
func (t *Tree) Remove(file string) { t.edit(file, nil) }

func (t *Tree) edit(file string, content []byte) {
	dir := path.Dir(file)
	if t.edits[dir] == nil {
		t.edits[dir] = map[string][]byte{}
	}
	t.edits[dir][path.Base(file)] = content
}

// Undo leaves a file as it is without edits.
func (t *Tree) Undo(file string) {
	dir := path.Dir(file)
	if delete(t.edits[dir], path.Base(file)); len(t.edits[dir]) == 0 {
		delete(t.edits, dir)
	}
}

// Revision is the tree as it is now, which later edits leave alone.
func (t *Tree) Revision() *Tree {
	edits := make(map[string]map[string][]byte, len(t.edits))
	for dir, files := range t.edits {
		edits[dir] = maps.Clone(files)
	}
	return &Tree{base: t.base, mounts: t.mounts, edits: edits}
}

// ReadFile gives a file's content. It implements [repolayout.Tree].
func (t *Tree) ReadFile(file string) ([]byte, error) {
	if content, edited := t.edits[path.Dir(file)][path.Base(file)]; edited {
		if content == nil {
			return nil, &fs.PathError{Op: "read", Path: file, Err: fs.ErrNotExist}
		}
		return content, nil
	}
	tree, name := t.at(file)
	return tree.ReadFile(name)
}

// ReadLink gives a link's target. It implements [repolayout.Tree].
func (t *Tree) ReadLink(file string) (string, error) {
	tree, name := t.at(file)
	return tree.ReadLink(name)
}

// at says which tree a path is of, and what it is called there.
func (t *Tree) at(name string) (repolayout.Tree, string) {
	for dir, mounted := range t.mounts {
		if name == dir {
			return mounted, "."
		}
		if below, ok := strings.CutPrefix(name, dir+"/"); ok {
			return mounted, below
		}
	}
	return t.base, name
}

// ReadDir lists a folder. It implements [repolayout.Tree].
func (t *Tree) ReadDir(dir string) ([]repolayout.Entry, error) {
	tree, name := t.at(dir)
	found, err := tree.ReadDir(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	kinds := make(map[string]repolayout.Kind, len(found))
	for _, entry := range found {
		kinds[entry.Name] = entry.Kind
	}
	folders := slices.AppendSeq(slices.Collect(maps.Keys(t.edits)), maps.Keys(t.mounts))
	for _, folder := range folders {
		if below, inside := cutFolder(folder, dir); inside {
			first, _, _ := strings.Cut(below, "/")
			kinds[first] = repolayout.Folder
		}
	}
	for file, content := range t.edits[dir] {
		kinds[file] = repolayout.File
		if content == nil {
			delete(kinds, file)
		}
	}
	if len(kinds) == 0 && err != nil {
		return nil, err
	}
	entries := make([]repolayout.Entry, 0, len(kinds))
	for entry, kind := range kinds {
		entries = append(entries, repolayout.Entry{Name: entry, Kind: kind, ID: t.id(path.Join(dir, entry))})
	}
	slices.SortFunc(entries, func(a, b repolayout.Entry) int { return cmp.Compare(a.Name, b.Name) })
	return entries, nil
}

// cutFolder says what a folder is called below another.
func cutFolder(folder, outer string) (below string, inside bool) {
	if outer == "." {
		return folder, folder != "."
	}
	return strings.CutPrefix(folder, outer+"/")
}

// id follows from a path, and from the edits at and below it.
func (t *Tree) id(name string) repolayout.ID {
	all := []byte(name)
	if content, edited := t.edits[path.Dir(name)][path.Base(name)]; edited {
		if content == nil {
			return repolayout.BlobID(append(all, "\x00removed"...))
		}
		return repolayout.BlobID(append(append(all, "\x00holds "...), content...))
	}
	var below []string
	for dir := range t.edits {
		if _, inside := cutFolder(dir, name); inside || dir == name {
			below = append(below, dir)
		}
	}
	slices.Sort(below)
	for _, dir := range below {
		for _, file := range slices.Sorted(maps.Keys(t.edits[dir])) {
			id := t.id(path.Join(dir, file))
			all = append(append(append(all, dir...), file...), id[:]...)
		}
	}
	return repolayout.BlobID(all)
}
