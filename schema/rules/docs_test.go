package rules_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drover-ci/drover/internal/golden"
	"github.com/drover-ci/drover/schema"
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
	page.WriteString("\n## Rules of today's validator\n\nWhat today's tools check, or should, and the rule that finds it here.\n\n| what | rule |\n|---|---|\n")
	for _, row := range todaysRules() {
		var ids []string
		for id := range strings.FieldsSeq(row.ids) {
			if _, known := rules.Find(id); !known {
				t.Errorf("%s: %q is no rule", row.what, id)
			}
			ids = append(ids, fmt.Sprintf("[%s](#%s)", id, id))
		}
		fmt.Fprintf(&page, "| %s | %s |\n", row.what, strings.Join(ids, ", "))
	}
	golden.Equal(t, []byte(page.String()), filepath.Join("..", "..", "docs", "rules.md"))
}

// TestEveryRuleHasABadRepository finds rules that no broken repository shows.
func TestEveryRuleHasABadRepository(t *testing.T) {
	for _, rule := range rules.Table() {
		if rule.ID == schema.RuleTooLarge { // TestALargeFileIsRefused makes it
			continue
		}
		if _, err := os.Stat(filepath.Join("..", "..", "fixtures", "bad", rule.ID, "want.txt")); err != nil {
			t.Errorf("%s: %v", rule.ID, err)
		}
	}
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
