package dependents

import "sync"

// numbers gives things small numbers, the same ones for all indexes that come
// from each other. It forgets none: it grows with the names that a repository
// ever had, not with its revisions.
type numbers[T comparable] struct {
	mu     sync.RWMutex
	known  map[T]int32
	things []T
}

func newNumbers[T comparable]() *numbers[T] { return &numbers[T]{known: map[T]int32{}} }

// of gives a thing's number, a new one where it has none.
func (n *numbers[T]) of(thing T) int32 {
	if number, ok := n.find(thing); ok {
		return number
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if number, ok := n.known[thing]; ok {
		return number // another goroutine was first
	}
	number := int32(len(n.things)) //nolint:gosec // there are not as many names
	n.known[thing] = number
	n.things = append(n.things, thing)
	return number
}

// find gives a thing's number, if it has one.
func (n *numbers[T]) find(thing T) (int32, bool) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	number, ok := n.known[thing]
	return number, ok
}

// thing gives what has a number.
func (n *numbers[T]) thing(number int32) T {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.things[number]
}

// size is how many there are: all numbers are below it.
func (n *numbers[T]) size() int {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return len(n.things)
}
