package rules_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drover-ci/drover/internal/badrepo"
	"github.com/drover-ci/drover/internal/golden"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
)

// problemsOf gives every problem of a repository, a line each.
func problemsOf(t *testing.T, tree repolayout.Tree) string {
	t.Helper()
	repo, err := repolayout.Load(t.Context(), tree, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, problems := rules.AdmitWhole(t.Context(), nil, repo)
	var text strings.Builder
	for _, problem := range problems {
		text.WriteString(problem.String() + "\n")
	}
	return text.String()
}

// problemsIn gives every problem of the repository in a folder, a line each.
func problemsIn(t *testing.T, dir string) string {
	t.Helper()
	tree, closeTree, err := repolayout.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = closeTree() }()
	return problemsOf(t, tree)
}

// TestEachBadRepositoryGivesItsProblems holds the broken repositories of
// fixtures/bad, one for each rule, against the want.txt beside their files, and
// mends them. Those in which only what is made of them is wrong are held so by
// generators/render, and here have no problem.
func TestEachBadRepositoryGivesItsProblems(t *testing.T) {
	for _, id := range badrepo.All(t) {
		rule, _ := rules.Find(id)
		t.Run(id, func(t *testing.T) {
			found := problemsIn(t, badrepo.Folder(id))
			switch rule.By {
			case rules.ByChecking:
				if !strings.Contains(found, "["+id+"]") {
					t.Errorf("no problem of the rule:\n%s", found)
				}
				golden.Equal(t, []byte(found), filepath.Join(badrepo.Folder(id), badrepo.Want))
			case rules.ByOutline, rules.ByMaking:
				if found != "" {
					t.Errorf("other problems:\n%s", found)
				}
			case rules.ByMigrating, rules.ByApplying: // shown where that is done
			}
			if left := problemsIn(t, badrepo.Mended(t, id)); left != "" {
				t.Errorf("its mend.patch leaves problems:\n%s", left)
			}
		})
	}
}

// TestALargeFileIsRefused is the one bad repository that is better made than
// kept.
func TestALargeFileIsRefused(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "ci-operator", "config", "o", "r", "o-r-main.yaml")
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.Repeat("# 50 MB\n", 50<<20/8)), 0o600); err != nil {
		t.Fatal(err)
	}
	tree, closeTree, err := repolayout.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = closeTree() }()
	want := schema.TooLarge("ci-operator/config/o/r/o-r-main.yaml", 50<<20).String() + "\n"
	if found := problemsOf(t, tree); found != want {
		t.Errorf("got %s, want %s", found, want)
	}
}
