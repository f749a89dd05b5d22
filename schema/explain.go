package schema

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/drover-ci/drover/schema/internal/shape"
)

// Reference is what the definitions say of a kind of file, or of a field.
type Reference struct {
	// Path is what [Explain] was asked for, in its plain form:
	// ci-operator.tests.steps.
	Path string `json:"path"`
	// Name is the path's last part.
	Name string `json:"name"`
	// Type is string, integer, number, boolean, object, any, the name of a
	// definition, or []T or map[string]T of one of these.
	Type string `json:"type"`
	// Doc is what the field is for, without its default.
	Doc string `json:"doc,omitempty"`
	// TypeDoc is what the definition that the type names says of itself, where
	// that is more than Doc.
	TypeDoc string `json:"typeDoc,omitempty"`
	// Required says that the field must be given.
	Required bool `json:"required,omitempty"`
	// Deprecated says that the field is there for older files only.
	Deprecated bool `json:"deprecated,omitempty"`
	// Default is what holds where the field is not given, in words.
	Default string `json:"default,omitempty"`
	// Values are those allowed; empty where more are.
	Values []string `json:"values,omitempty"`
	// Form says in words what text must be: `a path that starts with "/"`.
	Form string `json:"form,omitempty"`
	// Patterns are regular expressions of which text must match every one.
	Patterns []string `json:"patterns,omitempty"`
	// KeyPattern is a regular expression that a mapping's names must match.
	KeyPattern string `json:"keyPattern,omitempty"`
	// Min and Max are a number's bounds, both inclusive.
	Min *int64 `json:"min,omitempty"`
	Max *int64 `json:"max,omitempty"`
	// Open says that other fields than Fields are allowed.
	Open bool `json:"open,omitempty"`
	// HasFields says that there are fields below, be they given here or not.
	HasFields bool `json:"hasFields,omitempty"`
	// Fields are the fields of the value, or of each item or value where it is a
	// list or mapping, in the order they are defined. Theirs are not given.
	Fields []Reference `json:"fields,omitempty"`
}

// Explain says what a field may hold, from the same definitions that files are
// checked by. The path is KIND or KIND.FIELD.FIELD, where lists and mappings
// are passed through: ci-operator.tests.steps. The paths of problems do too,
// such as ci-operator.tests[2].steps. An error names what was meant, as far as
// that can be told.
func Explain(path string) (*Reference, error) {
	parts := splitPath(path)
	if len(parts) == 0 {
		return nil, fmt.Errorf("no kind of file is given; want one of %s", strings.Join(kindNames(), ", "))
	}
	kind, ok := kindNamed(parts[0])
	if !ok {
		return nil, fmt.Errorf("%q is no kind of file%s", parts[0], didYouMeanOr(parts[0], kindNames()))
	}
	at := shape.Field{Name: kind.Name, Doc: kind.Doc, Required: false, Shape: &shape.Shape{Kind: shape.Ref, Name: kind.Definition}}
	plain := kind.Name
	for _, part := range parts[1:] {
		next, step, err := below(at, plain, part)
		if err != nil {
			return nil, err
		}
		at = next
		if step {
			plain += "." + next.Name
		}
	}
	found := refer(at, plain)
	for _, field := range content(at.Shape).Fields {
		found.Fields = append(found.Fields, refer(field, plain+"."+field.Name))
	}
	return &found, nil
}

// below goes one part of a path down. An item of a list and a name in a mapping
// are no step of their own: what a field holds is explained with it.
func below(at shape.Field, plain, part string) (next shape.Field, step bool, err error) {
	inside := content(at.Shape)
	for _, field := range inside.Fields {
		if field.Name == part {
			return field, true, nil
		}
	}
	outer := shapes().Deref(at.Shape)
	if outer.Kind == shape.List && isIndex(part) {
		return item(at, outer), false, nil
	}
	names := fieldNames(inside)
	if outer.Kind == shape.Map && (part == "*" || Suggest(part, names) == "") {
		return item(at, outer), false, nil
	}
	if len(names) == 0 {
		return next, false, fmt.Errorf("%s has no fields (found %q)", plain, part)
	}
	return next, false, fmt.Errorf("%s has no field %q%s", plain, part, didYouMeanOr(part, names))
}

// item is a field whose value is an item of the list, or a value of the
// mapping, that it was.
func item(of shape.Field, outer *shape.Shape) shape.Field {
	of.Shape = outer.Elem
	return of
}

func isIndex(part string) bool {
	return part == "" || part == "*" || strings.Trim(part, "0123456789") == ""
}

// content is what a value holds in the end, lists and mappings passed through.
func content(s *shape.Shape) *shape.Shape {
	s = shapes().Deref(s)
	for s.Kind == shape.List || s.Kind == shape.Map {
		s = shapes().Deref(s.Elem)
	}
	return s
}

func refer(field shape.Field, path string) Reference {
	inside := content(field.Shape)
	doc, standard := splitDefault(field.Doc)
	typeDoc, _ := splitDefault(inside.Doc)
	if doc == "" || doc == typeDoc {
		doc, typeDoc = typeDoc, ""
	}
	low, high := inside.Min, inside.Max
	if inside.Want != "" { // the words have them, and with units
		low, high = nil, nil
	}
	return Reference{
		Path: path, Name: field.Name, Type: typeName(field.Shape),
		Doc: doc, TypeDoc: typeDoc, Default: standard, Required: field.Required, Deprecated: strings.HasPrefix(doc, "Deprecated:"),
		Values: inside.Enum, Form: textOf(inside).Want, Patterns: textOf(inside).Patterns, KeyPattern: keyPattern(shapes().Deref(field.Shape)),
		Min: low, Max: high, Open: inside.Open, HasFields: len(inside.Fields) > 0,
	}
}

// keyPattern is what a mapping's names must match; "" for anything.
func keyPattern(s *shape.Shape) string {
	if s.Key == nil || len(s.Key.Patterns) == 0 {
		return ""
	}
	return s.Key.Patterns[0]
}

// textOf is the text among several shapes, and every other shape as it is.
func textOf(s *shape.Shape) *shape.Shape {
	if s.Want != "" {
		return s
	}
	for _, member := range s.Of {
		if found := shapes().Deref(member); found.Want != "" || len(found.Patterns) > 0 {
			return found
		}
	}
	return s
}

// splitDefault parts a comment from the default that it ends with.
func splitDefault(doc string) (rest, standard string) {
	const begin = "Default: "
	i := strings.LastIndex(doc, begin)
	if i < 0 {
		return doc, ""
	}
	return strings.TrimSpace(doc[:i]), strings.TrimSuffix(doc[i+len(begin):], ".")
}

func typeName(s *shape.Shape) string {
	switch s.Kind {
	case shape.Ref:
		if named := shapes()[s.Name]; named.Kind != shape.Struct && named.Kind != shape.Union {
			return typeName(named)
		}
		return s.Name
	case shape.List:
		return "[]" + typeName(s.Elem)
	case shape.Map:
		return "map[string]" + typeName(s.Elem)
	case shape.Struct:
		return "object"
	case shape.Int:
		return "integer"
	case shape.Bool:
		return "boolean"
	case shape.Union:
		return cmp.Or(s.Name, string(s.Kind))
	default:
		return string(s.Kind)
	}
}

func fieldNames(s *shape.Shape) []string {
	names := make([]string, 0, len(s.Fields))
	for _, field := range s.Fields {
		names = append(names, field.Name)
	}
	return names
}

func kindNames() []string {
	kinds := Kinds()
	names := make([]string, 0, len(kinds))
	for _, kind := range kinds {
		names = append(names, kind.Name)
	}
	return names
}

// didYouMeanOr ends a message with the name that was meant, or with all.
func didYouMeanOr(name string, known []string) string {
	if best := DidYouMean(name, known); best != "" {
		return best
	}
	return "; want one of " + strings.Join(known, ", ")
}
