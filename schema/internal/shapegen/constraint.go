package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"cuelang.org/go/cue"

	"github.com/drover-ci/drover/schema/internal/shape"
)

// constraints compiles those on a definition: hidden fields that it is unified
// with, in order.
func (c *compiler) constraints(value cue.Value) ([]shape.Constraint, error) {
	var all []shape.Constraint
	for _, operand := range conjuncts(value) {
		name := named(operand)
		if !strings.HasPrefix(name, "_") {
			continue
		}
		field := c.fields[name]
		if parts := conjuncts(field); len(parts) > 1 {
			more, err := c.constraints(field)
			if err != nil {
				return nil, err
			}
			all = append(all, more...)
			continue
		}
		constraint, err := c.constraint(field)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		constraint.Name = strings.TrimPrefix(name, "_")
		for _, other := range constraint.Unless {
			if !slices.ContainsFunc(all, func(before shape.Constraint) bool { return before.Name == other }) {
				return nil, fmt.Errorf("%s: @unless names %s, which does not come before it", name, other)
			}
		}
		all = append(all, constraint)
	}
	return all, nil
}

// conjuncts are the operands of a chain of "&"; the value itself where it is
// none.
func conjuncts(value cue.Value) []cue.Value {
	op, operands := value.Expr()
	if op != cue.AndOp {
		return []cue.Value{value}
	}
	var all []cue.Value
	for _, operand := range operands {
		if named(operand) != "" {
			all = append(all, operand)
			continue
		}
		all = append(all, conjuncts(operand)...)
	}
	return all
}

// constraint compiles a call of matchN or matchIf.
func (c *compiler) constraint(value cue.Value) (shape.Constraint, error) {
	made := shape.Constraint{Rule: attribute(value, "rule"), Doc: documentation(value), Unless: attributes(value, "unless")}
	if made.Rule == "" || made.Doc == "" {
		return made, errors.New("a constraint wants a comment, and an attribute @rule")
	}
	op, operands := value.Expr()
	if op != cue.CallOp {
		return made, fmt.Errorf("%v is no constraint: want matchN or matchIf", value)
	}
	var err error
	switch function := fmt.Sprint(operands[0]); function {
	case "matchN":
		err = c.matchN(&made, operands[1], operands[2])
		return made, err
	case "matchIf":
		if made.If, err = c.condition(operands[1]); err != nil {
			return made, err
		}
		if op, call := operands[2].Expr(); op == cue.CallOp {
			err = c.matchN(&made, call[1], call[2])
			return made, err
		}
		made.Then, err = c.condition(operands[2])
		return made, err
	default:
		return made, fmt.Errorf("%s has no compiled form", function)
	}
}

func (c *compiler) matchN(into *shape.Constraint, count, alternatives cue.Value) error {
	list, err := alternatives.List()
	if err != nil {
		return err
	}
	for list.Next() {
		condition, err := c.condition(list.Value())
		if err != nil {
			return err
		}
		into.Of = append(into.Of, condition)
	}
	into.Max = len(into.Of)
	if exact, err := count.Int64(); err == nil {
		into.Min, into.Max = int(exact), int(exact)
		return nil
	}
	bounds, err := c.compile(count)
	if err != nil {
		return err
	}
	if bounds.Min != nil {
		into.Min = int(*bounds.Min)
	}
	if bounds.Max != nil {
		into.Max = int(*bounds.Max)
	}
	return nil
}

// condition compiles a struct that says something of some fields. A field that
// it does not require would hold where it is absent, which reads as if it did
// not.
func (c *compiler) condition(value cue.Value) (*shape.Shape, error) {
	compiled, err := c.compileStruct(value)
	if err != nil {
		return nil, err
	}
	for _, field := range compiled.Fields {
		if !field.Required {
			return nil, fmt.Errorf("%s: it has to be required, as in %[1]s!: _", field.Name)
		}
	}
	return compiled, nil
}
