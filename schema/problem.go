package schema

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Severity says what a problem does.
type Severity string

// An error keeps a revision, or the unit it is in, from being admitted. A
// warning does not.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Problem is one finding in a file.
type Problem struct {
	// File is the path in the repository, with forward slashes.
	File string `json:"file"`
	// Line and Column count from 1; 0 means that the problem is the whole file's.
	Line   int `json:"line"`
	Column int `json:"column"`
	// Path is the field, such as tests[2].steps.workflow; empty for the document.
	Path string `json:"path"`
	// Rule is the id of the rule that found it, such as unknown-field.
	Rule string `json:"rule"`
	// Severity is [Error] unless it says otherwise.
	Severity Severity `json:"severity"`
	// Message says what is wrong, what was found and what was expected.
	Message string `json:"message"`
	// Related are the other places that take part, where there are any: the
	// message names them too.
	Related []Place `json:"related,omitempty"`
}

// Place is a position in a file.
type Place struct {
	// File is the path in the repository, with forward slashes.
	File string `json:"file"`
	// Line and Column count from 1; 0 means the whole file.
	Line   int `json:"line"`
	Column int `json:"column"`
	// Path is the field; empty for the document.
	Path string `json:"path"`
	// What takes part there, such as chain ipi-install, where the places are the
	// way to a mistake, outermost first. The message names the others itself.
	What string `json:"what,omitempty"`
}

// String is the form for a message: file:line.
func (p Place) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// ByWayOf tells of the places that led to a mistake, to be put behind a message.
// It is empty where none of them is part of a way.
func ByWayOf(places []Place) string {
	var way []string
	for _, place := range places {
		if place.What != "" {
			way = append(way, fmt.Sprintf("%s at %s", place.What, place))
		}
	}
	if len(way) == 0 {
		return ""
	}
	return " (by way of " + strings.Join(way, ", ") + ")"
}

// String is the form for a terminal: file:line:column: field: message [rule].
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Column)
	}
	b.WriteString(": ")
	if p.Severity == Warning {
		b.WriteString("warning: ")
	}
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	fmt.Fprintf(&b, "%s [%s]", p.Message, p.Rule)
	return b.String()
}

// SortProblems orders by file, position, field, rule and message, and drops
// repetitions, so that the same input always gives the same list.
func SortProblems(problems []Problem) []Problem {
	slices.SortFunc(problems, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(a.File, b.File),
			cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Path, b.Path),
			cmp.Compare(a.Rule, b.Rule),
			cmp.Compare(a.Message, b.Message),
		)
	})
	return slices.CompactFunc(problems, Problem.saysTheSame)
}

// saysTheSame says whether two problems are one to whoever reads them.
func (p Problem) saysTheSame(other Problem) bool {
	return p.File == other.File && p.Line == other.Line && p.Column == other.Column &&
		p.Path == other.Path && p.Rule == other.Rule && p.Message == other.Message
}

// HasErrors says whether any problem is more than a warning.
func HasErrors(problems []Problem) bool {
	return slices.ContainsFunc(problems, func(p Problem) bool { return p.Severity != Warning })
}
