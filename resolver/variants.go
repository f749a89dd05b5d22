package resolver

import (
	"encoding/binary"
	"sync/atomic"

	"github.com/drover-ci/drover/schema"
)

// variants makes the registry's steps, and what tests make of them, and makes
// what is equal only once.
type variants struct {
	steps     interned[Step]
	sequences interned[sequence]
	lastID    atomic.Uint64
}

func newVariants() *variants { return &variants{} }

// add makes a step that comes from the registry as it stands.
func (v *variants) add(literal schema.LiteralTestStep) *Step {
	return &Step{literal: literal, id: v.lastID.Add(1), script: &fragment{}}
}

// with gives a step with overrides applied: the step itself where they change
// nothing. A step that is not the registry's is not shared and simply copied.
func (v *variants) with(step *Step, values *overrides) *Step {
	var space [256]byte
	id := binary.AppendUvarint(space[:0], step.id)
	key := values.appendChanges(id, &step.literal)
	if len(key) == len(id) {
		return step
	}
	if !step.shared() {
		return &Step{literal: values.apply(step.literal)}
	}
	if variant := v.steps.get(key); variant != nil {
		return variant
	}
	variant := &Step{literal: values.apply(step.literal), id: v.lastID.Add(1), script: step.script}
	return v.steps.put(string(key), variant)
}
