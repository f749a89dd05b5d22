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

// Shape is what one value may be. Which fields are set depends on its kind.
type Shape struct {
	Kind Kind `json:"kind"`
	// Doc is what a definition says of itself.
	Doc string `json:"doc,omitempty"`
	// Name is the definition that a Ref stands for.
	Name string `json:"name,omitempty"`
	// Fields are a Struct's, in the order they are defined.
	Fields []Field `json:"fields,omitempty"`
	// Open says that a Struct may have other fields than these.
	Open bool `json:"open,omitempty"`
	// Key is the pattern that a Map's keys must match; empty for all.
	Key string `json:"key,omitempty"`
	// Elem is the shape of a List's items or a Map's values.
	Elem *Shape `json:"elem,omitempty"`
	// Patterns are regular expressions that a String must match, all of them.
	Patterns []string `json:"patterns,omitempty"`
	// Enum are the values that a String may have; empty for all.
	Enum []string `json:"enum,omitempty"`
	// Min and Max are an Int's bounds, both inclusive.
	Min *int64 `json:"min,omitempty"`
	Max *int64 `json:"max,omitempty"`
	// Of are a Union's members.
	Of []*Shape `json:"of,omitempty"`
}

// Field is one field of a Struct.
type Field struct {
	Name     string `json:"name"`
	Required bool   `json:"required,omitempty"`
	Doc      string `json:"doc,omitempty"`
	Shape    *Shape `json:"shape"`
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
