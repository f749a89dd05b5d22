package rules_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

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

// TestEachBadRepositoryGivesItsProblems holds the broken repositories of
// fixtures/bad, one for each rule, against the want.txt beside their files.
func TestEachBadRepositoryGivesItsProblems(t *testing.T) {
	root := filepath.Join("..", "..", "fixtures", "bad")
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		t.Run(entry.Name(), func(t *testing.T) {
			dir := filepath.Join(root, entry.Name())
			tree, closeTree, err := repolayout.OpenFolder(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = closeTree() }()
			found := problemsOf(t, tree)
			if !strings.Contains(found, "["+entry.Name()+"]") {
				t.Errorf("no problem of the rule:\n%s", found)
			}
			golden.Equal(t, []byte(found), filepath.Join(dir, "want.txt"))
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
