package memo

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Key identifies a value by all that it follows from.
type Key [sha256.Size]byte

// NewKey makes the key of parts, whose order and borders count.
func NewKey(parts ...string) Key {
	hash := sha256.New()
	for _, part := range parts {
		sum := sha256.Sum256([]byte(part))
		hash.Write(sum[:])
	}
	return Key(hash.Sum(nil))
}

// maxValue is the size in bytes above which a value is not kept or read.
const maxValue = 64 << 20

// maxStore is the size in bytes that a store has after [Store.Put], unless
// several processes write at once.
const maxStore = 512 << 20

// abandoned is the age at which a file that was never finished is nobody's.
const abandoned = time.Hour

// unfinished begins the names of files that are being written.
const unfinished = "new-"

// Store keeps values in a folder. A nil Store keeps nothing.
type Store struct {
	dir   string
	limit int64
}

// Open gives the store in a folder, which is made when there is something to
// keep.
func Open(dir string) *Store { return &Store{dir: dir, limit: maxStore} }

// UserStore gives the store in the user's cache folder, or nil where the user
// has none.
func UserStore() *Store {
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil
	}
	return Open(filepath.Join(cache, "drover", "memo"))
}

// Get gives the value of a key, if the store has it whole.
func (s *Store) Get(key Key) (value []byte, ok bool) {
	if s == nil {
		return nil, false
	}
	name := s.path(key)
	info, err := os.Stat(name)
	if err != nil || info.Size() > maxValue+sha256.Size {
		return nil, false
	}
	content, err := os.ReadFile(name)
	if err != nil || len(content) < sha256.Size {
		return nil, false
	}
	sum, value := content[:sha256.Size], content[sha256.Size:]
	if want := sealOf(key, value); !bytes.Equal(sum, want[:]) {
		return nil, false
	}
	now := time.Now()
	_ = os.Chtimes(name, now, now) // what is used stays longest
	return value, true
}

// Put keeps a value, if it can.
func (s *Store) Put(key Key, value []byte) {
	if s == nil || len(value) > maxValue || os.MkdirAll(s.dir, 0o700) != nil {
		return
	}
	made, err := os.CreateTemp(s.dir, unfinished+"*")
	if err != nil {
		return
	}
	seal := sealOf(key, value)
	_, err = made.Write(append(seal[:], value...))
	if closeErr := made.Close(); err != nil || closeErr != nil || os.Rename(made.Name(), s.path(key)) != nil {
		_ = os.Remove(made.Name())
		return
	}
	s.prune()
}

func (s *Store) path(key Key) string { return filepath.Join(s.dir, hex.EncodeToString(key[:])) }

// sealOf binds a value to its key, so that neither a damaged file nor one under
// another's name is believed.
func sealOf(key Key, value []byte) [sha256.Size]byte {
	hash := sha256.New()
	hash.Write(key[:])
	hash.Write(value)
	return [sha256.Size]byte(hash.Sum(nil))
}

// prune removes what was used longest ago, until the store is small enough,
// and what a process left that ended while it wrote.
func (s *Store) prune() {
	files, total := s.files()
	slices.SortFunc(files, func(a, b fs.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	for _, file := range files {
		left := strings.HasPrefix(file.Name(), unfinished) && time.Since(file.ModTime()) > abandoned
		if total <= s.limit && !left {
			continue
		}
		if os.Remove(filepath.Join(s.dir, file.Name())) == nil {
			total -= file.Size()
		}
	}
}

// files lists the store, with its size in bytes.
func (s *Store) files() (files []fs.FileInfo, total int64) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, 0
	}
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() {
			files = append(files, info)
			total += info.Size()
		}
	}
	return files, total
}
