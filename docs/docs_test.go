// Package docs_test holds the documentation against the repository.
package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	testFunction = regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	testName     = regexp.MustCompile("`(Test[A-Z]\\w*)[/`]")
	link         = regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
)

// pages are the pages by path.
func pages(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	paths, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	decisions, err := filepath.Glob("decisions/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(append(paths, decisions...), "../README.md", "../CONTRIBUTING.md") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		found[path] = string(text)
	}
	return found
}

// tests are the names of all tests of all modules.
func tests(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	err := filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, found := range testFunction.FindAllSubmatch(text, -1) {
			names[string(found[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestPagesNameTestsThatThereAre: a claim that names its proof has one.
func TestPagesNameTestsThatThereAre(t *testing.T) {
	there, named := tests(t), 0
	for path, text := range pages(t) {
		for _, found := range testName.FindAllStringSubmatch(text, -1) {
			named++
			if !there[found[1]] {
				t.Errorf("%s names %s, and there is no such test", path, found[1])
			}
		}
	}
	if named < 50 {
		t.Errorf("the pages name only %d tests", named)
	}
}

// TestEveryRowHasItsTest: in a table with a column for tests, no row is without.
func TestEveryRowHasItsTest(t *testing.T) {
	rows := 0
	for path, text := range pages(t) {
		column := -1
		for number, line := range strings.Split(text, "\n") {
			if !strings.HasPrefix(line, "|") {
				column = -1
				continue
			}
			cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
			if column < 0 {
				column = slices.IndexFunc(cells, func(cell string) bool { return strings.TrimSpace(cell) == "test" })
				if column < 0 {
					column = len(cells) // a table of something else
				}
				continue
			}
			if column >= len(cells) || strings.HasPrefix(line, "|---") {
				continue
			}
			rows++
			if cell := cells[column]; !testName.MatchString(cell) && !strings.Contains(cell, "the same") && !strings.Contains(cell, "`make bench`") {
				t.Errorf("%s:%d: a row without a test: %s", path, number+1, line)
			}
		}
	}
	if rows < 40 {
		t.Errorf("only %d rows have tests", rows)
	}
}

// TestLinksLeadSomewhere looks at links within the repository.
func TestLinksLeadSomewhere(t *testing.T) {
	for path, text := range pages(t) {
		for _, found := range link.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), found[1])); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
}
