package schema

import (
	"go.yaml.in/yaml/v3"

	"github.com/drover-ci/drover/schema/internal/older"
)

// Rules about forms in which files were written before today's.
const (
	// RuleDeprecated finds what is read as today's form is: a warning.
	RuleDeprecated = "deprecated"
	// RuleRemoved finds what no form is left for.
	RuleRemoved = "removed-form"
)

// today gives a document in today's form, and reports what was older in it.
func (d *decoder) today(root *yaml.Node, definition string) *yaml.Node {
	root, found := older.Rewrite(definition, root)
	for _, finding := range found {
		rule, severity, message := RuleDeprecated, Warning, finding.Message+"; drover migrate rewrites it"
		switch finding.Problem {
		case older.None:
		case older.Twice:
			rule, severity, message = RuleDuplicateField, Error, finding.Message
		case older.Removed:
			rule, severity, message = RuleRemoved, Error, finding.Message
		}
		d.problems = append(d.problems, Problem{
			File: d.file, Line: finding.Node.Line, Column: finding.Node.Column,
			Path: d.pathOf(finding.Path).String(), Rule: rule, Severity: severity, Message: message,
		})
	}
	return root
}

func (d *decoder) pathOf(parts []any) *step {
	var at *step
	for _, part := range parts {
		switch part := part.(type) {
		case string:
			at = d.field(at, part)
		case int:
			at = d.item(at, part)
		}
	}
	return at
}

// todayForLocating is today for a file of a kind that is not known: what it
// holds says whether it is one that has older forms.
func todayForLocating(root *yaml.Node) *yaml.Node {
	definition := ""
	switch key, _ := older.Get(root, "zz_generated_metadata"); {
	case key != nil:
		definition = older.Config
	case root.Kind == yaml.SequenceNode:
		definition = older.ClusterProfiles
	}
	today, _ := older.Rewrite(definition, root)
	return today
}
