package gitsource

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/idxfile"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/plumbing/storer"
)

// What stands beside a clone while it is replaced.
const (
	suffixNew = ".new"
	suffixOld = ".old"
)

// mark says, in a clone, what it is a clone of, and how large it was.
type mark struct {
	// Repository is a hash of the URL, which may hold a password.
	Repository string `json:"repository"`
	Depth      int    `json:"depth"`
	Size       int64  `json:"size"`
}

const markFile = "drover-clone.json"

// grown is how much larger a clone may get than it was, besides twice its size.
const grown = 256 << 20

func (m mark) bound() int64 { return 2*m.Size + grown }

func (m mark) fits(options Options) error {
	if m.Repository != hashOf(options.Repository) || m.Depth != options.Depth {
		return errors.New("the clone is of something else")
	}
	return nil
}

func hashOf(repository string) string {
	sum := sha256.Sum256([]byte(repository))
	return hex.EncodeToString(sum[:])
}

// readMark gives an empty mark where there is none.
func readMark(dir string) mark {
	var found mark
	content, err := os.ReadFile(filepath.Join(dir, markFile))
	if err != nil || json.Unmarshal(content, &found) != nil {
		return mark{}
	}
	return found
}

func writeMark(dir string, options Options) error {
	size, err := folderSize(dir)
	if err != nil {
		return err
	}
	content, err := json.Marshal(mark{Repository: hashOf(options.Repository), Depth: options.Depth, Size: size})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, markFile), content, 0o600)
}

func folderSize(dir string) (size int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("measure the clone: %w", err)
	}
	return size, nil
}

// replace puts a finished clone in the place of the old one. A process that is
// killed in between leaves what tidy sets right.
func replace(dir, making string) error {
	old := dir + suffixOld
	if err := os.RemoveAll(old); err != nil {
		return fmt.Errorf("replace the clone: %w", err)
	}
	if err := os.Rename(dir, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("replace the clone: %w", err)
	}
	if err := os.Rename(making, dir); err != nil {
		return fmt.Errorf("replace the clone: %w", err)
	}
	return os.RemoveAll(old)
}

// tidy removes what a killed process left of its work.
func tidy(dir string) error {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		return os.Remove(dir)
	}
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.Rename(dir+suffixOld, dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("put the clone back: %w", err)
		}
	}
	err = errors.Join(os.RemoveAll(dir+suffixNew), os.RemoveAll(dir+suffixOld))
	packs, listErr := packFiles(dir)
	for _, pack := range packs {
		if !pack.whole() {
			err = errors.Join(err, pack.remove())
		}
	}
	if err = errors.Join(err, listErr); err != nil {
		return fmt.Errorf("tidy the clone: %w", err)
	}
	return nil
}

// pack is a file of packed objects and its index, or what is there of them.
type pack struct {
	base  string // the path without extension
	files []string
	size  int64
}

func (p pack) whole() bool {
	return slices.Contains(p.files, p.base+".pack") && slices.Contains(p.files, p.base+".idx")
}

// remove takes a pack away. The index goes last: one without a pack is not
// looked at, a pack without an index is an error.
func (p pack) remove() error {
	var err error
	slices.Sort(p.files)
	slices.Reverse(p.files) // .pack before .idx
	for _, file := range p.files {
		if removed := os.Remove(file); removed != nil && !errors.Is(removed, fs.ErrNotExist) {
			err = errors.Join(err, removed)
		}
	}
	return err
}

// packFiles lists the packs of a clone and what was not finished of one, the
// largest first.
func packFiles(dir string) ([]pack, error) {
	folder := filepath.Join(dir, "objects", "pack")
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	byBase := map[string]*pack{}
	for _, entry := range entries {
		path := filepath.Join(folder, entry.Name())
		base := strings.TrimSuffix(path, filepath.Ext(path))
		if byBase[base] == nil {
			byBase[base] = &pack{base: base}
		}
		byBase[base].files = append(byBase[base].files, path)
		if info, err := entry.Info(); err == nil {
			byBase[base].size += info.Size()
		}
	}
	var packs []pack
	for _, found := range byBase {
		packs = append(packs, *found)
	}
	slices.SortFunc(packs, func(a, b pack) int {
		if a.size != b.size {
			return int(b.size - a.size)
		}
		return strings.Compare(a.base, b.base)
	})
	return packs, nil
}

// maxPacks is how many packs a clone may have. Each fetch adds one.
const maxPacks = 20

// maxMerged is how large a pack may be that is still merged with others, in
// bytes: merging holds all of them in memory.
const maxMerged = 16 << 20

// mergePacks makes one pack of the many small ones that fetching leaves, once
// there are too many. It writes the new one before it takes the others away.
func mergePacks(repository *git.Repository, dir string) error {
	packs, err := packFiles(dir)
	if err != nil || len(packs) <= maxPacks {
		return err
	}
	small := packs[1:] // all but the largest
	for len(small) > 0 && small[0].size > maxMerged {
		small = small[1:]
	}
	hashes, err := hashesOf(small)
	if err != nil || len(hashes) == 0 {
		return err
	}
	name, err := writePack(repository, repository.Storer, hashes)
	if err != nil {
		return fmt.Errorf("merge packs of %s: %w", dir, err)
	}
	for _, each := range small {
		if strings.HasSuffix(each.base, name.String()) {
			continue
		}
		if err := each.remove(); err != nil {
			return fmt.Errorf("merge packs of %s: %w", dir, err)
		}
	}
	return nil
}

// hashesOf lists the objects of packs, each once, in order.
func hashesOf(packs []pack) ([]plumbing.Hash, error) {
	seen := map[plumbing.Hash]bool{}
	var hashes []plumbing.Hash
	for _, each := range packs {
		file, err := os.Open(each.base + ".idx")
		if err != nil {
			return nil, err
		}
		index := idxfile.NewMemoryIndex()
		err = errors.Join(idxfile.NewDecoder(file).Decode(index), file.Close())
		if err != nil {
			return nil, fmt.Errorf("read %s.idx: %w", each.base, err)
		}
		entries, err := index.Entries()
		if err != nil {
			return nil, fmt.Errorf("read %s.idx: %w", each.base, err)
		}
		for entry, err := entries.Next(); err == nil; entry, err = entries.Next() {
			if !seen[entry.Hash] {
				seen[entry.Hash] = true
				hashes = append(hashes, entry.Hash)
			}
		}
	}
	return hashes, nil
}

// writePack stores objects as a pack.
func writePack(repository *git.Repository, objects storer.EncodedObjectStorer, hashes []plumbing.Hash) (name plumbing.Hash, err error) {
	storage, ok := repository.Storer.(storer.PackfileWriter)
	if !ok {
		return plumbing.ZeroHash, errors.New("the repository takes no packs")
	}
	out, err := storage.PackfileWriter()
	if err != nil {
		return plumbing.ZeroHash, err
	}
	name, err = packfile.NewEncoder(out, objects, false).Encode(hashes, 0)
	return name, errors.Join(err, out.Close())
}
