package schema

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/drover-ci/drover/schema/internal/shape"
)

//go:embed shapes_gen.json
var shapesJSON []byte

// shapes are the compiled definitions.
//
//nolint:gochecknoglobals // decoded once, never changed
var shapes = sync.OnceValue(func() shape.Table {
	var table shape.Table
	if err := json.Unmarshal(shapesJSON, &table); err != nil {
		panic(fmt.Sprintf("shapes_gen.json is not what shapegen writes: %v", err)) //nolint:forbidigo // the file is part of the program
	}
	return table
})

// plan says where each field of a definition goes in its Go type.
type plan struct {
	fields      []plannedField
	byName      map[string]int
	names       []string
	constraints []plannedConstraint
}

type plannedField struct {
	name     string
	required bool
	doc      string
	shape    *shape.Shape
	index    int
}

// of is the field of a value; the zero Value of the zero Value.
func (f plannedField) of(value reflect.Value) reflect.Value {
	if !value.IsValid() {
		return value
	}
	return value.Field(f.index)
}

// want says what a field is for, and what it may be.
func (f plannedField) want() string {
	s := shapes().Deref(f.shape)
	if len(s.Enum) > 0 {
		return "one of " + oneOf(s.Enum)
	}
	said := wantOf(s)
	if purpose, _, _ := strings.Cut(f.doc, ". "); purpose != "" {
		said += ": " + strings.TrimSuffix(sentence(purpose), ".")
	}
	return said
}

type planKey struct {
	shape *shape.Shape
	goal  reflect.Type
}

// plans caches one plan for each definition and Go type: as many as there are
// definitions, and once more for those judged without a type.
var plans sync.Map //nolint:gochecknoglobals // nobody can tell whether a plan was there before

func planFor(s *shape.Shape, into reflect.Value) *plan {
	key := planKey{shape: s}
	if into.IsValid() {
		key.goal = into.Type()
	}
	if made, ok := plans.Load(key); ok {
		found, _ := made.(*plan)
		return found
	}
	made, _ := plans.LoadOrStore(key, newPlan(s, key.goal))
	found, _ := made.(*plan)
	return found
}

// newPlan plans for a Go type, or for none.
func newPlan(s *shape.Shape, goal reflect.Type) *plan {
	indexes := map[string]int{}
	if goal != nil {
		for i := range goal.NumField() {
			name, _, _ := strings.Cut(goal.Field(i).Tag.Get("json"), ",")
			indexes[name] = i
		}
	}
	made := &plan{byName: make(map[string]int, len(s.Fields))}
	for position, field := range s.Fields {
		made.byName[field.Name] = position
		made.names = append(made.names, field.Name)
		made.fields = append(made.fields, plannedField{
			name: field.Name, required: field.Required, doc: field.Doc, shape: field.Shape, index: indexes[field.Name],
		})
	}
	for _, constraint := range s.Constraints {
		made.constraints = append(made.constraints, planConstraint(constraint, made.byName))
	}
	return made
}
