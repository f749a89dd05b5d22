package gitsource_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/drover-ci/drover/internal/testgit"
	"github.com/drover-ci/drover/reconciler/gitsource"
)

// childVariable has the test program fetch a repository into a clone and end.
const childVariable = "GITSOURCE_TEST_FETCH"

func TestMain(m *testing.M) {
	if url, dir, ok := strings.Cut(os.Getenv(childVariable), " "); ok {
		source, err := gitsource.Open(context.Background(), gitsource.Options{Repository: url, CloneDir: dir})
		if err == nil {
			_, err = source.Fetch(context.Background())
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// killer stands before a Git server and kills who fetches, after so many bytes
// of a pack.
type killer struct {
	behind http.Handler

	mu     sync.Mutex
	after  int
	victim *exec.Cmd
}

// fetch runs a child that is killed on its way, and waits for its end.
func (k *killer) fetch(t *testing.T, url, dir string, after int) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childVariable+"="+url+" "+dir)
	k.mu.Lock()
	k.after, k.victim = after, child
	err := child.Start()
	k.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	k.mu.Lock()
	k.victim = nil
	k.mu.Unlock()
}

func (k *killer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.victim == nil || !strings.HasSuffix(r.URL.Path, "git-upload-pack") {
		k.behind.ServeHTTP(w, r)
		return
	}
	whole := httptest.NewRecorder()
	k.behind.ServeHTTP(whole, r)
	body := whole.Body.Bytes()
	w.Header().Set("Content-Type", whole.Header().Get("Content-Type"))
	_, _ = w.Write(body[:min(k.after, len(body))])
	_ = http.NewResponseController(w).Flush()
	_ = k.victim.Process.Kill()
}

// TestKilledWhileFetching kills a process at many points of its first clone and
// of a later fetch. The next one gets the newest revision, whole, and nothing
// is left of the first.
func TestKilledWhileFetching(t *testing.T) {
	repository := testgit.New(t)
	front := &killer{behind: gitHTTP(t, filepath.Dir(repository.Dir))}
	url := listen(t, front) + "/" + filepath.Base(repository.Dir) + "/.git"
	for i := range 40 {
		repository.Write(fmt.Sprintf("folder%d/file.txt", i), strings.Repeat(fmt.Sprintln("line", i), 50))
	}
	repository.CommitAll("many files")
	points := []int{0, 20, 500, 2000, 1 << 30}
	for _, cloned := range []bool{false, true} {
		for i, after := range points {
			dir := filepath.Join(t.TempDir(), "clone")
			if cloned {
				fetch(t, open(t, gitsource.Options{Repository: url, CloneDir: dir}))
			}
			want := repository.Commit("folder0/file.txt", fmt.Sprint(cloned, i, strings.Repeat("more ", i*500)))
			front.fetch(t, url, dir, after)
			source := open(t, gitsource.Options{Repository: url, CloneDir: dir})
			got := fetch(t, source)
			if got.Hash != want {
				t.Errorf("killed after %d bytes: got %s, want %s", after, got.Hash, want)
			}
			for _, file := range []string{"folder0/file.txt", "folder39/file.txt"} {
				if _, err := treeOf(t, source, got).ReadFile(file); err != nil {
					t.Errorf("killed after %d bytes: %v", after, err)
				}
			}
			onlyClone(t, dir)
		}
	}
}

// onlyClone sees that beside a clone nothing is left but its lock, and in it no
// unfinished pack.
func onlyClone(t *testing.T, dir string) {
	t.Helper()
	left, err := filepath.Glob(dir + "*")
	if err != nil || len(left) != 2 {
		t.Errorf("left beside the clone: %v, %v", left, err)
	}
	unfinished, err := filepath.Glob(filepath.Join(dir, "objects", "pack", "tmp_*"))
	if err != nil || len(unfinished) != 0 {
		t.Errorf("left in the clone: %v, %v", unfinished, err)
	}
}

// TestABrokenCloneIsMended breaks a clone in every way that comes to mind.
func TestABrokenCloneIsMended(t *testing.T) {
	repository, url := remote(t)
	repository.Commit("other.txt", "0")
	want := repository.Commit("a.txt", "1")
	packs := func(dir, extension string) []string {
		found, err := filepath.Glob(filepath.Join(dir, "objects", "pack", "*"+extension))
		if err != nil || len(found) == 0 {
			t.Fatalf("no packs: %v", err)
		}
		return found
	}
	cases := map[string]func(dir string) error{
		"unfinished beside":   func(dir string) error { return os.MkdirAll(dir+".new/objects", 0o700) },
		"killed in replacing": func(dir string) error { return os.Rename(dir, dir+".old") },
		"no HEAD":             func(dir string) error { return os.Remove(filepath.Join(dir, "HEAD")) },
		"no refs":             func(dir string) error { return os.RemoveAll(filepath.Join(dir, "refs")) },
		"garbage in a ref": func(dir string) error {
			return os.WriteFile(dir+"/refs/heads/main", []byte("garbage"), 0o600)
		},
		"pack gone":            func(dir string) error { return os.Remove(packs(dir, ".pack")[0]) },
		"index gone":           func(dir string) error { return os.Remove(packs(dir, ".idx")[0]) },
		"index truncated":      func(dir string) error { return truncate(packs(dir, ".idx")[0]) },
		"pack truncated":       func(dir string) error { return truncate(packs(dir, ".pack")[0]) },
		"index without a pack": func(dir string) error { return os.WriteFile(dir+"/objects/pack/pack-1.idx", nil, 0o600) },
		"unfinished pack":      func(dir string) error { return os.WriteFile(dir+"/objects/pack/tmp_pack_1", nil, 0o600) },
		"empty":                os.RemoveAll,
		"a file": func(dir string) error {
			if err := os.RemoveAll(dir); err != nil {
				return err
			}
			return os.WriteFile(dir, nil, 0o600)
		},
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			options := gitsource.Options{Repository: url, CloneDir: filepath.Join(t.TempDir(), "clone")}
			fetch(t, open(t, options))
			if err := spoil(options.CloneDir); err != nil {
				t.Fatal(err)
			}
			source := open(t, options)
			revision := fetch(t, source)
			if revision.Hash != want {
				t.Fatalf("got %s, want %s", revision.Hash, want)
			}
			_, err := treeOf(t, source, revision).ReadFile("a.txt")
			if err != nil { // found only now: the next fetch mends it
				revision = fetch(t, source)
				if _, err = treeOf(t, source, revision).ReadFile("a.txt"); err != nil {
					t.Error(err)
				}
			}
			onlyClone(t, options.CloneDir)
		})
	}
}

func truncate(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return err
	}
	return os.Truncate(path, info.Size()/2)
}

func TestACloneOfSomethingElseIsNotUsed(t *testing.T) {
	one, oneURL := remote(t)
	other, otherURL := remote(t)
	one.Commit("a.txt", "one")
	want := other.Commit("a.txt", "other")
	dir := filepath.Join(t.TempDir(), "clone")
	fetch(t, open(t, gitsource.Options{Repository: oneURL, CloneDir: dir}))
	if got := fetch(t, open(t, gitsource.Options{Repository: otherURL, CloneDir: dir})); got.Hash != want {
		t.Errorf("got %s, want %s", got.Hash, want)
	}
	other.Git("branch", "next")
	if got := open(t, gitsource.Options{Repository: otherURL, CloneDir: dir, Branch: "next"}).Branch(); got != "next" {
		t.Errorf("got branch %s", got)
	}
}

func TestAnUnreachableRepositoryLeavesTheClone(t *testing.T) {
	repository := testgit.New(t)
	want := repository.Commit("a.txt", "1")
	front := &front{behind: gitHTTP(t, filepath.Dir(repository.Dir))}
	url := listen(t, front) + "/" + filepath.Base(repository.Dir) + "/.git"
	options := gitsource.Options{Repository: url, CloneDir: filepath.Join(t.TempDir(), "clone")}
	fetch(t, open(t, options))
	front.set(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "down", http.StatusBadGateway) })
	source := open(t, options) // without a conversation
	if revision, err := source.Resolve("main"); err != nil || revision.Hash != want {
		t.Errorf("got %+v, %v", revision, err)
	}
	front.set(nil)
	if got := fetch(t, source); got.Hash != want {
		t.Errorf("got %s, want %s", got.Hash, want)
	}
}

// TestManyFetchesLeaveFewPacks: the clone stays readable while packs are merged,
// for readers that began before too.
func TestManyFetchesLeaveFewPacks(t *testing.T) {
	repository, url := remote(t)
	repository.Git("config", "gc.auto", "0")
	first := repository.Commit("first.txt", "1")
	options := gitsource.Options{Repository: url, CloneDir: filepath.Join(t.TempDir(), "clone")}
	source := open(t, options)
	tree := treeOf(t, source, fetch(t, source))
	var want string
	for i := range 25 {
		want = repository.Commit("a.txt", strconv.Itoa(i))
		if got := fetch(t, source); got.Hash != want {
			t.Fatalf("got %s, want %s", got.Hash, want)
		}
	}
	packs, err := filepath.Glob(filepath.Join(options.CloneDir, "objects", "pack", "*.pack"))
	if err != nil || len(packs) > 12 {
		t.Errorf("%d packs are left, %v", len(packs), err)
	}
	if content, err := tree.ReadFile("first.txt"); err != nil || string(content) != "1" {
		t.Errorf("an earlier tree: got %q, %v", content, err)
	}
	for _, each := range []*gitsource.Source{source, open(t, options)} {
		for revision, file := range map[string]string{first: "first.txt", want: "a.txt", want + "~10": "a.txt"} {
			found, err := each.Resolve(revision)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := treeOf(t, each, found).ReadFile(file); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestReadersGoOnWhileFetching reads trees from several goroutines while others
// fetch.
func TestReadersGoOnWhileFetching(t *testing.T) {
	repository, url := remote(t)
	repository.Commit("a.txt", "0")
	source := open(t, gitsource.Options{Repository: url, CloneDir: filepath.Join(t.TempDir(), "clone")})
	first := fetch(t, source)
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				tree, err := source.Tree(first)
				if err != nil {
					t.Error(err)
					return
				}
				if content, err := tree.ReadFile("a.txt"); err != nil || string(content) != "0" {
					t.Errorf("got %q, %v", content, err)
					return
				}
			}
		})
	}
	for i := range 10 {
		want := repository.Commit("a.txt", strconv.Itoa(i+1))
		if got := fetch(t, source); got.Hash != want {
			t.Errorf("got %s, want %s", got.Hash, want)
		}
	}
	close(done)
	readers.Wait()
}
