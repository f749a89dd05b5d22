package dependents

import "slices"

// pageSize is how many values of a list are copied for one that changes.
const pageSize = 128

type page[T any] [pageSize]T

// pages is a list that never changes. Lists made from each other share the pages
// that are the same.
type pages[T any] struct{ all []*page[T] }

// at gives a value; the zero value behind the end.
func (p pages[T]) at(i int32) T {
	if number := int(i) / pageSize; number < len(p.all) {
		return p.all[number][i%pageSize]
	}
	var zero T
	return zero
}

// edit begins a list that differs from this one.
func (p pages[T]) edit() *editedPages[T] {
	return &editedPages[T]{pages: pages[T]{slices.Clone(p.all)}, own: make([]bool, len(p.all))}
}

// editedPages is a list in the making.
type editedPages[T any] struct {
	pages[T]

	// own are the pages that no other list has.
	own []bool
}

func (e *editedPages[T]) set(i int32, value T) {
	number := int(i) / pageSize
	for number >= len(e.all) {
		e.all, e.own = append(e.all, &page[T]{}), append(e.own, true)
	}
	if !e.own[number] {
		copied := *e.all[number]
		e.all[number], e.own[number] = &copied, true
	}
	e.all[number][i%pageSize] = value
}
