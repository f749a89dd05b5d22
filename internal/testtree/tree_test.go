package testtree_test

import (
	"errors"
	"io/fs"
	"maps"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/internal/testtree"
	repolayout "github.com/drover-ci/drover/repo-layout"
)

// ids are the ids of all entries of a tree.
func ids(t *testing.T, tree repolayout.Tree, dir string) map[string]repolayout.ID {
	t.Helper()
	entries, err := tree.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]repolayout.ID{}
	for _, entry := range entries {
		name := entry.Name
		if dir != "." {
			name = dir + "/" + name
		}
		all[name] = entry.ID
		if entry.Kind == repolayout.Folder {
			maps.Copy(all, ids(t, tree, name))
		}
	}
	return all
}

// differing are the entries whose ids differ, or that one side lacks.
func differing(before, after map[string]repolayout.ID) map[string]bool {
	all := map[string]bool{}
	for name, id := range before {
		if after[name] != id {
			all[name] = true
		}
	}
	for name := range after {
		if _, known := before[name]; !known {
			all[name] = true
		}
	}
	return all
}

func newTree() *testtree.Tree {
	tree := testtree.Over(repolayout.FromFS(fstest.MapFS{
		"a/b/one": {Data: []byte("1")}, "a/b/two": {Data: []byte("2")}, "a/c/three": {Data: []byte("3")},
	}))
	tree.Mount("m", repolayout.FromFS(fstest.MapFS{"x/four": {Data: []byte("4")}}))
	return tree
}

// TestAnEditChangesTheIDsAboveIt edits in all ways, and looks whose ids change.
func TestAnEditChangesTheIDsAboveIt(t *testing.T) {
	edits := map[string]struct {
		edit func(*testtree.Tree)
		want map[string]bool
	}{
		"changed":    {func(t *testtree.Tree) { t.Write("a/b/one", []byte("5")) }, map[string]bool{"a": true, "a/b": true, "a/b/one": true}},
		"emptied":    {func(t *testtree.Tree) { t.Write("a/b/one", nil) }, map[string]bool{"a": true, "a/b": true, "a/b/one": true}},
		"removed":    {func(t *testtree.Tree) { t.Remove("a/c/three") }, map[string]bool{"a": true, "a/c": true, "a/c/three": true}},
		"added":      {func(t *testtree.Tree) { t.Write("n/o", nil) }, map[string]bool{"n": true, "n/o": true}},
		"in a mount": {func(t *testtree.Tree) { t.Write("m/x/four", nil) }, map[string]bool{"m": true, "m/x": true, "m/x/four": true}},
		"undone":     {func(t *testtree.Tree) { t.Remove("a/b/one"); t.Undo("a/b/one") }, map[string]bool{}},
	}
	for name, c := range edits {
		t.Run(name, func(t *testing.T) {
			tree := newTree()
			first := tree.Revision()
			before := ids(t, first, ".")
			c.edit(tree)
			if diff := cmp.Diff(c.want, differing(before, ids(t, tree, "."))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(before, ids(t, first, ".")); diff != "" {
				t.Errorf("the revision before changed (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadFile(t *testing.T) {
	tree := newTree()
	tree.Write("a/b/one", []byte("5"))
	tree.Remove("a/b/two")
	for file, want := range map[string]string{"a/b/one": "5", "a/c/three": "3", "m/x/four": "4"} {
		if got, err := tree.ReadFile(file); err != nil || string(got) != want {
			t.Errorf("%s: got %q, %v, want %q", file, got, err, want)
		}
	}
	for _, file := range []string{"a/b/two", "m/y", "z"} {
		if _, err := tree.ReadFile(file); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: got %v", file, err)
		}
	}
	if _, err := tree.ReadDir("z"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
