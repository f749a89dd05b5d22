package main

import (
	"fmt"
	"strings"
	"time"

	"cuelang.org/go/cue"

	"github.com/drover-ci/drover/schema/internal/shape"
)

// compileAll compiles every definition of a package, but for those that only
// lend their fields to another: what says @go(Test) is compiled as #Test is.
func compileAll(value cue.Value) (shape.Table, error) {
	c := &compiler{fields: map[string]cue.Value{}}
	fields, err := value.Fields(cue.Definitions(true), cue.Hidden(true))
	if err != nil {
		return nil, fmt.Errorf("list definitions: %w", err)
	}
	for fields.Next() {
		c.fields[fields.Selector().String()] = fields.Value()
	}
	table := shape.Table{}
	for selector, field := range c.fields {
		name, isDefinition := strings.CutPrefix(selector, "#")
		if !isDefinition || lendsFields(name, field) {
			continue
		}
		compiled, err := c.definition(field)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", selector, err)
		}
		table[name] = compiled
	}
	return table, nil
}

func lendsFields(name string, value cue.Value) bool {
	goName := attribute(value, "go")
	return goName != "" && goName != "-" && goName != name
}

// definition compiles a definition: what it is, and the constraints on it.
func (c *compiler) definition(value cue.Value) (*shape.Shape, error) {
	compiled, err := c.compile(value)
	if err != nil {
		return nil, err
	}
	compiled.Doc = documentation(value)
	compiled.Constraints, err = c.constraints(value)
	return compiled, err
}

// reference is the shape of a use of a definition or of a named form: the
// definition's name or the form itself where the value is nothing but that,
// else what it compiles to.
func (c *compiler) reference(value cue.Value) (*shape.Shape, error) {
	name := named(value)
	switch {
	case strings.HasPrefix(name, "#"):
		return &shape.Shape{Kind: shape.Ref, Name: strings.TrimPrefix(name, "#")}, nil
	case strings.HasPrefix(name, "_"):
		return c.form(name)
	default:
		return c.compile(value)
	}
}

// named is the name of the definition or hidden field that a value refers to,
// or "".
func named(value cue.Value) string {
	_, path := value.ReferencePath()
	if selectors := path.Selectors(); len(selectors) == 1 {
		return selectors[0].String()
	}
	return ""
}

// form compiles a hidden field: a named form of text or numbers.
func (c *compiler) form(name string) (*shape.Shape, error) {
	value := c.fields[name]
	if format := attribute(value, "format"); format != "" {
		return &shape.Shape{
			Kind: shape.String, Format: format, Want: documentation(value), Rule: attribute(value, "rule"),
		}, nil
	}
	compiled, err := c.compile(value)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if limit := attribute(value, "max"); limit != "" {
		duration, err := time.ParseDuration(limit)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		compiled.Max = new(int64(duration))
	}
	compiled.Want = documentation(value)
	compiled.Rule = attribute(value, "rule")
	return compiled, nil
}

// attribute is the first argument of an attribute, or "".
func attribute(value cue.Value, name string) string {
	found := value.Attribute(name)
	text, err := found.String(0)
	if err != nil {
		return ""
	}
	return text
}

func documentation(value cue.Value) string {
	for _, group := range value.Doc() {
		return strings.Join(strings.Fields(group.Text()), " ")
	}
	return ""
}
