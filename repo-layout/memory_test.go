package repolayout_test

import (
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/fixtures"
	"github.com/drover-ci/drover/internal/memo"
	repolayout "github.com/drover-ci/drover/repo-layout"
)

// commit is a tree that knows the ids of files, as one of Git's does, and counts
// what is read of it.
type commit struct {
	repolayout.Tree

	reads atomic.Int64
}

func (c *commit) ReadDir(dir string) ([]repolayout.Entry, error) {
	entries, err := c.Tree.ReadDir(dir)
	for i, entry := range entries {
		if content, readErr := c.Tree.ReadFile(path.Join(dir, entry.Name)); entry.Kind == repolayout.File && readErr == nil {
			entries[i].ID = repolayout.BlobID(content)
		}
	}
	return entries, err
}

func (c *commit) ReadFile(file string) ([]byte, error) {
	c.reads.Add(1)
	return c.Tree.ReadFile(file)
}

// sample is the sample repository with jobs of both kinds, and a step whose
// commands are a link.
func sampleWithJobs(t *testing.T) map[string]string {
	t.Helper()
	contents := map[string]string{
		jobs + "o/r/o-r-main-presubmits.yaml": generatedJob,
		jobs + "o/r/sub/elsewhere.yaml":       generatedJob,
		jobs + "elsewhere.yaml":               "# here\n" + generatedJob,
		jobs + "o/r/both.yaml":                generatedJob + "  - name: by-hand\n    branches: [a]\n    spec: {containers: [{}]}\n",
		jobs + "o/r/hand.yaml":                "periodics:\n- name: x\n  interval: 1h\n",
		jobs + "o/r/wrong.yaml":               "periodics:\n- nome: x\n  interval: 1h\n",
		registry + "l/l-ref.yaml":             "ref:\n  as: l\n  from: src\n  commands: l-commands.sh\n  resources: {requests: {cpu: 1}}\n",
		registry + "l/l-commands.sh":          "-> ../m/m-commands.sh",
		registry + "m/m-commands.sh":          "#!/bin/sh\n",
	}
	sample := fixtures.Release()
	err := fs.WalkDir(sample, ".", func(file string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			content, readErr := fs.ReadFile(sample, file)
			contents[file], err = string(content), readErr
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return contents
}

// loadFirst loads as a new process does that has a memory, and says how much it
// read.
func loadFirst(t *testing.T, contents map[string]string, store *memo.Store) (repo *repolayout.Repo, reads int64) {
	t.Helper()
	tree := &commit{Tree: repolayout.FromFS(files(contents))}
	memory := repolayout.OpenMemory(store, "sample")
	repo, err := repolayout.LoadFirst(t.Context(), tree, memory)
	if err != nil {
		t.Fatal(err)
	}
	memory.Keep()
	return repo, tree.reads.Load()
}

func sameRepo(t *testing.T, contents map[string]string, got *repolayout.Repo) {
	t.Helper()
	want := load(t, &commit{Tree: repolayout.FromFS(files(contents))}, nil)
	if diff := cmp.Diff(want, got, whole()); diff != "" {
		t.Errorf("-from nothing +remembered:\n%s", diff)
	}
}

// TestAProcessRemembersWhatAnotherRead: what did not change since is not read,
// and all is as if nothing were remembered, whatever changed.
func TestAProcessRemembersWhatAnotherRead(t *testing.T) {
	contents := sampleWithJobs(t)
	store := memo.Open(t.TempDir())
	repo, cold := loadFirst(t, contents, store)
	sameRepo(t, contents, repo)
	repo, warm := loadFirst(t, contents, store)
	sameRepo(t, contents, repo)
	if warm > cold/4 {
		t.Errorf("%d files are read again, of %d", warm, cold)
	}
	random := rand.New(rand.NewPCG(1, 2)) // repeatable on purpose
	for range 40 {
		file := slices.Sorted(maps.Keys(contents))[random.IntN(len(contents))]
		switch random.IntN(3) {
		case 0:
			delete(contents, file)
		case 1:
			contents[file] = strings.Replace(contents[file], "name:", "nome:", 1)
		default:
			contents[file] += "\n# more\n"
		}
		repo, _ := loadFirst(t, contents, store)
		sameRepo(t, contents, repo)
	}
}

// TestAMemoryForgetsWhatIsGone: a content that was replaced is read again when it
// comes back.
func TestAMemoryForgetsWhatIsGone(t *testing.T) {
	contents := sampleWithJobs(t)
	store := memo.Open(t.TempDir())
	loadFirst(t, contents, store)
	_, warm := loadFirst(t, contents, store)
	before := maps.Clone(contents)
	for file := range contents {
		if strings.HasSuffix(file, ".yaml") {
			contents[file] += "\n# more\n"
		}
	}
	loadFirst(t, contents, store)
	if _, again := loadFirst(t, before, store); again <= warm {
		t.Errorf("%d files are read, as if nothing were forgotten (%d)", again, warm)
	}
}

// TestAMemoryThatIsDamaged changes nothing: nor does one of another version,
// which has another name.
func TestAMemoryThatIsDamaged(t *testing.T) {
	contents := sampleWithJobs(t)
	dir := t.TempDir()
	_, cold := loadFirst(t, contents, memo.Open(dir))
	kept, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("kept %v: %v", kept, err)
	}
	whole, err := os.ReadFile(kept[0])
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(3, 4)) // repeatable on purpose
	for round := range 60 {
		damaged := slices.Clone(whole)
		if round%2 == 0 {
			damaged = damaged[:random.IntN(len(damaged))]
		} else {
			damaged[random.IntN(len(damaged))] ^= 1 << random.IntN(8)
		}
		if err := os.WriteFile(kept[0], damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		repo, reads := loadFirst(t, contents, memo.Open(dir))
		sameRepo(t, contents, repo)
		if reads != cold {
			t.Errorf("round %d: %d files were read, not all %d", round, reads, cold)
		}
	}
}

// TestANoteIsKeptForTheNextProcess, and is not written again while it is the same.
func TestANoteIsKeptForTheNextProcess(t *testing.T) {
	dir := t.TempDir()
	store := memo.Open(dir)
	recalled, written := "", 0
	var last os.FileInfo
	for process, note := range []string{"first", "first", "second", "second"} {
		memory := repolayout.OpenMemory(store, "sample")
		repo, err := repolayout.LoadFirst(t.Context(), repolayout.FromFS(files(nil)), memory)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(repo.Recall("name")); got != recalled {
			t.Errorf("process %d recalls %q, want %q", process, got, recalled)
		}
		repo.Note("name", 1000, func() []byte { return []byte(note) })
		memory.Keep()
		kept, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil || len(kept) != 1 {
			t.Fatalf("kept %v: %v", kept, err)
		}
		now, err := os.Stat(kept[0])
		if err != nil {
			t.Fatal(err)
		}
		if !os.SameFile(last, now) { // what is written takes the place of what was
			written++
		}
		last = now
		if got := repo.Recall("name"); got != nil {
			t.Errorf("process %d recalls %q of what it has kept", process, got)
		}
		recalled = note
	}
	if written != 2 {
		t.Errorf("two notes were written %d times", written)
	}
}
