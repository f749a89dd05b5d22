package gitobjects

import (
	"cmp"
	"crypto/sha1" //nolint:gosec // what Git names objects by
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// ID is an object's id, the SHA-1 of its content.
type ID [20]byte

// String is the id in hexadecimal digits.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// verify says whether the id is that of a content. Reading a tenth slower is the
// price of never taking one object for another, whatever befell the files.
func (id ID) verify(kind Type, content []byte) error {
	sum := sha1.New() //nolint:gosec // what Git names objects by
	sum.Write(strconv.AppendInt([]byte(kind.String()+" "), int64(len(content)), 10))
	sum.Write([]byte{0})
	sum.Write(content)
	var found ID
	if sum.Sum(found[:0]); found != id {
		return damaged("the content of %s is that of %s", id, found)
	}
	return nil
}

// Type is what an object is.
type Type int

// The types, numbered as packs number them.
const (
	Commit Type = 1
	Tree   Type = 2
	Blob   Type = 3
	Tag    Type = 4
)

// String is Git's word.
func (t Type) String() string {
	switch t {
	case Commit:
		return "commit"
	case Tree:
		return "tree"
	case Blob:
		return "blob"
	case Tag:
		return "tag"
	default:
		return fmt.Sprintf("type %d", int(t))
	}
}

// ErrNotFound says that a repository does not have an object.
var ErrNotFound = errors.New("no such object")

// TooLargeError is an object that is larger than the reader wants it.
type TooLargeError struct {
	// Size is in bytes.
	Size int64
}

// Error says the size.
func (e *TooLargeError) Error() string { return fmt.Sprintf("%d bytes are too many", e.Size) }

// Store is the objects of a repository.
type Store struct {
	dirs  []string // the repository's own folder of objects, then those it borrows from
	bases *cache

	looking sync.Mutex // one looks for new packs at a time
	packs   atomic.Pointer[[]*pack]
}

// maxBases bounds what is remembered of a store, in bytes.
const maxBases = 16 << 20

// Open opens the objects of a repository, given the folder that holds its
// branches: .git, or a bare repository's own.
func Open(gitDir string) (*Store, error) {
	s := &Store{bases: newCache(maxBases)}
	s.borrow(filepath.Join(gitDir, "objects"), maxBorrowing)
	if err := s.look(nil); err != nil {
		return nil, err
	}
	return s, nil
}

// maxBorrowing bounds how long a chain of repositories borrow from each other,
// as Git itself does.
const maxBorrowing = 5

// borrow adds a folder of objects, and those that it borrows from.
func (s *Store) borrow(dir string, further int) {
	if further < 0 || slices.Contains(s.dirs, dir) {
		return
	}
	s.dirs = append(s.dirs, dir)
	alternates, err := os.ReadFile(filepath.Join(dir, "info", "alternates"))
	if err != nil {
		return
	}
	for line := range strings.Lines(string(alternates)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			s.borrow(within(dir, line), further-1)
		}
	}
}

// within is a path that may be relative to a folder.
func within(dir, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}

// Read reads an object of at most limit bytes; a larger one is a
// *[TooLargeError], unread. One that is not there is [ErrNotFound]. The content
// may be shared with other readers and must not be changed.
func (s *Store) Read(id ID, limit int64) (Type, []byte, error) {
	kind, content, err := s.read(id, limit)
	if err != nil {
		return 0, nil, fmt.Errorf("read object %s: %w", id, err)
	}
	return kind, content, nil
}

func (s *Store) read(id ID, limit int64) (Type, []byte, error) {
	packs := s.packs.Load()
	kind, content, err := s.find(*packs, id, limit)
	if !errors.Is(err, ErrNotFound) {
		return kind, content, err
	}
	if err := s.look(packs); err != nil { // it may have moved into a new pack
		return 0, nil, err
	}
	return s.find(*s.packs.Load(), id, limit)
}

// find finds an object in packs and loose files.
func (s *Store) find(packs []*pack, id ID, limit int64) (Type, []byte, error) {
	for _, each := range packs {
		offset, ok, err := each.find(id)
		if err != nil {
			return 0, nil, err
		}
		if ok {
			kind, content, err := s.unpack(each, offset, limit)
			return kind, content, cmp.Or(err, id.verify(kind, content))
		}
	}
	for _, dir := range s.dirs {
		kind, content, err := readLoose(dir, id, limit)
		if !errors.Is(err, fs.ErrNotExist) {
			return kind, content, cmp.Or(err, id.verify(kind, content))
		}
	}
	return 0, nil, ErrNotFound
}

// look opens the packs that have come since, and forgets those that are gone:
// whoever reads one still has it open. Where another has looked meanwhile, that
// is enough.
func (s *Store) look(seen *[]*pack) error {
	s.looking.Lock()
	defer s.looking.Unlock()
	if s.packs.Load() != seen {
		return nil
	}
	known := map[string]*pack{}
	if seen != nil {
		for _, each := range *seen {
			known[each.name] = each
		}
	}
	found := []*pack{}
	for _, dir := range s.dirs {
		indexes, err := filepath.Glob(filepath.Join(escape(dir), "pack", "pack-*.idx"))
		if err != nil {
			return err
		}
		for _, index := range indexes {
			each := known[index]
			if each == nil {
				if each, err = openPack(index); errors.Is(err, fs.ErrNotExist) {
					continue // it is being written, or taken away
				} else if err != nil {
					return fmt.Errorf("open %s: %w", index, err)
				}
			}
			found = append(found, each)
		}
	}
	slices.SortFunc(found, func(a, b *pack) int { return b.count - a.count }) // most objects are in the largest
	s.packs.Store(&found)
	return nil
}

// escape makes a pattern that a path alone matches.
func escape(path string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}
