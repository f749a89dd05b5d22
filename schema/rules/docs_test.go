package rules_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drover-ci/drover/internal/golden"
	"github.com/drover-ci/drover/schema/rules"
)

// TestDocsListEveryRule holds docs/rules.md against the table; UPDATE=1 writes
// it anew.
func TestDocsListEveryRule(t *testing.T) {
	var page strings.Builder
	page.WriteString("# Rules\n\nWhat `drover check` goes by. Made from the table in schema/rules; not edited by hand.\n")
	for _, rule := range rules.Table() {
		fmt.Fprintf(&page, "\n## %s\n\n**%s** %s\n", rule.ID, rule.Title, rule.Why)
		if rule.Severity != "" {
			fmt.Fprintf(&page, "\nA %s: it holds nothing back.\n", rule.Severity)
		}
		message, err := os.ReadFile(filepath.Join("..", "..", "fixtures", "bad", rule.ID, "want.txt"))
		if err == nil {
			fmt.Fprintf(&page, "\n```\n%s```\n", message)
		}
	}
	golden.Equal(t, []byte(page.String()), filepath.Join("..", "..", "docs", "rules.md"))
}

// TestEveryBadRepositoryHasARule finds folders of rules that there are not.
func TestEveryBadRepositoryHasARule(t *testing.T) {
	entries, err := os.ReadDir(filepath.Join("..", "..", "fixtures", "bad"))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if _, known := rules.Find(entry.Name()); !known {
			t.Errorf("%s is not in the table", entry.Name())
		}
	}
}
