package repolayout

import (
	"os"
	"path/filepath"
	"syscall"
)

// OpenFolder gives the tree of a folder on disk, which cannot be left through
// links. Call closeTree when it is no longer read.
func OpenFolder(dir string) (tree Tree, closeTree func() error, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, err
	}
	handle, err := os.Open(dir)
	if err != nil {
		_ = root.Close()
		return nil, nil, err
	}
	closeTree = func() error {
		_ = handle.Close()
		return root.Close()
	}
	return folderTree{fsTree: fsTree{root.FS()}, root: root, handle: handle}, closeTree, nil
}

// folderTree is a folder on disk. A repository has tens of thousands of files
// in thousands of folders, and looking for them costs more than reading them:
// this tree looks for each but once.
type folderTree struct {
	fsTree

	root   *os.Root
	handle *os.File
}

// ReadDir lists by the folder's plain path, because [os.Root] would look at
// each entry. Where somebody swaps a folder for a link at this moment, that
// gives away names, but no content: files are opened within the root.
func (t folderTree) ReadDir(dir string) ([]Entry, error) {
	if !filepath.IsLocal(dir) {
		return t.fsTree.ReadDir(dir)
	}
	found, err := os.ReadDir(filepath.Join(t.root.Name(), dir))
	if err != nil {
		return nil, err
	}
	return entriesOf(found), nil
}

// ReadFile opens before it asks what it opened.
func (t folderTree) ReadFile(name string) ([]byte, error) {
	opened, err := openBeneath(t.handle, name)
	if err != nil { // the root says why, or knows a way
		opened, err = t.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe must not make it wait
	}
	if err != nil {
		return nil, err
	}
	return readOpened(name, opened)
}
