package main

import (
	"fmt"
	"strings"
	"time"

	"cuelang.org/go/cue"

	"github.com/drover-ci/drover/schema/internal/shape"
)

// compileAll compiles every definition of a package, but for those that only
// lend their fields to another: #TestFields is compiled as #Test is.
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
		if !isDefinition || c.lendsFields(name) {
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

func (c *compiler) lendsFields(name string) bool {
	owner, ok := strings.CutSuffix(name, "Fields")
	_, found := c.fields["#"+owner]
	return ok && found
}

// definition compiles a definition: what it is, and the constraints on it.
func (c *compiler) definition(value cue.Value) (*shape.Shape, error) {
	constraints, err := c.constraints(value)
	if err != nil {
		return nil, err
	}
	if len(constraints) > 0 { // then it is the fields that another lends, and these
		value = c.fields[named(conjuncts(value)[0])]
	}
	compiled, err := c.compile(value)
	if err != nil {
		return nil, err
	}
	compiled.Doc, compiled.Constraints = documentation(value), constraints
	return compiled, nil
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
	format := attribute(value, "format")
	compiled, err := c.compile(value)
	if format != "" && (err != nil || len(compiled.Patterns) > 0) {
		compiled, err = &shape.Shape{Kind: shape.String}, nil // the format says all, and more exactly
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	compiled.Format = format
	if limit := attribute(value, "max"); limit != "" {
		duration, err := time.ParseDuration(limit)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		compiled.Max = new(int64(duration))
	}
	if of, isDefinition := strings.CutPrefix(named(value), "#"); isDefinition { // a definition with more to it
		compiled.Name, compiled.Doc = of, documentation(c.fields["#"+of])
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

// attributes are all arguments of an attribute.
func attributes(value cue.Value, name string) []string {
	found := value.Attribute(name)
	var all []string
	for i := range found.NumArgs() {
		text, _ := found.Arg(i)
		all = append(all, text)
	}
	return all
}

func documentation(value cue.Value) string {
	for _, group := range value.Doc() {
		return strings.Join(strings.Fields(group.Text()), " ")
	}
	return ""
}
