package schema

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/drover-ci/drover/schema/internal/shape"
)

// plannedConstraint is a constraint whose fields are known by position.
type plannedConstraint struct {
	*shape.Constraint

	of       []condition
	when     condition
	required condition
}

// condition is what has to be true of some fields, all of it.
type condition []need

// need is what has to be true of one field. Its position is -1 where a
// definition that shares the constraint with others has no such field.
type need struct {
	name     string
	position int
	shape    *shape.Shape
}

func planConstraint(constraint shape.Constraint, positions map[string]int) plannedConstraint {
	made := plannedConstraint{
		Constraint: &constraint,
		when:       planCondition(constraint.If, positions),
		required:   planCondition(constraint.Then, positions),
	}
	for _, alternative := range constraint.Of {
		made.of = append(made.of, planCondition(alternative, positions))
	}
	return made
}

func planCondition(s *shape.Shape, positions map[string]int) condition {
	if s == nil {
		return nil
	}
	var made condition
	for _, field := range s.Fields {
		position, known := positions[field.Name]
		if !known {
			position = -1
		}
		made = append(made, need{name: field.Name, position: position, shape: field.Shape})
	}
	return made
}

// missing is the first need that is not met, or nil.
func (c condition) missing(entries []entry) *need {
	for i := range c {
		if c[i].position < 0 {
			return &c[i]
		}
		value := entries[c[i].position].value
		if value == nil || !holds(value, c[i].shape) {
			return &c[i]
		}
	}
	return nil
}

// names are the fields that a condition is about.
func (c condition) names() string {
	names := make([]string, 0, len(c))
	for _, each := range c {
		names = append(names, each.name)
	}
	return strings.Join(names, " with ")
}

// constraints holds the fields of a mapping against each constraint, but for
// those that one which does not hold stands for.
func (d *decoder) constraints(node *yaml.Node, all []plannedConstraint, entries []entry, at *step) {
	var broken []string
	for _, c := range all {
		if slices.ContainsFunc(c.Unless, func(other string) bool { return slices.Contains(broken, other) }) {
			continue
		}
		before := len(d.problems)
		if d.constrain(node, c, entries, at); len(d.problems) > before {
			broken = append(broken, c.Name)
		}
	}
}

// constrain reports fields of a mapping that do not fit together.
func (d *decoder) constrain(node *yaml.Node, c plannedConstraint, entries []entry, at *step) {
	if c.when != nil && c.when.missing(entries) != nil {
		return
	}
	if c.required == nil {
		d.constrainCount(node, c, entries, at)
		return
	}
	lacking := c.required.missing(entries)
	if lacking == nil {
		return
	}
	if given := lacking.given(entries); given.value != nil && len(lacking.shape.Enum) > 0 {
		d.report(given.value, d.field(at, lacking.name), c.Rule,
			fmt.Sprintf("%s (found %s, want %s)", sentence(c.Doc), describe(given.value), oneOf(lacking.shape.Enum)))
		return
	}
	first := c.when[0]
	d.report(entries[first.position].key, d.field(at, first.name), c.Rule,
		fmt.Sprintf("%s (found %s by itself, want %s too)", sentence(c.Doc), c.when.names(), c.required.names()))
}

// given is the entry of the field that a need is about; empty where there is
// none.
func (n *need) given(entries []entry) entry {
	if n.position < 0 {
		return entry{}
	}
	return entries[n.position]
}

func (d *decoder) constrainCount(node *yaml.Node, c plannedConstraint, entries []entry, at *step) {
	var found, all []string
	var last need
	for _, alternative := range c.of {
		all = append(all, alternative.names())
		if alternative.missing(entries) != nil {
			continue
		}
		found = append(found, alternative.names())
		if len(found) == c.Max+1 {
			last = alternative[0]
		}
	}
	switch {
	case len(found) > c.Max && c.Max == 0 && c.when != nil:
		first := c.when[0]
		d.report(entries[last.position].key, d.field(at, last.name), c.Rule,
			fmt.Sprintf("%s (found %s and %s, want only one of them)", sentence(c.Doc), first.name, and(found)))
	case len(found) > c.Max:
		d.report(entries[last.position].key, d.field(at, last.name), c.Rule,
			fmt.Sprintf("%s (found %s, want %s)", sentence(c.Doc), and(found), c.count(all)))
	case len(found) < c.Min && c.when != nil:
		first := c.when[0]
		d.report(entries[first.position].key, d.field(at, first.name), c.Rule,
			fmt.Sprintf("%s (found %s by itself, want %s)", sentence(c.Doc), c.when.names(), c.count(all)))
	case len(found) < c.Min:
		d.report(node, at, c.Rule, fmt.Sprintf("%s (found none, want %s)", sentence(c.Doc), c.count(all)))
	}
}

// count says how many of some fields there should be.
func (c plannedConstraint) count(all []string) string {
	switch {
	case c.Min == 0 && c.Max == 1 && len(all) == 2:
		return "only one of them"
	case c.Min == 0:
		return fmt.Sprintf("at most %d of them", c.Max)
	case c.Min == c.Max && c.Max == 1:
		return "one of " + and(all)
	default:
		return fmt.Sprintf("at least %d of %s", c.Min, and(all))
	}
}

// and lists names as people do: a, b and c.
func and(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// sentence is a comment as the start of a message.
func sentence(doc string) string {
	first, size := utf8.DecodeRuneInString(doc)
	return strings.TrimSuffix(string(unicode.ToLower(first))+doc[size:], ".")
}

// holds says whether a value, which is not null, is what a constraint asks
// about. It knows the few shapes that constraints are made of.
func holds(node *yaml.Node, s *shape.Shape) bool {
	switch s = shapes().Deref(s); s.Kind {
	case shape.Any:
		return true
	case shape.Struct:
		return node.Kind == yaml.MappingNode && fieldsHold(node, s.Fields)
	case shape.List:
		return node.Kind == yaml.SequenceNode && (!s.NotEmpty || len(node.Content) > 0)
	case shape.Map:
		return node.Kind == yaml.MappingNode
	case shape.Bool:
		kind, text := resolveScalar(node)
		return node.Kind == yaml.ScalarNode && kind == boolScalar && (len(s.Enum) == 0 || slices.Contains(s.Enum, text))
	default:
		return node.Kind == yaml.ScalarNode && stringComplaint(s, scalarText(node)) == ""
	}
}

func fieldsHold(node *yaml.Node, fields []shape.Field) bool {
	for _, field := range fields {
		_, value := child(node, field.Name)
		if value == nil {
			return false
		}
		if value = follow(value); isNull(value) || !holds(value, field.Shape) {
			return false
		}
	}
	return true
}
