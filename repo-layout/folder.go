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
	return folderTree{fsTree: fsTree{root.FS()}, root: root, handle: handle, fd: int(handle.Fd())}, closeTree, nil
}

// folderTree is a folder on disk. A repository has tens of thousands of files
// in thousands of folders, and looking for them costs more than reading them:
// this tree looks for each but once.
type folderTree struct {
	fsTree

	root   *os.Root
	handle *os.File
	// fd is the handle's, which is open as long as that is.
	fd int
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
	content, _, err := t.readInto(name, nil)
	return content, err
}

// readBlob is [blobReader]'s.
func (t folderTree) readBlob(name string, buffer []byte) ([]byte, ID, error) {
	content, _, err := t.readInto(name, buffer)
	return content, BlobID(content), err
}

// readInto reads a file into the memory of a buffer, or new memory where that
// is too small, and tells how the file looked when it was opened.
func (t folderTree) readInto(name string, buffer []byte) (content []byte, seen stat, err error) {
	content, seen, err = readBeneath(t.fd, name, buffer)
	if err == nil {
		return content, seen, nil
	}
	opened, err := t.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) // the root says why, or knows a way; a pipe must not make it wait
	if err != nil {
		return nil, stat{}, unread(name, cause(err))
	}
	if info, statErr := opened.Stat(); statErr == nil {
		seen = statOf(info)
	}
	content, err = readOpened(name, opened)
	return content, seen, err
}
