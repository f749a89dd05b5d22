package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"cuelang.org/go/cue"

	"github.com/drover-ci/drover/schema/internal/shape"
)

func (c *compiler) compile(value cue.Value) (*shape.Shape, error) {
	switch op, operands := value.Expr(); op {
	case cue.OrOp:
		return c.compileUnion(operands)
	case cue.AndOp:
		if value.IncompleteKind() == cue.StructKind {
			return c.compileStruct(value)
		}
		return c.compileIntersection(operands)
	case cue.SelectorOp:
		return c.compileSelector(value)
	case cue.RegexMatchOp:
		pattern, err := operands[len(operands)-1].String()
		return &shape.Shape{Kind: shape.String, Patterns: []string{pattern}}, err
	case cue.NotEqualOp:
		if text, err := operands[len(operands)-1].String(); err != nil || text != "" {
			return nil, fmt.Errorf(`%v has no compiled form: want !=""`, value)
		}
		return &shape.Shape{Kind: shape.String, NotEmpty: true}, nil
	case cue.GreaterThanEqualOp, cue.LessThanEqualOp, cue.GreaterThanOp, cue.LessThanOp:
		return compileBound(op, operands[len(operands)-1])
	default:
		return c.compileKind(value)
	}
}

// compileSelector compiles what is known by a name. A function of CUE's own
// that judges text has a compiled form only under a name of ours.
func (c *compiler) compileSelector(value cue.Value) (*shape.Shape, error) {
	name := named(value)
	if definition, ok := c.fields[name]; ok && strings.HasPrefix(name, "#") {
		return c.compile(definition)
	}
	if strings.HasPrefix(name, "_") {
		return c.form(name)
	}
	return nil, fmt.Errorf("%s has no compiled form here: give it a name, and an attribute @format", name)
}

func (c *compiler) compileKind(value cue.Value) (*shape.Shape, error) {
	switch kind := value.IncompleteKind(); kind {
	case cue.StructKind:
		return c.compileStruct(value)
	case cue.ListKind:
		return c.compileList(value)
	case cue.StringKind:
		if text, err := value.String(); err == nil {
			return &shape.Shape{Kind: shape.String, Enum: []string{text}}, nil
		}
		return &shape.Shape{Kind: shape.String}, nil
	case cue.IntKind:
		return &shape.Shape{Kind: shape.Int}, nil
	case cue.NumberKind, cue.FloatKind:
		return &shape.Shape{Kind: shape.Number}, nil
	case cue.BoolKind:
		if truth, err := value.Bool(); err == nil {
			return &shape.Shape{Kind: shape.Bool, Enum: []string{strconv.FormatBool(truth)}}, nil
		}
		return &shape.Shape{Kind: shape.Bool}, nil
	case cue.TopKind:
		return &shape.Shape{Kind: shape.Any}, nil
	default:
		return nil, fmt.Errorf("%v: kind %v has no compiled form", value, kind)
	}
}

// compileList compiles [...x], and [_, ...x] as one that is not empty.
func (c *compiler) compileList(value cue.Value) (*shape.Shape, error) {
	compiled := &shape.Shape{Kind: shape.List, Elem: &shape.Shape{Kind: shape.Any}}
	if first := value.LookupPath(cue.MakePath(cue.Index(0))); first.Exists() {
		compiled.NotEmpty = true
	}
	element := value.LookupPath(cue.MakePath(cue.AnyIndex))
	if !element.Exists() {
		return compiled, nil
	}
	var err error
	compiled.Elem, err = c.reference(element)
	return compiled, err
}

// compileStruct makes a Map of a struct that has only a pattern for its
// fields, and a Struct of every other.
func (c *compiler) compileStruct(value cue.Value) (*shape.Shape, error) {
	fields, err := value.Fields(cue.Optional(true), cue.Patterns(true))
	if err != nil {
		return nil, err
	}
	compiled := &shape.Shape{Kind: shape.Struct}
	for fields.Next() {
		selector := fields.Selector()
		element, err := c.reference(fields.Value())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", selector, err)
		}
		if selector.ConstraintType() == cue.PatternConstraint {
			return c.compileMap(selector.Pattern(), element)
		}
		compiled.Fields = append(compiled.Fields, shape.Field{
			Name:     selector.Unquoted(),
			Required: selector.ConstraintType() != cue.OptionalConstraint,
			Doc:      documentation(fields.Value()),
			Shape:    element,
		})
	}
	compiled.Open = value.Allows(cue.AnyString)
	return compiled, nil
}

func (c *compiler) compileMap(pattern cue.Value, element *shape.Shape) (*shape.Shape, error) {
	key, err := c.reference(pattern)
	if err != nil {
		return nil, err
	}
	compiled := &shape.Shape{Kind: shape.Map, Elem: element}
	if len(key.Patterns) > 0 || len(key.Enum) > 0 {
		compiled.Key = c.wordsFor(key)
	}
	return compiled, nil
}

// wordsFor finds the words for what names must match: CUE does not tell by
// which name a pattern for fields was written.
func (c *compiler) wordsFor(key *shape.Shape) *shape.Shape {
	for _, name := range slices.Sorted(maps.Keys(c.fields)) {
		if !strings.HasPrefix(name, "_") || c.fields[name].IncompleteKind()&cue.StringKind == 0 {
			continue // no form of text
		}
		form, err := c.form(name)
		if err == nil && len(key.Patterns) > 0 && slices.Equal(form.Patterns, key.Patterns) {
			return form
		}
	}
	return key
}

// compileUnion makes one enumeration of string values, and a Union of others.
func (c *compiler) compileUnion(operands []cue.Value) (*shape.Shape, error) {
	union := &shape.Shape{Kind: shape.Union}
	enumeration := &shape.Shape{Kind: shape.String}
	for _, operand := range operands {
		member, err := c.reference(operand)
		if err != nil {
			return nil, err
		}
		if member.Kind == shape.String && len(member.Enum) > 0 {
			enumeration.Enum = append(enumeration.Enum, member.Enum...)
			continue
		}
		union.Of = append(union.Of, member)
	}
	if len(enumeration.Enum) == 0 {
		return union, nil
	}
	if len(union.Of) == 0 {
		return enumeration, nil
	}
	union.Of = append(union.Of, enumeration)
	return union, nil
}

func (c *compiler) compileIntersection(operands []cue.Value) (*shape.Shape, error) {
	merged := &shape.Shape{Kind: shape.Any}
	for _, operand := range operands {
		part, err := c.compile(operand)
		if err != nil {
			return nil, err
		}
		if merged.Kind == shape.Any || merged.Kind == shape.Number {
			merged.Kind = part.Kind
		}
		merge(merged, part)
	}
	return merged, nil
}

func merge(merged, part *shape.Shape) {
	merged.Patterns = append(merged.Patterns, part.Patterns...)
	merged.Enum = append(merged.Enum, part.Enum...)
	merged.NotEmpty = merged.NotEmpty || part.NotEmpty
	if part.Min != nil {
		merged.Min = part.Min
	}
	if part.Max != nil {
		merged.Max = part.Max
	}
	if part.Format != "" {
		merged.Format = part.Format
	}
	if part.Want != "" {
		merged.Want, merged.Rule = part.Want, part.Rule
	}
}

func compileBound(op cue.Op, operand cue.Value) (*shape.Shape, error) {
	bound, err := operand.Int64()
	if err != nil {
		return nil, fmt.Errorf("bound %v: %w", operand, err)
	}
	compiled := &shape.Shape{Kind: shape.Number}
	switch op {
	case cue.GreaterThanEqualOp:
		compiled.Min = &bound
	case cue.LessThanEqualOp:
		compiled.Max = &bound
	case cue.GreaterThanOp:
		bound++
		compiled.Min = &bound
	default:
		bound--
		compiled.Max = &bound
	}
	return compiled, nil
}
