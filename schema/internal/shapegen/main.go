// Shapegen compiles the CUE definitions of a folder into the tables that the
// decoder reads, as a JSON file:
//
//	shapegen ./schema schema/shapes_gen.json
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/load"

	"github.com/drover-ci/drover/schema/internal/shape"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "shapegen:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return errors.New("want a folder of CUE files, and the file to write")
	}
	instances := load.Instances(args[:1], nil)
	value := cuecontext.New().BuildInstance(instances[0])
	if err := value.Err(); err != nil {
		return fmt.Errorf("build %s: %w", args[0], err)
	}
	table, err := compileDefinitions(value)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetIndent("", " ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(table); err != nil {
		return err
	}
	return os.WriteFile(args[1], out.Bytes(), 0o600)
}

func compileDefinitions(value cue.Value) (shape.Table, error) {
	table := shape.Table{}
	fields, err := value.Fields(cue.Definitions(true))
	if err != nil {
		return nil, fmt.Errorf("list definitions: %w", err)
	}
	for fields.Next() {
		name := fields.Selector().String()
		if !strings.HasPrefix(name, "#") {
			continue
		}
		compiled, err := compile(fields.Value())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		compiled.Doc = documentation(fields.Value())
		table[strings.TrimPrefix(name, "#")] = compiled
	}
	return table, nil
}

// reference is the shape of a use of a definition: its name where the value is
// nothing but that, else what it compiles to.
func reference(value cue.Value) (*shape.Shape, error) {
	_, path := value.ReferencePath()
	if selectors := path.Selectors(); len(selectors) == 1 && selectors[0].IsDefinition() {
		return &shape.Shape{Kind: shape.Ref, Name: strings.TrimPrefix(selectors[0].String(), "#")}, nil
	}
	return compile(value)
}

func compile(value cue.Value) (*shape.Shape, error) {
	switch op, operands := value.Expr(); op {
	case cue.OrOp:
		return compileUnion(operands)
	case cue.AndOp:
		if value.IncompleteKind() == cue.StructKind {
			return compileStruct(value)
		}
		return compileIntersection(operands)
	case cue.RegexMatchOp:
		pattern, err := operands[len(operands)-1].String()
		return &shape.Shape{Kind: shape.String, Patterns: []string{pattern}}, err
	case cue.GreaterThanEqualOp, cue.LessThanEqualOp, cue.GreaterThanOp, cue.LessThanOp:
		return compileBound(op, operands[len(operands)-1])
	default:
		return compileKind(value)
	}
}

func compileKind(value cue.Value) (*shape.Shape, error) {
	switch kind := value.IncompleteKind(); kind {
	case cue.StructKind:
		return compileStruct(value)
	case cue.ListKind:
		element := value.LookupPath(cue.MakePath(cue.AnyIndex))
		if !element.Exists() {
			return &shape.Shape{Kind: shape.List, Elem: &shape.Shape{Kind: shape.Any}}, nil
		}
		compiled, err := reference(element)
		return &shape.Shape{Kind: shape.List, Elem: compiled}, err
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
		return &shape.Shape{Kind: shape.Bool}, nil
	case cue.TopKind:
		return &shape.Shape{Kind: shape.Any}, nil
	default:
		return nil, fmt.Errorf("%v: kind %v has no compiled form", value, kind)
	}
}

// compileStruct makes a Map of a struct that has only a pattern for its
// fields, and a Struct of every other.
func compileStruct(value cue.Value) (*shape.Shape, error) {
	fields, err := value.Fields(cue.Optional(true), cue.Patterns(true))
	if err != nil {
		return nil, err
	}
	compiled := &shape.Shape{Kind: shape.Struct}
	for fields.Next() {
		selector := fields.Selector()
		element, err := reference(fields.Value())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", selector, err)
		}
		if selector.ConstraintType() == cue.PatternConstraint {
			return compileMap(selector.Pattern(), element)
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

func compileMap(pattern cue.Value, element *shape.Shape) (*shape.Shape, error) {
	key, err := compile(pattern)
	if err != nil {
		return nil, err
	}
	compiled := &shape.Shape{Kind: shape.Map, Elem: element}
	if len(key.Patterns) > 0 {
		compiled.Key = key.Patterns[0]
	}
	return compiled, nil
}

// compileUnion makes one enumeration of string values, and a Union of others.
func compileUnion(operands []cue.Value) (*shape.Shape, error) {
	union := &shape.Shape{Kind: shape.Union}
	enumeration := &shape.Shape{Kind: shape.String}
	for _, operand := range operands {
		member, err := reference(operand)
		if err != nil {
			return nil, err
		}
		if len(member.Enum) > 0 {
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

func compileIntersection(operands []cue.Value) (*shape.Shape, error) {
	merged := &shape.Shape{Kind: shape.Any}
	for _, operand := range operands {
		part, err := compile(operand)
		if err != nil {
			return nil, err
		}
		if merged.Kind == shape.Any || merged.Kind == shape.Number {
			merged.Kind = part.Kind
		}
		merged.Patterns = append(merged.Patterns, part.Patterns...)
		merged.Enum = append(merged.Enum, part.Enum...)
		if part.Min != nil {
			merged.Min = part.Min
		}
		if part.Max != nil {
			merged.Max = part.Max
		}
	}
	return merged, nil
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

func documentation(value cue.Value) string {
	var paragraphs []string
	for _, group := range value.Doc() {
		paragraphs = append(paragraphs, strings.Join(strings.Fields(group.Text()), " "))
	}
	if len(paragraphs) == 0 {
		return ""
	}
	return paragraphs[0]
}
