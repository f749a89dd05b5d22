package main

import (
	"slices"

	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/internal/shape"
)

// object is a JSON object; it is written with sorted names.
type object map[string]any

// Definitions that describe the older forms of others: fields beside today's,
// and files that are something else as a whole.
const (
	today, older       = "Config", "OlderConfig"
	todayList, olderer = "ClusterProfilesFile", "OlderClusterProfilesFile"
)

// compiler makes one document. It collects the definitions that are referred
// to.
type compiler struct {
	table   shape.Table
	defined object
}

// Words of JSON Schema that many places need.
const (
	anyOf  = "anyOf"
	typeIs = "type"
)

// document is the schema of a kind of file.
func document(table shape.Table, kind schema.Kind) object {
	c := &compiler{table: table, defined: object{}}
	roots := []any{c.reference(kind.Definition)}
	if kind.Definition == todayList {
		roots = append(roots, c.reference(olderer))
	}
	return object{
		"$schema":     "http://json-schema.org/draft-07/schema#",
		"$id":         base + kind.Name + ".json",
		"title":       kind.Name,
		"description": kind.Doc,
		anyOf:         roots,
		"definitions": c.defined,
	}
}

// reference refers to a definition, and sees to it that it is there.
func (c *compiler) reference(name string) object {
	if _, known := c.defined[name]; !known {
		c.defined[name] = object{} // a definition that holds itself is not gone into again
		compiled := c.compile(c.table[name])
		if doc := c.table[name].Doc; doc != "" {
			compiled["description"] = doc
		}
		c.defined[name] = compiled
	}
	return object{"$ref": "#/definitions/" + name}
}

func (c *compiler) compile(s *shape.Shape) object {
	switch s.Kind {
	case shape.Ref:
		return c.reference(s.Name)
	case shape.Struct:
		return c.structure(s)
	case shape.Map:
		return c.mapping(s)
	case shape.List:
		return c.list(s)
	case shape.Union:
		return c.union(s)
	case shape.Any:
		return object{}
	default:
		return scalar(s)
	}
}

func (c *compiler) structure(s *shape.Shape) object {
	properties := object{}
	required := []string{}
	for _, field := range s.Fields {
		properties[field.Name] = c.field(field)
		if field.Required {
			required = append(required, field.Name)
		}
	}
	if s == c.table[today] {
		c.addOlder(properties)
	}
	compiled := object{typeIs: "object", "properties": properties}
	if !s.Open {
		compiled["additionalProperties"] = false
	}
	if len(required) > 0 {
		compiled["required"] = required
	}
	var all []any
	for _, constraint := range s.Constraints {
		all = append(all, c.constraint(constraint)...)
	}
	if len(all) > 0 {
		compiled["allOf"] = all
	}
	return compiled
}

// field is what a field may hold. One that may be left out may also be empty.
// Nothing stands beside a reference: readers of draft 7 would not see it.
func (c *compiler) field(field shape.Field) object {
	alternatives := []any{c.compile(field.Shape)}
	if !field.Required {
		alternatives = append(alternatives, object{typeIs: "null"})
	}
	compiled := object{anyOf: alternatives}
	if field.Doc != "" {
		compiled["description"] = field.Doc
	}
	return compiled
}

// addOlder allows the older forms of a configuration's fields.
func (c *compiler) addOlder(properties object) {
	for _, field := range c.table[older].Fields {
		old := c.field(field)
		old["deprecated"], old["deprecationMessage"] = true, field.Doc
		if now, ok := properties[field.Name].(object); ok {
			alternatives, _ := now[anyOf].([]any)
			now[anyOf] = append(slices.Clone(alternatives), old)
			continue
		}
		properties[field.Name] = old
	}
}

func (c *compiler) mapping(s *shape.Shape) object {
	compiled := object{typeIs: "object", "additionalProperties": orNull(c.compile(s.Elem))}
	if s.Key != nil {
		compiled["propertyNames"] = scalar(s.Key)
	}
	return compiled
}

func (c *compiler) list(s *shape.Shape) object {
	compiled := object{typeIs: "array", "items": orNull(c.compile(s.Elem))}
	if s.NotEmpty {
		compiled["minItems"] = 1
	}
	return compiled
}

// orNull allows nothing where something may stand: an item or a value that is
// empty is the zero value.
func orNull(compiled object) object {
	return object{anyOf: []any{compiled, object{typeIs: "null"}}}
}

func (c *compiler) union(s *shape.Shape) object {
	members := make([]any, 0, len(s.Of))
	for _, member := range s.Of {
		members = append(members, c.compile(member))
	}
	return object{anyOf: members}
}

// scalar is text, a number or a truth value. The decoder makes text of the
// others where text is wanted, so that a tag may be written 4.16.
func scalar(s *shape.Shape) object {
	compiled := object{}
	switch {
	case s.Kind == shape.Bool && slices.Equal(s.Enum, []string{"true"}):
		return object{"const": true}
	case s.Kind == shape.Bool:
		return object{typeIs: "boolean"}
	case s.Kind == shape.Int:
		compiled[typeIs] = "integer"
	case s.Kind == shape.Number:
		compiled[typeIs] = "number"
	case len(s.Enum) > 0:
		return object{"enum": s.Enum}
	default:
		compiled[typeIs] = []string{"string", "number", "boolean"}
	}
	if s.Min != nil && s.Kind != shape.String {
		compiled["minimum"] = *s.Min
	}
	if s.Max != nil && s.Kind != shape.String {
		compiled["maximum"] = *s.Max
	}
	if s.NotEmpty {
		compiled["minLength"] = 1
	}
	if s.Want != "" {
		compiled["errorMessage"] = "want " + s.Want
	}
	addPatterns(compiled, s)
	return compiled
}

// addPatterns says what expressions text must match, all of them.
func addPatterns(compiled object, s *shape.Shape) {
	switch len(s.Patterns) {
	case 0:
	case 1:
		compiled["pattern"] = s.Patterns[0]
	default:
		var all []any
		for _, pattern := range s.Patterns {
			all = append(all, object{"pattern": pattern})
		}
		compiled["allOf"] = all
	}
}

// constraint is what several fields must fit together in.
func (c *compiler) constraint(constraint shape.Constraint) []any {
	if constraint.If == nil {
		return c.counts(constraint)
	}
	then := object{"allOf": c.counts(constraint)}
	if constraint.Then != nil {
		then = c.condition(constraint.Then)
	}
	return []any{object{"if": c.condition(constraint.If), "then": then}}
}

// counts is how many of some conditions must hold.
func (c *compiler) counts(constraint shape.Constraint) []any {
	var all []any
	members := make([]any, 0, len(constraint.Of))
	for _, member := range constraint.Of {
		members = append(members, c.condition(member))
	}
	if constraint.Min > 0 {
		all = append(all, object{anyOf: members})
	}
	if constraint.Max == 0 {
		all = append(all, object{"not": object{anyOf: members}})
	}
	if constraint.Max == 1 {
		for i := range members {
			for j := range i {
				all = append(all, object{"not": object{"allOf": []any{members[j], members[i]}}})
			}
		}
	}
	return all
}

// condition is an open struct whose fields must be given, and not be empty.
func (c *compiler) condition(s *shape.Shape) object {
	properties := object{}
	required := []string{}
	for _, field := range c.table.Deref(s).Fields {
		properties[field.Name] = object{"allOf": []any{object{"not": object{typeIs: "null"}}, c.compile(field.Shape)}}
		required = append(required, field.Name)
	}
	return object{"properties": properties, "required": required}
}
