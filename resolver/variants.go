package resolver

import (
	"encoding/binary"
	"sync/atomic"

	"github.com/drover-ci/drover/schema"
)

// variants makes the registry's steps, and what tests make of them, and makes equal
// ones only once.
type variants struct {
	steps *inUse[string, Step]
	tests *inUse[testKey, Steps]

	lastID atomic.Uint64
}

func newVariants() *variants {
	return &variants{steps: newInUse[string, Step](), tests: newInUse[testKey, Steps]()}
}

// number gives a number that nothing else has.
func (v *variants) number() uint64 { return v.lastID.Add(1) }

// add makes a step that comes from the registry as it stands.
func (v *variants) add(literal schema.LiteralTestStep) *Step {
	return &Step{literal: literal, id: v.number(), script: &fragment{}}
}

// with gives a step with overrides applied: the step itself where they change
// nothing. A step that is not the registry's is not shared and simply copied.
func (v *variants) with(step *Step, values *overrides) *Step {
	var space [256]byte
	id := binary.AppendUvarint(space[:0], step.id)
	changes := values.appendChanges(id, &step.literal)
	if len(changes) == len(id) {
		return step
	}
	if !step.shared() {
		return &Step{literal: values.apply(step.literal)}
	}
	key := string(changes)
	if variant := v.steps.find(key); variant != nil {
		return variant
	}
	return v.steps.put(key, &Step{literal: values.apply(step.literal), id: v.number(), script: step.script})
}
