package gitobjects_test

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/drover-ci/drover/internal/gitobjects"
	"github.com/drover-ci/drover/internal/testgit"
)

const limit = 1 << 20

// history is a repository of some commits, in which files resemble each other.
func history(t *testing.T) *testgit.Repository {
	t.Helper()
	repository := testgit.New(t)
	lines := strings.Split(strings.Repeat("a line of a configuration that many files have\n", 400), "\n")
	for i := range 6 {
		lines[i*60] = fmt.Sprintf("line %d is another one in commit %d", i*60, i)
		repository.Write("config/first.yaml", strings.Join(lines, "\n"))
		repository.Write(fmt.Sprintf("config/deep/er/%d.yaml", i), strings.Join(lines[i:], "\n"))
		repository.Write("empty", "")
		repository.CommitAll(fmt.Sprintf("commit %d", i))
	}
	repository.Git("tag", "--annotate", "--message", "a tag", "v1")
	return repository
}

func open(t *testing.T, repository *testgit.Repository) *gitobjects.Store {
	t.Helper()
	store, err := gitobjects.Open(repository.Git("rev-parse", "--absolute-git-dir"))
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// object is what Git itself says of an object.
type object struct {
	id   gitobjects.ID
	kind string
	size int64
}

// is says whether this is the object's content: its id is a hash of that.
func (o object) is(kind gitobjects.Type, content []byte) bool {
	sum := sha1.New()
	fmt.Fprintf(sum, "%s %d\x00%s", o.kind, len(content), content)
	return kind.String() == o.kind && int64(len(content)) == o.size && gitobjects.ID(sum.Sum(nil)) == o.id
}

func objectsOf(t *testing.T, repository *testgit.Repository) []object {
	t.Helper()
	var all []object
	for line := range strings.Lines(repository.Git("cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype) %(objectsize)")) {
		var name string
		var each object
		if _, err := fmt.Sscan(line, &name, &each.kind, &each.size); err != nil {
			t.Fatal(err)
		}
		each.id = idOf(t, name)
		all = append(all, each)
	}
	if len(all) < 30 {
		t.Fatalf("the repository has only %d objects", len(all))
	}
	return all
}

func idOf(t *testing.T, name string) (id gitobjects.ID) {
	t.Helper()
	if _, err := hex.Decode(id[:], []byte(strings.TrimSpace(name))); err != nil {
		t.Fatal(err)
	}
	return id
}

// TestEveryObjectIsReadAsGitReadsIt compares with git cat-file, in all forms in
// which objects are kept.
func TestEveryObjectIsReadAsGitReadsIt(t *testing.T) {
	t.Parallel()
	forms := map[string]func(*testing.T, *testgit.Repository) *testgit.Repository{
		"loose": func(_ *testing.T, r *testgit.Repository) *testgit.Repository { return r },
		"packed, differences by distance": func(_ *testing.T, r *testgit.Repository) *testgit.Repository {
			r.Git("repack", "-adfq", "--depth=30")
			return r
		},
		"packed, differences by id": func(_ *testing.T, r *testgit.Repository) *testgit.Repository {
			r.Git("-c", "repack.useDeltaBaseOffset=false", "repack", "-adfq")
			return r
		},
		"several packs and loose": func(_ *testing.T, r *testgit.Repository) *testgit.Repository {
			r.Git("repack", "-dq")
			r.Commit("later/file", "text")
			r.Git("repack", "-dq")
			r.Commit("later/file", "another text")
			return r
		},
		"offsets of eight bytes": func(_ *testing.T, r *testgit.Repository) *testgit.Repository {
			r.Git("-c", "pack.indexVersion=2", "repack", "-adfq")
			pack := r.Git("rev-parse", "--git-path", "objects/pack")
			r.Git("index-pack", "--index-version=2,0x100", only(t, filepath.Join(r.Dir, pack, "*.pack")))
			return r
		},
		"borrowed": func(t *testing.T, r *testgit.Repository) *testgit.Repository {
			t.Helper()
			r.Git("repack", "-dq")
			dir := filepath.Join(t.TempDir(), "borrower")
			r.Git("clone", "--quiet", "--shared", r.Dir, dir)
			return testgit.Open(t, dir)
		},
	}
	for name, in := range forms {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			repository := in(t, history(t))
			store := open(t, repository)
			var group sync.WaitGroup
			for _, want := range objectsOf(t, repository) {
				group.Go(func() {
					kind, content, err := store.Read(want.id, limit)
					if err != nil || !want.is(kind, content) {
						t.Errorf("%s %s: got %s of %d bytes, %v, want %d bytes", want.kind, want.id, kind, len(content), err, want.size)
					}
				})
			}
			group.Wait()
		})
	}
}

func only(t *testing.T, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) != 1 {
		t.Fatalf("%s: %v %v", pattern, found, err)
	}
	return found[0]
}

// TestTreesAreReadAsGitReadsThem compares with git ls-tree.
func TestTreesAreReadAsGitReadsThem(t *testing.T) {
	t.Parallel()
	repository := history(t)
	store := open(t, repository)
	for _, dir := range []string{"", "config", "config/deep", "config/deep/er"} {
		id := idOf(t, repository.Git("rev-parse", "HEAD:"+dir))
		_, content, err := store.Read(id, limit)
		if err != nil {
			t.Fatal(err)
		}
		entries, err := gitobjects.ParseTree(content)
		if err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		for _, entry := range entries {
			fmt.Fprintf(&got, "%06o %s %s\n", entry.Mode, entry.ID, entry.Name)
		}
		if want := repository.Git("ls-tree", "--format=%(objectmode) %(objectname) %(path)", id.String()); strings.TrimSpace(got.String()) != want {
			t.Errorf("%q: got\n%s, want\n%s", dir, got.String(), want)
		}
	}
	for _, bad := range []string{"x", "100644 name", "100644 name\x00short", "name\x00" + strings.Repeat("x", 20), "9 n\x00" + strings.Repeat("x", 20)} {
		if entries, err := gitobjects.ParseTree([]byte(bad)); err == nil {
			t.Errorf("%q is taken for a tree: %v", bad, entries)
		}
	}
}

func TestWhatComesLaterIsSeen(t *testing.T) {
	t.Parallel()
	repository := history(t)
	repository.Git("repack", "-adq")
	store := open(t, repository)
	first := idOf(t, repository.Git("rev-parse", "HEAD:config/first.yaml"))
	repository.Commit("new", "new text")
	added := idOf(t, repository.Git("rev-parse", "HEAD:new"))
	for _, act := range []string{"loose", "packed", "packed again"} {
		for _, id := range []gitobjects.ID{first, added} {
			if _, _, err := store.Read(id, limit); err != nil {
				t.Errorf("%s: %v", act, err)
			}
		}
		repository.Git("repack", "-adfq") // what was read from is gone
	}
	if _, _, err := store.Read(gitobjects.ID{1}, limit); !errors.Is(err, gitobjects.ErrNotFound) {
		t.Errorf("an object that is not there: %v", err)
	}
}

func TestLargeObjectsAreNotRead(t *testing.T) {
	t.Parallel()
	for _, act := range []string{"loose", "packed"} {
		repository := history(t)
		if act == "packed" {
			repository.Git("repack", "-adfq")
		}
		store := open(t, repository)
		read := 0
		for _, each := range objectsOf(t, repository) {
			_, content, err := store.Read(each.id, 1000)
			large, refused := errors.AsType[*gitobjects.TooLargeError](err)
			switch {
			case each.size > 1000 && (!refused || large.Size != each.size):
				t.Errorf("%s: %d bytes: %v", act, each.size, err)
			case each.size <= 1000 && (err != nil || int64(len(content)) != each.size):
				t.Errorf("%s: %d bytes: %v", act, each.size, err)
			case err == nil:
				read++
			}
		}
		if read == 0 {
			t.Error("nothing was small enough")
		}
	}
}

// TestDamageIsAnError cuts files short and changes bytes of them: what is read
// then is right, or an error.
func TestDamageIsAnError(t *testing.T) {
	t.Parallel()
	repository := history(t)
	repository.Git("repack", "-adfq")
	all := objectsOf(t, repository)
	dir := repository.Git("rev-parse", "--absolute-git-dir")
	random := rand.New(rand.NewPCG(1, 2))
	failed := 0
	for _, pattern := range []string{"*.idx", "*.pack"} {
		file := only(t, filepath.Join(dir, "objects", "pack", pattern))
		whole, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for range 300 {
			if readsAll(t, repository, file, broken(random, whole), all) {
				failed++
			}
		}
		if readsAll(t, repository, file, whole, all) {
			t.Fatal("what is whole cannot be read")
		}
	}
	if failed < 300 {
		t.Errorf("only %d of 600 times damage was found", failed)
	}
}

// broken changes a byte, or cuts the end off.
func broken(random *rand.Rand, whole []byte) []byte {
	at := random.IntN(len(whole))
	if random.IntN(4) == 0 {
		return whole[:at]
	}
	changed := bytes.Clone(whole)
	changed[at] ^= byte(1 + random.IntN(255))
	return changed
}

// readsAll says whether anything failed.
func readsAll(t *testing.T, repository *testgit.Repository, file string, content []byte, all []object) (failed bool) {
	t.Helper()
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	store, err := gitobjects.Open(filepath.Join(repository.Dir, ".git"))
	if err != nil {
		return true
	}
	for _, want := range all {
		kind, content, err := store.Read(want.id, limit)
		if err != nil {
			failed = true
		} else if !want.is(kind, content) {
			t.Fatalf("%s: what was read is something else", want.id)
		}
	}
	return failed
}
