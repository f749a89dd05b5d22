package gitsource_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/internal/testgit"
	"github.com/drover-ci/drover/reconciler/gitsource"
	repolayout "github.com/drover-ci/drover/repo-layout"
)

func open(t *testing.T, options gitsource.Options) *gitsource.Source {
	t.Helper()
	source, err := gitsource.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func fetch(t *testing.T, source *gitsource.Source) gitsource.Revision {
	t.Helper()
	revision, err := source.Fetch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return revision
}

func treeOf(t *testing.T, source *gitsource.Source, revision gitsource.Revision) repolayout.Tree {
	t.Helper()
	tree, err := source.Tree(revision)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestFetchFollowsALocalBranch(t *testing.T) {
	repository := testgit.New(t)
	first := repository.Commit("a.txt", "1")
	source := open(t, gitsource.Options{Repository: repository.Dir})
	if got := fetch(t, source); got.Hash != first || got.Branch != "main" || got.Subject != "change a.txt" {
		t.Errorf("got %+v, want %s on main", got, first)
	}
	repository.Write("a.txt", "uncommitted")
	if got := fetch(t, source); got.Hash != first {
		t.Errorf("an uncommitted change moved the revision to %s", got.Hash)
	}
	second := repository.CommitAll("second")
	repository.Git("gc", "--quiet", "--prune=now") // all objects move into a pack, all branches into one file
	if got := fetch(t, source); got.Hash != second {
		t.Errorf("got %s after gc, want %s", got.Hash, second)
	}
	content, err := treeOf(t, source, fetch(t, source)).ReadFile("a.txt")
	if err != nil || string(content) != "uncommitted" {
		t.Errorf("got %q, %v", content, err)
	}
	repository.Git("reset", "--quiet", "--hard", first)
	if got := fetch(t, source); got.Hash != first {
		t.Errorf("got %s after a reset, want %s", got.Hash, first)
	}
}

func TestOpenFindsTheRepositoryOfAFolder(t *testing.T) {
	repository := testgit.New(t)
	want := repository.Commit("deep/er/a.txt", "1")
	bare := filepath.Join(t.TempDir(), "bare.git")
	repository.Git("clone", "--quiet", "--bare", ".", bare)
	linked := filepath.Join(t.TempDir(), "linked")
	repository.Git("worktree", "add", "--quiet", "-b", "other", linked)
	for name, dir := range map[string]string{"folder below": filepath.Join(repository.Dir, "deep"), "bare": bare, "linked worktree": linked} {
		source := open(t, gitsource.Options{Repository: dir, Branch: "main"})
		if got := fetch(t, source); got.Hash != want {
			t.Errorf("%s: got %s, want %s", name, got.Hash, want)
		}
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	empty := testgit.New(t)
	detached := testgit.New(t)
	detached.Commit("a", "1")
	detached.Git("checkout", "--quiet", "--detach")
	cases := map[string]struct {
		options gitsource.Options
		want    string
	}{
		"no repository": {gitsource.Options{Repository: t.TempDir()}, "as a Git repository"},
		"no commit":     {gitsource.Options{Repository: empty.Dir}, "read branch main"},
		"detached":      {gitsource.Options{Repository: detached.Dir}, "HEAD is detached; name a branch"},
		"no branch":     {gitsource.Options{Repository: detached.Dir, Branch: "next"}, "read branch next"},
	}
	for name, tc := range cases {
		source, err := gitsource.Open(t.Context(), tc.options)
		if err == nil {
			_, err = source.Fetch(t.Context())
		}
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want %q", name, err, tc.want)
		}
	}
}

func TestTreeGivesGitsIds(t *testing.T) {
	repository := testgit.New(t)
	repository.Write("dir/file.txt", "text")
	if err := os.Symlink("file.txt", filepath.Join(repository.Dir, "dir", "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../../outside", filepath.Join(repository.Dir, "dir", "out")); err != nil {
		t.Fatal(err)
	}
	repository.CommitAll("files")
	source := open(t, gitsource.Options{Repository: repository.Dir})
	tree := treeOf(t, source, fetch(t, source))
	entries, err := tree.ReadDir("dir")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]repolayout.Kind{}
	for _, entry := range entries {
		found[entry.Name] = entry.Kind
		if want := repository.Git("rev-parse", "HEAD:dir/"+entry.Name); entry.ID.String() != want {
			t.Errorf("%s: id %s, want %s", entry.Name, entry.ID, want)
		}
	}
	want := map[string]repolayout.Kind{"file.txt": repolayout.File, "link": repolayout.Link, "out": repolayout.Link}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if content, err := tree.ReadFile("dir/link"); err != nil || string(content) != "text" {
		t.Errorf("link: got %q, %v", content, err)
	}
	if _, err := tree.ReadFile("dir/out"); err == nil || !strings.Contains(err.Error(), "leads out") {
		t.Errorf("a link out of the repository: got %v", err)
	}
	if _, err := tree.ReadDir("absent"); !isNotExist(err) {
		t.Errorf("an absent folder: got %v", err)
	}
	if got := repolayout.BlobID([]byte("text")).String(); got != repository.Git("rev-parse", "HEAD:dir/file.txt") {
		t.Errorf("BlobID differs from Git's: %s", got)
	}
}

func isNotExist(err error) bool {
	_, ok := err.(*fs.PathError) //nolint:errorlint // only the outermost is of interest
	return ok && os.IsNotExist(err)
}

// TestWatchTellsOfCommits: all that moves a branch is told by the file system
// alone, an hour before the next look.
// Trees take over from each other what they listed, and each is its commit's all
// the same.
func TestTreesAreTheirCommits(t *testing.T) {
	repository := testgit.New(t)
	repository.Write("a/same/1.txt", "1")
	repository.Write("a/other/1.txt", "1")
	commits := []string{repository.Commit("b.txt", "1")}
	commits = append(commits, repository.Commit("a/other/2.txt", "2"), repository.Commit("a/new/3.txt", "3"))
	repository.Git("rm", "--quiet", "-r", "a/same", "b.txt")
	commits = append(commits, repository.CommitAll("removed"))
	source := open(t, gitsource.Options{Repository: repository.Dir})
	list := func(tree repolayout.Tree) map[string][]repolayout.Entry {
		all := map[string][]repolayout.Entry{}
		for _, dir := range []string{".", "a", "a/same", "a/other", "a/new"} {
			all[dir], _ = tree.ReadDir(dir) // not all have all
		}
		return all
	}
	var trees []repolayout.Tree
	for _, commit := range append(commits, commits[0], commits[2]) {
		revision, err := source.Resolve(commit)
		if err != nil {
			t.Fatal(err)
		}
		trees = append(trees, treeOf(t, source, revision))
		list(trees[len(trees)-1])
	}
	for i, commit := range append(commits, commits[0], commits[2]) {
		fresh := open(t, gitsource.Options{Repository: repository.Dir})
		revision, err := fresh.Resolve(commit)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(list(treeOf(t, fresh, revision)), list(trees[i])); diff != "" {
			t.Errorf("commit %d (-alone +after others):\n%s", i, diff)
		}
	}
}

func TestWatchTellsOfCommits(t *testing.T) {
	repository := testgit.New(t)
	repository.Commit("a.txt", "0")
	linked := filepath.Join(t.TempDir(), "linked")
	repository.Git("worktree", "add", "--quiet", "-b", "feature/in/a/worktree", linked)
	elsewhere := testgit.Open(t, linked)
	head := func() string { return repository.Git("rev-parse", "main") }
	for name, tc := range map[string]struct {
		folder, branch string
		changes        []func() string
	}{
		"commits": {repository.Dir, "main", []func() string{
			func() string { return repository.Commit("a.txt", "1") },
			func() string { repository.Git("gc", "--quiet"); return repository.Commit("a.txt", "2") },
			func() string { repository.Git("reset", "--quiet", "--hard", "HEAD~1"); return head() },
			func() string {
				repository.Git("pack-refs", "--all", "--prune")
				return repository.Commit("a.txt", "3")
			},
			func() string { repository.Git("update-ref", "refs/heads/main", "HEAD~1"); return head() },
			func() string { // in the file of all branches alone
				repository.Git("pack-refs", "--all", "--prune")
				packed := filepath.Join(repository.Dir, ".git", "packed-refs")
				text, err := os.ReadFile(packed)
				if err != nil {
					t.Fatal(err)
				}
				is, was := head(), repository.Git("rev-parse", "main~1")
				next := strings.Replace(string(text), is+" refs/heads/main", was+" refs/heads/main", 1)
				if err := os.WriteFile(packed+".new", []byte(next), 0o600); err != nil {
					t.Fatal(err)
				}
				if err := os.Rename(packed+".new", packed); err != nil {
					t.Fatal(err)
				}
				return was
			},
		}},
		"a linked worktree": {linked, "feature/in/a/worktree", []func() string{
			func() string { return elsewhere.Commit("b.txt", "1") },
			func() string { repository.Git("pack-refs", "--all", "--prune"); return elsewhere.Commit("b.txt", "2") },
		}},
		"a branch in new folders": {repository.Dir, "later/and/deeper", []func() string{
			func() string { repository.Git("branch", "later/and/deeper", "main"); return head() },
			func() string {
				repository.Git("update-ref", "refs/heads/later/and/deeper", "feature/in/a/worktree")
				return repository.Git("rev-parse", "later/and/deeper")
			},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			source := open(t, gitsource.Options{Repository: tc.folder, Branch: tc.branch, Interval: time.Hour})
			ctx, cancel := context.WithCancel(t.Context())
			told := make(chan struct{}, 1)
			ended := make(chan error, 1)
			go func() {
				ended <- source.Watch(ctx, func() {
					select {
					case told <- struct{}{}:
					default:
					}
				})
			}()
			<-told // the watch stands
			for i, change := range tc.changes {
				want := change()
				deadline := time.After(safety)
				for got, _ := source.Fetch(t.Context()); got.Hash != want; got, _ = source.Fetch(t.Context()) {
					select {
					case <-told:
					case <-deadline:
						t.Fatalf("change %d: nothing was told of %s", i, want)
					}
				}
			}
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}

// safety keeps a broken test from hanging; no test depends on its length.
const safety = time.Minute
