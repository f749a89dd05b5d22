package resolver

import (
	"maps"
	"sync"
	"weak"
)

// inUse finds what was made before, by what it follows from, so that it is there only
// once.
//
// It does not keep it: a value lives as long as a resolved configuration has it, so
// however many configurations are resolved over time (people may post any), the table
// is at most twice as large as what is in use. Keys must not keep anything large either.
type inUse[K comparable, V any] struct {
	mu    sync.RWMutex
	byKey map[K]weak.Pointer[V]
	// full is how large the table may be until it is looked what of it is gone. That
	// is less to keep, and for the collector to go through, than a function for each
	// value that tells of its end.
	full int
}

// smallTable is a table of which it is not worth looking what is gone.
const smallTable = 256

func newInUse[K comparable, V any]() *inUse[K, V] {
	return &inUse[K, V]{byKey: map[K]weak.Pointer[V]{}, full: smallTable}
}

// find gives what follows from a key; nil where nobody has it.
func (t *inUse[K, V]) find(key K) *V {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.byKey[key].Value()
}

// put has a value found from now on. It gives another one where another goroutine was
// first.
func (t *inUse[K, V]) put(key K, value *V) *V {
	t.mu.Lock()
	defer t.mu.Unlock()
	if known := t.byKey[key].Value(); known != nil {
		return known
	}
	if len(t.byKey) >= t.full {
		maps.DeleteFunc(t.byKey, func(_ K, value weak.Pointer[V]) bool { return value.Value() == nil })
		t.full = max(smallTable, 2*len(t.byKey))
	}
	t.byKey[key] = weak.Make(value)
	return value
}

// size counts what the table has.
func (t *inUse[K, V]) size() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.byKey)
}
