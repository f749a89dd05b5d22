package repolayout

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/drover-ci/drover/schema"
)

// Kind says what an entry of a folder is.
type Kind int

// The kinds of entries. Other is what is neither file, folder nor link, such
// as a submodule or a socket.
const (
	Other Kind = iota
	File
	Folder
	Link
)

// Entry is one entry of a folder.
type Entry struct {
	Name string
	Kind Kind
	// ID is the content's id, or zero where the tree does not know it.
	ID ID
}

// Tree is a repository's files at one revision. Paths use forward slashes; the
// root is ".". A tree may be read by several goroutines at once.
type Tree interface {
	// ReadDir lists a folder in the order of names. What does not exist is
	// fs.ErrNotExist.
	ReadDir(dir string) ([]Entry, error)
	// ReadFile reads a file. One larger than schema.MaxFileSize is a
	// *TooLargeError, unread; any other error names the file.
	ReadFile(file string) ([]byte, error)
	// ReadLink gives a link's target.
	ReadLink(file string) (string, error)
}

// TooLargeError is a file that is larger than schema.MaxFileSize.
type TooLargeError struct {
	// Size is in bytes.
	Size int64
}

// Error says the size.
func (e *TooLargeError) Error() string { return fmt.Sprintf("%d bytes are too many", e.Size) }

// FromFS gives the tree of any file system.
func FromFS(files fs.FS) Tree { return fsTree{files} }

// fsTree knows no ids: files get theirs when they are read, folders have none.
type fsTree struct{ files fs.FS }

func (t fsTree) ReadDir(dir string) ([]Entry, error) {
	found, err := fs.ReadDir(t.files, dir)
	if err != nil {
		return nil, err
	}
	return entriesOf(found), nil
}

func entriesOf(found []fs.DirEntry) []Entry {
	entries := make([]Entry, 0, len(found))
	for _, entry := range found {
		entries = append(entries, Entry{Name: entry.Name(), Kind: kindOf(entry.Type())})
	}
	return entries
}

func kindOf(mode fs.FileMode) Kind {
	switch {
	case mode.IsRegular():
		return File
	case mode.IsDir():
		return Folder
	case mode&fs.ModeSymlink != 0:
		return Link
	default:
		return Other
	}
}

func (t fsTree) ReadFile(name string) ([]byte, error) {
	info, err := fs.Stat(t.files, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // to open a pipe would wait for a writer
		return nil, notAFile(name)
	}
	opened, err := t.files.Open(name)
	if err != nil {
		return nil, err
	}
	return readOpened(name, opened)
}

// unread says which file could not be read, and why.
func unread(file string, why error) error { return &fs.PathError{Op: "read", Path: file, Err: why} }

func notAFile(name string) error {
	return unread(name, errors.New("not a file"))
}

// readOpened reads an open file and closes it.
func readOpened(name string, opened fs.File) ([]byte, error) {
	defer func() { _ = opened.Close() }()
	info, err := opened.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, notAFile(name)
	case info.Size() > schema.MaxFileSize:
		return nil, &TooLargeError{Size: info.Size()}
	}
	content := make([]byte, info.Size())
	if _, err := io.ReadFull(opened, content); err != nil {
		return nil, unread(name, err)
	}
	return content, nil
}

func (t fsTree) ReadLink(file string) (string, error) { return fs.ReadLink(t.files, file) }

// followed resolves a link's target against the folder it is in. It says no to
// targets outside the repository.
func followed(dir, target string) (resolved string, ok bool) {
	if path.IsAbs(target) {
		return "", false
	}
	resolved = path.Join(dir, target)
	return resolved, resolved != ".." && !strings.HasPrefix(resolved, "../")
}
