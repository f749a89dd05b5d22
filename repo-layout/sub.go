package repolayout

import "path"

// Sub gives a folder of a tree as a tree of its own: that of a repository which
// is kept in a folder of another.
func Sub(tree Tree, dir string) Tree {
	if dir == "." {
		return tree
	}
	return subTree{tree, dir}
}

type subTree struct {
	tree Tree
	dir  string
}

func (t subTree) ReadDir(dir string) ([]Entry, error) { return t.tree.ReadDir(path.Join(t.dir, dir)) }

func (t subTree) ReadFile(file string) ([]byte, error) {
	return t.tree.ReadFile(path.Join(t.dir, file))
}

func (t subTree) ReadLink(file string) (string, error) {
	return t.tree.ReadLink(path.Join(t.dir, file))
}
