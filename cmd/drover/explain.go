package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/drover-ci/drover/schema"
)

type explainCommand struct {
	Field     string `arg:"" optional:"" name:"KIND[.FIELD…]" help:"A kind of file, and a field in it. None lists the kinds."`
	Recursive bool   `short:"r" help:"Name all fields below, not only those of the field itself."`
}

// Help gives the examples.
func (explainCommand) Help() string {
	return `Says what a file of a release repository may hold: the same definitions that files are checked by.
The field of a problem that "drover check" found can be asked for as it stands.

Examples:
  drover explain                                which kinds of files there are
  drover explain ci-operator                    the fields of a configuration
  drover explain ci-operator.tests.steps        what a field is for, and what it holds
  drover explain 'ci-operator.tests[2].steps'   the same
  drover explain workflow --recursive           every field that there is, as a tree`
}

// Run prints the explanation.
func (c explainCommand) Run(out *console) error {
	if c.Field == "" {
		return printKinds(out.stdout)
	}
	found, err := schema.Explain(c.Field)
	if err != nil {
		return err
	}
	printHead(out.stdout, found)
	if len(found.Fields) == 0 {
		return nil
	}
	fmt.Fprintln(out.stdout, "\nFIELDS:")
	if c.Recursive {
		return printTree(out.stdout, found, nil)
	}
	return printFields(out.stdout, found.Fields)
}

func printKinds(to io.Writer) error {
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "KIND\tFILES\t")
	for _, kind := range schema.Kinds() {
		fmt.Fprintf(table, "%s\t%s\t%s\n", kind.Name, strings.Join(kind.Files, " "), firstSentence(kind.Doc))
	}
	return table.Flush()
}

// printHead prints all that is to be said of the field itself.
func printHead(to io.Writer, field *schema.Reference) {
	kind, below, _ := strings.Cut(field.Path, ".")
	line := func(label, text string) {
		if text != "" {
			fmt.Fprintf(to, "%-13s%s\n", label+":", text)
		}
	}
	line("KIND", kind)
	if below == "" {
		line("FILES", filesOf(kind))
	} else {
		line("FIELD", below)
	}
	line("TYPE", field.Type)
	if field.Required {
		line("REQUIRED", "yes")
	}
	line("DEFAULT", field.Default)
	line("ALLOWED", allowed(field))
	line("NAMES", matching(field.KeyPattern))
	if field.Open {
		line("OPEN", "other fields are allowed")
	}
	fmt.Fprintln(to, "\nDESCRIPTION:")
	for _, text := range append(wrap(field.Doc, 96), wrap(field.TypeDoc, 96)...) {
		fmt.Fprintln(to, "  "+text)
	}
}

func filesOf(name string) string {
	for _, kind := range schema.Kinds() {
		if kind.Name == name {
			return strings.Join(kind.Files, ", ")
		}
	}
	return ""
}

// allowed says in words which values the field may have; empty for any.
func allowed(field *schema.Reference) string {
	var parts []string
	if len(field.Values) > 0 {
		parts = append(parts, strings.Join(field.Values, ", "))
	}
	if field.Form != "" {
		parts = append(parts, field.Form)
	} else {
		for _, pattern := range field.Patterns {
			parts = append(parts, matching(pattern))
		}
	}
	switch low, high := field.Min, field.Max; {
	case low != nil && high != nil:
		parts = append(parts, fmt.Sprintf("%d to %d", *low, *high))
	case low != nil:
		parts = append(parts, fmt.Sprintf("at least %d", *low))
	case high != nil:
		parts = append(parts, fmt.Sprintf("at most %d", *high))
	}
	return strings.Join(parts, "; ")
}

func matching(pattern string) string {
	if pattern == "" {
		return ""
	}
	return "what matches " + pattern
}

func printFields(to io.Writer, fields []schema.Reference) error {
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	for _, field := range fields {
		notes := firstSentence(field.Doc)
		if field.Required {
			notes = "(required) " + notes
		}
		fmt.Fprintf(table, "  %s\t<%s>\t%s\n", field.Name, field.Type, notes)
	}
	return table.Flush()
}

// printTree prints the fields below a field, and theirs. Above are the types
// that it is inside of: one that holds itself is not gone into again.
func printTree(to io.Writer, field *schema.Reference, above []string) error {
	above = append(above, field.Type)
	for _, child := range field.Fields {
		fmt.Fprintf(to, "%s%s <%s>\n", strings.Repeat("  ", len(above)), child.Name, child.Type)
		if !child.HasFields || slices.Contains(above, child.Type) {
			continue
		}
		whole, err := schema.Explain(child.Path)
		if err != nil {
			return err
		}
		if err := printTree(to, whole, above); err != nil {
			return err
		}
	}
	return nil
}

func firstSentence(doc string) string {
	if first, _, more := strings.Cut(doc, ". "); more {
		return first + "."
	}
	return doc
}

// wrap breaks text into lines of at most so many characters, where words allow.
func wrap(text string, most int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len([]rune(line))+1+len([]rune(word)) > most {
			lines = append(lines, line)
			line = ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	if line == "" {
		return lines
	}
	return append(lines, line)
}
