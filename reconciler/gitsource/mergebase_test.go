package gitsource_test

import (
	"strings"
	"testing"

	"github.com/drover-ci/drover/internal/testgit"
	"github.com/drover-ci/drover/reconciler/gitsource"
)

// Where two revisions parted is where Git says they did, merges included.
func TestMergeBaseIsGits(t *testing.T) {
	repo := testgit.New(t)
	repo.Commit("a", "1")
	repo.Git("tag", "start")
	repo.Git("checkout", "--quiet", "-b", "change")
	repo.Commit("b", "1")
	repo.Git("checkout", "--quiet", "main")
	repo.Commit("a", "2")
	repo.Git("tag", "merged")
	repo.Commit("a", "3")
	repo.Git("checkout", "--quiet", "change")
	repo.Git("merge", "--quiet", "--no-edit", "merged")
	repo.Commit("b", "2")
	repo.Git("checkout", "--quiet", "--orphan", "other")
	repo.Commit("c", "1")
	source, err := gitsource.Open(t.Context(), gitsource.Options{Repository: repo.Dir, NamedOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"start", "merged", "main", "change", "change~1", "other"}
	for _, one := range names {
		for _, other := range names {
			a, b := resolve(t, source, one), resolve(t, source, other)
			base, ok, err := source.MergeBase(a, b)
			if err != nil {
				t.Fatal(err)
			}
			want := ""
			if (one == "other") == (other == "other") {
				want = strings.TrimSpace(repo.Git("merge-base", one, other))
			}
			if base.Hash != want || ok != (want != "") {
				t.Errorf("%s and %s: got %q, %t, want %q", one, other, base.Hash, ok, want)
			}
		}
	}
}

func resolve(t *testing.T, source *gitsource.Source, name string) gitsource.Revision {
	t.Helper()
	revision, err := source.Resolve(name)
	if err != nil {
		t.Fatal(err)
	}
	return revision
}
