// Package shape is the compiled form of the CUE definitions: plain tables that
// the decoder reads, made by shapegen and embedded in the schema package. It
// holds only what a verdict and a message need, and never evaluates CUE.
package shape

// Kind says what a value is.
type Kind string

// The kinds of values. Ref stands for a definition by name, and Union for
// several shapes of which one must hold.
const (
	Struct Kind = "struct"
	Map    Kind = "map"
	List   Kind = "list"
	String Kind = "string"
	Int    Kind = "int"
	Number Kind = "number"
	Bool   Kind = "bool"
	Any    Kind = "any"
	Ref    Kind = "ref"
	Union  Kind = "union"
)

// Formats of text that no regular expression can tell. They are what the
// attribute @format names.
const (
	Regexp   = "regexp"
	Duration = "duration"
	Cron     = "cron"
)

// Shape is what one value may be. Which fields are set depends on its kind.
type Shape struct {
	Kind Kind `json:"kind"`
	// Doc is what a definition says of itself.
	Doc string `json:"doc,omitempty"`
	// Name is the definition that a Ref stands for, or that another shape is
	// a narrower form of.
	Name string `json:"name,omitempty"`
	// Fields are a Struct's, in the order they are defined.
	Fields []Field `json:"fields,omitempty"`
	// Constraints are what a Struct's fields must fit together in.
	Constraints []Constraint `json:"constraints,omitempty"`
	// Open says that a Struct may have other fields than these.
	Open bool `json:"open,omitempty"`
	// Key is what a Map's keys must be; nil for anything.
	Key *Shape `json:"key,omitempty"`
	// Elem is the shape of a List's items or a Map's values.
	Elem *Shape `json:"elem,omitempty"`
	// Patterns are regular expressions that a String must match, all of them.
	Patterns []string `json:"patterns,omitempty"`
	// Format is what a String must be besides; empty for anything.
	Format string `json:"format,omitempty"`
	// NotEmpty says that a String or a List has something in it.
	NotEmpty bool `json:"notEmpty,omitempty"`
	// Enum are the values that a String may have; empty for all. A Bool with
	// "true" alone must be true.
	Enum []string `json:"enum,omitempty"`
	// Min and Max are bounds, both inclusive: of an Int, or of a Duration in
	// nanoseconds.
	Min *int64 `json:"min,omitempty"`
	Max *int64 `json:"max,omitempty"`
	// Of are a Union's members.
	Of []*Shape `json:"of,omitempty"`
	// Want says in words what patterns and formats say: `a path that starts
	// with "/"`.
	Want string `json:"want,omitempty"`
	// Rule is the rule that a value of another form breaks; empty for the rule
	// of wrong values.
	Rule string `json:"rule,omitempty"`
}

// Field is one field of a Struct.
type Field struct {
	Name     string `json:"name"`
	Required bool   `json:"required,omitempty"`
	Doc      string `json:"doc,omitempty"`
	Shape    *Shape `json:"shape"`
}

// Constraint is what several fields of a struct must fit together in. Between
// Min and Max of the structs Of must hold, or Then must; where there is an If,
// only where it holds.
// Each of them is an open Struct whose fields are all required.
type Constraint struct {
	// Name is its name in CUE, without the underscore.
	Name string `json:"name"`
	// Rule is the rule that is broken where it does not hold.
	Rule string `json:"rule"`
	// Doc says it in a sentence.
	Doc string `json:"doc"`
	// Unless are constraints, before it, of which one that does not hold says all:
	// this one is not told then.
	Unless []string `json:"unless,omitempty"`

	Min int      `json:"min,omitempty"`
	Max int      `json:"max,omitempty"`
	Of  []*Shape `json:"of,omitempty"`

	If   *Shape `json:"if,omitempty"`
	Then *Shape `json:"then,omitempty"`
}

// Table holds every definition by name.
type Table map[string]*Shape

// Deref follows a Ref to its definition.
func (t Table) Deref(s *Shape) *Shape {
	for s.Kind == Ref {
		s = t[s.Name]
	}
	return s
}
