package resolver

import (
	"runtime"
	"sync"
	"weak"
)

// interned holds values that are equal only once, by key. It does not keep them:
// a value lives as long as somebody else has it, so however many there are over
// time, the table holds what is in use.
type interned[T any] struct {
	mu    sync.RWMutex
	byKey map[string]weak.Pointer[T]
}

// get gives the value of a key, or nil.
func (t *interned[T]) get(key []byte) *T {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.byKey[string(key)].Value()
}

// put adds a value, unless another goroutine was first, and gives the one that
// counts.
func (t *interned[T]) put(key string, value *T) *T {
	t.mu.Lock()
	defer t.mu.Unlock()
	if known := t.byKey[key].Value(); known != nil {
		return known
	}
	if t.byKey == nil {
		t.byKey = map[string]weak.Pointer[T]{}
	}
	t.byKey[key] = weak.Make(value)
	runtime.AddCleanup(value, t.forget, key)
	return value
}

// forget drops the entry of a value that is gone, unless an equal one has taken
// its place meanwhile.
func (t *interned[T]) forget(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byKey[key].Value() == nil {
		delete(t.byKey, key)
	}
}

// size counts the values in use.
func (t *interned[T]) size() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.byKey)
}
