package resolver

import (
	"encoding/binary"
	"runtime"
	"sync"
	"weak"

	"github.com/drover-ci/drover/schema"
)

// variants makes the registry's steps, and makes equal ones only once.
//
// It does not keep them: a variant lives as long as a resolved configuration
// has it, so however many configurations are resolved over time (people may post
// any), the table holds what is in use.
type variants struct {
	mu     sync.RWMutex
	byKey  map[string]weak.Pointer[Step]
	lastID uint64
}

func newVariants() *variants { return &variants{byKey: map[string]weak.Pointer[Step]{}} }

// number gives a number that nothing else has.
func (v *variants) number() uint64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.lastID++
	return v.lastID
}

// add makes a step that comes from the registry as it stands.
func (v *variants) add(literal schema.LiteralTestStep) *Step {
	return &Step{literal: literal, id: v.number(), script: &fragment{}}
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
	if variant := v.find(key); variant != nil {
		return variant
	}
	return v.keep(string(key), step.script, values.apply(step.literal))
}

func (v *variants) find(key []byte) *Step {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.byKey[string(key)].Value()
}

func (v *variants) keep(key string, script *fragment, literal schema.LiteralTestStep) *Step {
	v.mu.Lock()
	defer v.mu.Unlock()
	if variant := v.byKey[key].Value(); variant != nil {
		return variant // another goroutine was first
	}
	v.lastID++
	variant := &Step{literal: literal, id: v.lastID, script: script}
	v.byKey[key] = weak.Make(variant)
	runtime.AddCleanup(variant, v.forget, key)
	return variant
}

// forget drops the entry of a step that is gone, unless an equal one has taken
// its place meanwhile.
func (v *variants) forget(key string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.byKey[key].Value() == nil {
		delete(v.byKey, key)
	}
}

// size counts the variants in use.
func (v *variants) size() int {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return len(v.byKey)
}
