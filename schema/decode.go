package schema

import (
	"reflect"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/drover-ci/drover/schema/internal/blockyaml"
	"github.com/drover-ci/drover/schema/internal/shape"
)

// Rules that decoding checks. Each is the Rule of the problems it finds.
const (
	RuleSyntax         = "yaml-syntax"
	RuleTooLarge       = "file-too-large"
	RuleAliases        = "yaml-aliases"
	RuleUnknownField   = "unknown-field"
	RuleDuplicateField = "duplicate-field"
	RuleMissingField   = "missing-field"
	RuleWrongType      = "wrong-type"
	RuleWrongValue     = "wrong-value"
)

// MaxFileSize is the size in bytes above which a file is refused unread.
const MaxFileSize = 8 << 20

// Decode reads the YAML (or JSON) of a file into the type made from its
// definition, such as *[Config]. It is strict: what the definition does not
// allow is a problem, and all problems of the file are given, in the order of
// the file. What could be read is in the value even then.
//
// Plain scalars follow YAML 1.1, and a number or boolean where text is
// expected becomes the text that sigs.k8s.io/yaml makes of it, because today's
// tools read the same files so.
func Decode(file string, data []byte, into any) []Problem {
	target := reflect.ValueOf(into).Elem()
	arena, _ := arenas.Get().(*blockyaml.Arena)
	defer arenas.Put(arena)
	d := &decoder{file: file, arena: arena}
	root := d.parse(data)
	if root == nil {
		return d.problems
	}
	definition := &shape.Shape{Kind: shape.Ref, Name: target.Type().Name()}
	d.value(d.today(root, definition.Name), definition, target, nil)
	return SortProblems(d.problems)
}

// arenas hold the nodes of files while these are decoded.
//
//nolint:gochecknoglobals // memory without content
var arenas = sync.Pool{New: func() any { return new(blockyaml.Arena) }}

// decoder collects the problems of one file.
type decoder struct {
	file     string
	arena    *blockyaml.Arena
	problems []Problem
}

// step is one part of a field path, linked to the part before it, so that a
// path costs nothing until a problem needs its text.
type step struct {
	parent *step
	name   string
	index  int
}

func (d *decoder) report(node *yaml.Node, at *step, rule, message string) {
	d.problems = append(d.problems, Problem{
		File: d.file, Line: node.Line, Column: node.Column,
		Path: at.String(), Rule: rule, Severity: Error, Message: message,
	})
}

// value decodes a node of any shape. A null leaves the zero value.
func (d *decoder) value(node *yaml.Node, s *shape.Shape, into reflect.Value, at *step) {
	if node = follow(node); isNull(node) {
		return
	}
	if into.Kind() == reflect.Pointer {
		into.Set(reflect.New(into.Type().Elem()))
		into = into.Elem()
	}
	if into.Type() == reflect.TypeFor[Duration]() {
		d.duration(node, into, at)
		return
	}
	switch s = shapes().Deref(s); s.Kind {
	case shape.Struct:
		d.structure(node, s, into, at)
	case shape.Map:
		d.mapping(node, s, into, at)
	case shape.List:
		d.list(node, s, into, at)
	case shape.Any:
		d.anything(node, into, at)
	default:
		d.scalar(node, s, into, at)
	}
}

func (d *decoder) structure(node *yaml.Node, s *shape.Shape, into reflect.Value, at *step) {
	if !d.expect(node, yaml.MappingNode, "a mapping", at) {
		return
	}
	if into.Kind() == reflect.Map { // an open struct: any fields
		d.anything(node, into, at)
		return
	}
	plan := planFor(s, into.Type())
	seen := make([]bool, len(plan.fields))
	d.pairs(node, at, func(key, value *yaml.Node) {
		position, known := plan.byName[key.Value]
		if !known {
			d.report(key, at.field(key.Value), RuleUnknownField, unknownField(key.Value, plan.names))
			return
		}
		seen[position] = !isNull(value)
		field := plan.fields[position]
		d.value(value, field.shape, into.Field(field.index), at.field(key.Value))
	})
	for position, field := range plan.fields {
		if field.required && !seen[position] {
			d.report(node, at.field(field.name), RuleMissingField, "the field is required (found nothing)")
		}
	}
}

func (d *decoder) mapping(node *yaml.Node, s *shape.Shape, into reflect.Value, at *step) {
	if !d.expect(node, yaml.MappingNode, "a mapping", at) {
		return
	}
	into.Set(reflect.MakeMapWithSize(into.Type(), len(node.Content)/2))
	d.pairs(node, at, func(key, value *yaml.Node) {
		name := scalarText(key)
		if s.Key != "" && !matches(s.Key, name) {
			d.report(key, at.field(name), RuleWrongValue, "the name does not fit (found "+quote(name)+", want text that matches "+s.Key+")")
			return
		}
		element := reflect.New(into.Type().Elem()).Elem()
		d.value(value, s.Elem, element, at.field(name))
		into.SetMapIndex(reflect.ValueOf(name).Convert(into.Type().Key()), element)
	})
}

func (d *decoder) list(node *yaml.Node, s *shape.Shape, into reflect.Value, at *step) {
	if !d.expect(node, yaml.SequenceNode, "a list", at) {
		return
	}
	into.Set(reflect.MakeSlice(into.Type(), len(node.Content), len(node.Content)))
	for i, item := range node.Content {
		d.value(item, s.Elem, into.Index(i), at.item(i))
	}
}

// anything decodes what no definition limits.
func (d *decoder) anything(node *yaml.Node, into reflect.Value, at *step) {
	if err := node.Decode(into.Addr().Interface()); err != nil {
		d.report(node, at, RuleWrongType, err.Error())
	}
}

// expect says whether a node is of a kind, and reports it if not.
func (d *decoder) expect(node *yaml.Node, kind yaml.Kind, want string, at *step) bool {
	if node.Kind == kind {
		return true
	}
	d.report(node, at, RuleWrongType, "the value has the wrong type (found "+describe(node)+", want "+want+")")
	return false
}
