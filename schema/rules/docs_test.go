package rules_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drover-ci/drover/internal/badrepo"
	"github.com/drover-ci/drover/internal/golden"
	"github.com/drover-ci/drover/schema/rules"
)

// foundBy says in which commands a rule is found, where it is not check alone.
func foundBy(by rules.Finder) string {
	return map[rules.Finder]string{
		rules.ByMaking:    "Found where files and objects are made: by `drover generate`, `drover diff`, `drover up` and the daemons.",
		rules.ByMigrating: "Found by `drover migrate`.",
		rules.ByApplying:  "Found where a revision meets a cluster: by `drover diff`, `drover up` and the daemons.",
	}[by]
}

// TestDocsListEveryRule holds docs/rules.md against the table and the broken
// repositories; UPDATE=1 writes it anew.
func TestDocsListEveryRule(t *testing.T) {
	var page strings.Builder
	page.WriteString("# Rules\n\nWhat Drover goes by, `drover check` first. Made from the table in schema/rules and from fixtures/bad; " +
		"not edited by hand.\n\nEach example is what changes, with a few lines around it, between a repository that breaks the rule " +
		"and one that does not. The problem is what the former gives.\n")
	for _, rule := range rules.Table() {
		fmt.Fprintf(&page, "\n## %s\n\n**%s** %s\n", rule.ID, rule.Title, rule.Why)
		if rule.Severity != "" {
			fmt.Fprintf(&page, "\nA %s: it holds nothing back.\n", rule.Severity)
		}
		if where := foundBy(rule.By); where != "" {
			fmt.Fprintf(&page, "\n%s\n", where)
		}
		if _, made := shownByTests()[rule.ID]; made {
			continue
		}
		message, err := os.ReadFile(filepath.Join(badrepo.Folder(rule.ID), badrepo.Want))
		if err != nil {
			t.Error(err)
			continue
		}
		shown := readExample(t, rule.ID)
		fmt.Fprintf(&page, "\nBad:\n\n```yaml\n%s\n```\n\n```text\n%s```\n\nGood:\n\n```yaml\n%s\n```\n", shown.bad.text(), message, shown.good.text())
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
		if len(ids) == 0 {
			ids = []string{"(allowed)"}
		}
		fmt.Fprintf(&page, "| %s | %s |\n", row.what, strings.Join(ids, ", "))
	}
	golden.Equal(t, []byte(page.String()), filepath.Join("..", "..", "docs", "rules.md"))
}

// TestEveryRuleHasABadRepository finds rules that nothing shows.
func TestEveryRuleHasABadRepository(t *testing.T) {
	for _, rule := range rules.Table() {
		_, made := shownByTests()[rule.ID]
		_, err := os.Stat(filepath.Join(badrepo.Folder(rule.ID), badrepo.Want))
		if made == (err == nil) {
			t.Errorf("%s has both a broken repository and a test that makes one, or neither", rule.ID)
		}
	}
}

// TestEveryBadRepositoryHasARule finds folders of rules that there are not.
func TestEveryBadRepositoryHasARule(t *testing.T) {
	for _, id := range badrepo.All(t) {
		if _, known := rules.Find(id); !known {
			t.Errorf("%s is not in the table", id)
		}
	}
}

// TestMendingIsASmallChange keeps examples readable: the good twin of a broken
// repository differs in what matters alone.
func TestMendingIsASmallChange(t *testing.T) {
	const most = 30
	for _, id := range badrepo.All(t) {
		shown := readExample(t, id)
		if count := shown.changed(); count == 0 || count > most {
			t.Errorf("%s: the change has %d lines, want 1 to %d", id, count, most)
		}
	}
}
