package schema

import (
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"

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
// The data may be changed afterwards: nothing of them is kept.
//
// Plain scalars follow YAML 1.1, and a number or boolean where text is
// expected becomes the text that sigs.k8s.io/yaml makes of it, because today's
// tools read the same files so.
func Decode(file string, data []byte, into any) []Problem {
	memory, _ := memories.Get().(*Memory)
	defer memories.Put(memory)
	return memory.Decode(file, data, into)
}

// Check judges a file as [Decode] does, by a definition of which no Go type is
// made, such as [ProwConfig].
func Check(file string, data []byte, definition Definition) []Problem {
	memory, _ := memories.Get().(*Memory)
	defer memories.Put(memory)
	return memory.Check(file, data, definition)
}

// Decode is [Decode] for whoever decodes many files: what they say in the same words is
// there once.
func (m *Memory) Decode(file string, data []byte, into any) []Problem {
	target := reflect.ValueOf(into).Elem()
	return m.judge(file, data, target.Type().Name(), target)
}

// Check is [Check] for whoever judges many files.
func (m *Memory) Check(file string, data []byte, definition Definition) []Problem {
	return m.judge(file, data, string(definition), reflect.Value{})
}

// judge reads a file and judges it by a definition. Into is where its values
// go, or the zero Value.
func (m *Memory) judge(file string, data []byte, definition string, into reflect.Value) []Problem {
	return SortProblems(m.judged(file, data, definition, into).problems)
}

// judged is the decoder that has judged a file: its memory is clear again.
func (m *Memory) judged(file string, data []byte, definition string, into reflect.Value) *decoder {
	defer m.clear()
	d := &decoder{file: file, Memory: m}
	root := d.parse(data)
	if root == nil {
		return d
	}
	d.value(d.today(root, definition), &shape.Shape{Kind: shape.Ref, Name: definition}, into, nil)
	if holdsJobs(definition) && len(d.problems) == 0 {
		d.jobFile(follow(root))
	}
	return d
}

// decoder collects the problems of one file.
type decoder struct {
	*Memory

	file     string
	problems []Problem
	// jobs are those of a file that holds some.
	jobs []Job
}

func (d *decoder) report(node *yaml.Node, at *step, rule, message string) {
	d.problems = append(d.problems, Problem{
		File: d.file, Line: node.Line, Column: node.Column,
		Path: at.String(), Rule: rule, Severity: Error, Message: message,
	})
}

// value decodes a node of any shape. A null leaves the zero value. What another
// file, or another part of this one, says in the same words is shared.
func (d *decoder) value(node *yaml.Node, s *shape.Shape, into reflect.Value, at *step) {
	if node = follow(node); isNull(node) {
		return
	}
	key, ok := d.shared.key(node, s, into)
	if !ok {
		d.newValue(node, s, into, at)
		return
	}
	if known, ok := d.shared.values[key]; ok {
		into.Set(known)
		return
	}
	before := len(d.problems)
	d.newValue(node, s, into, at)
	if len(d.problems) == before {
		d.shared.keep(key, into)
	}
}

func (d *decoder) newValue(node *yaml.Node, s *shape.Shape, into reflect.Value, at *step) {
	if into.Kind() == reflect.Pointer {
		into.Set(reflect.New(into.Type().Elem()))
		into = into.Elem()
	}
	if s = shapes().Deref(s); s.Kind == shape.Union && node.Kind != yaml.ScalarNode {
		s = memberFor(node, s)
	}
	switch s.Kind {
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

// memberFor is the member of a union that a mapping or a list can be; the union
// itself where there is none.
func memberFor(node *yaml.Node, union *shape.Shape) *shape.Shape {
	for _, member := range union.Of {
		member = shapes().Deref(member)
		isMapping := member.Kind == shape.Map || member.Kind == shape.Struct
		if node.Kind == yaml.MappingNode && isMapping || node.Kind == yaml.SequenceNode && member.Kind == shape.List {
			return member
		}
	}
	return union
}

func (d *decoder) structure(node *yaml.Node, s *shape.Shape, into reflect.Value, at *step) {
	if !d.expect(node, yaml.MappingNode, "a mapping", at) {
		return
	}
	if s.Open && len(s.Fields) == 0 {
		d.anything(node, into, at)
		return
	}
	plan := planFor(s, into)
	first := d.pushEntries(len(plan.fields))
	d.pairs(node, at, func(key, value *yaml.Node) {
		position, known := plan.byName[key.Value]
		if !known {
			if !s.Open {
				d.report(key, d.field(at, key.Value), RuleUnknownField, unknownField(key.Value, plan.names))
			}
			return
		}
		if value = follow(value); !isNull(value) {
			d.entries[first+position] = entry{key, value}
		}
		field := plan.fields[position]
		d.value(value, field.shape, field.of(into), d.field(at, key.Value))
	})
	entries := d.entries[first:]
	for position, field := range plan.fields {
		if field.required && entries[position].value == nil {
			d.report(node, d.field(at, field.name), RuleMissingField, "the field is required (found nothing, want "+field.want()+")")
		}
	}
	d.constraints(node, plan.constraints, entries, at)
	d.popEntries(first)
}

func (d *decoder) mapping(node *yaml.Node, s *shape.Shape, into reflect.Value, at *step) {
	if !d.expect(node, yaml.MappingNode, "a mapping", at) {
		return
	}
	if into.IsValid() {
		into.Set(reflect.MakeMapWithSize(into.Type(), len(node.Content)/2))
	}
	d.pairs(node, at, func(key, value *yaml.Node) {
		name := scalarText(key)
		if complaint := keyComplaint(s.Key, name); complaint != "" {
			d.report(key, d.field(at, name), RuleWrongValue, complaint)
			return
		}
		if !into.IsValid() {
			d.value(value, s.Elem, into, d.field(at, name))
			return
		}
		element := reflect.New(into.Type().Elem()).Elem()
		d.value(value, s.Elem, element, d.field(at, name))
		into.SetMapIndex(reflect.ValueOf(d.shared.text(name)).Convert(into.Type().Key()), element)
	})
}

func (d *decoder) list(node *yaml.Node, s *shape.Shape, into reflect.Value, at *step) {
	if !d.expect(node, yaml.SequenceNode, "a list", at) {
		return
	}
	if s.NotEmpty && len(node.Content) == 0 {
		d.report(node, at, RuleWrongValue, "the list is empty (found [], want at least one item)")
		return
	}
	if into.IsValid() {
		into.Set(reflect.MakeSlice(into.Type(), len(node.Content), len(node.Content)))
	}
	var element reflect.Value
	for i, item := range node.Content {
		if into.IsValid() {
			element = into.Index(i)
		}
		d.value(item, s.Elem, element, d.item(at, i))
	}
}

// anything decodes what no definition limits.
func (d *decoder) anything(node *yaml.Node, into reflect.Value, at *step) {
	if !into.IsValid() {
		d.onlyKeys(node, at)
		return
	}
	ownTexts(node)
	if err := node.Decode(into.Addr().Interface()); err != nil {
		d.report(node, at, RuleWrongType, err.Error())
	}
}

// ownTexts has a node and those in it be no parts of the file.
func ownTexts(node *yaml.Node) {
	node.Value = strings.Clone(node.Value)
	for _, each := range node.Content {
		ownTexts(each)
	}
}

// onlyKeys judges what no definition limits: no key may be given twice.
func (d *decoder) onlyKeys(node *yaml.Node, at *step) {
	switch node = follow(node); node.Kind {
	case yaml.MappingNode:
		d.pairs(node, at, func(key, value *yaml.Node) { d.onlyKeys(value, d.field(at, key.Value)) })
	case yaml.SequenceNode:
		for i, item := range node.Content {
			d.onlyKeys(item, d.item(at, i))
		}
	default:
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
