package repolayout

import (
	"path"
	"slices"
)

// componentTree is a tree in which there are no configurations but one component's,
// with what their organization's folder says of them.
type componentTree struct {
	Tree

	configs, org, repo string
}

// ReadDir leaves out the other components' folders.
func (t componentTree) ReadDir(dir string) ([]Entry, error) {
	listed, err := t.Tree.ReadDir(dir)
	var only string
	switch dir {
	case t.configs:
		only = t.org
	case path.Join(t.configs, t.org):
		only = t.repo
	default:
		return listed, err
	}
	isOther := func(entry Entry) bool { return entry.Kind == Folder && entry.Name != only }
	return slices.DeleteFunc(slices.Clone(listed), isOther), err
}

// readBlob is [blobReader]'s.
func (t componentTree) readBlob(file string, buffer []byte) ([]byte, ID, error) {
	if tree, ok := t.Tree.(blobReader); ok {
		return tree.readBlob(file, buffer)
	}
	content, err := t.ReadFile(file)
	return content, ID{}, err
}
