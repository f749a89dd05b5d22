package longlist

import (
	"iter"
	"slices"
	"sort"
)

// List is a list in the order of a comparison, which is zero for no two of its
// elements. It never changes. The zero List is empty, and has no next one.
type List[T comparable] struct {
	compare func(a, b T) int
	root    *part[T] // nil where nothing is
}

// Of is a list of elements in any order.
func Of[T comparable](compare func(a, b T) int, elements ...T) List[T] {
	return List[T]{compare: compare}.Next(nil, elements)
}

// Len is how many elements there are.
func (l List[T]) Len() int {
	if l.root == nil {
		return 0
	}
	return l.root.count
}

// All goes through the elements.
func (l List[T]) All() iter.Seq[T] { return l.From(func(T) int { return 0 }) }

// From goes through the elements from a place on: from the first that is not
// before it. Given an element, at is negative where that is before the place.
func (l List[T]) From(at func(T) int) iter.Seq[T] {
	return func(yield func(T) bool) {
		if l.root != nil {
			l.root.from(at, yield)
		}
	}
}

// Find gives the element of a place: the one for which at is zero, as for
// [List.From].
func (l List[T]) Find(at func(T) int) (found T, ok bool) {
	for each := range l.From(at) {
		return each, at(each) == 0
	}
	return found, false
}

// Next is the list without some of its elements and with others.
func (l List[T]) Next(gone, come []T) List[T] {
	if len(gone)+len(come) == 0 {
		return l
	}
	c := change[T]{l.compare, l.inOrder(gone), l.inOrder(come)}
	var parts []*part[T]
	if l.root == nil {
		parts = partsOf(c.of(nil))
	} else {
		parts = l.root.next(c)
	}
	for len(parts) > 1 {
		parts = higher(parts)
	}
	next := List[T]{compare: l.compare}
	if len(parts) == 1 {
		next.root = parts[0].lowest()
	}
	return next
}

func (l List[T]) inOrder(elements []T) []T {
	if slices.IsSortedFunc(elements, l.compare) {
		return elements
	}
	return slices.SortedFunc(slices.Values(elements), l.compare)
}

// most is how many elements a part has, or how many parts are one higher part.
const most = 64

// part is a part of a list: elements or, above, parts. It is not empty.
type part[T comparable] struct {
	// height is that above the elements, count how many of these there are, and
	// first the first of them.
	height, count int
	first         T
	elements      []T
	parts         []*part[T]
}

// partsOf divides elements evenly.
func partsOf[T comparable](elements []T) []*part[T] {
	var parts []*part[T]
	for some := range evenly(elements) {
		parts = append(parts, &part[T]{count: len(some), first: some[0], elements: some})
	}
	return parts
}

// higher makes parts the parts of others.
func higher[T comparable](parts []*part[T]) []*part[T] {
	var all []*part[T]
	for some := range evenly(parts) {
		made := &part[T]{height: some[0].height + 1, first: some[0].first, parts: some}
		for _, each := range some {
			made.count += each.count
		}
		all = append(all, made)
	}
	return all
}

// evenly divides a list into as few as may be, of about the same length. Each stands
// alone: what went from one is not to live on for the sake of its neighbours.
func evenly[E any](list []E) iter.Seq[[]E] {
	return func(yield func([]E) bool) {
		for pieces := (len(list) + most - 1) / most; pieces > 0; pieces-- {
			length := (len(list) + pieces - 1) / pieces
			if !yield(slices.Clone(list[:length])) {
				return
			}
			list = list[length:]
		}
	}
}

// lowest is the lowest part that has all.
func (p *part[T]) lowest() *part[T] {
	for len(p.parts) == 1 {
		p = p.parts[0]
	}
	return p
}

func (p *part[T]) from(at func(T) int, yield func(T) bool) bool {
	if p.height == 0 {
		begin := sort.Search(len(p.elements), func(i int) bool { return at(p.elements[i]) >= 0 })
		for _, each := range p.elements[begin:] {
			if !yield(each) {
				return false
			}
		}
		return true
	}
	begin := sort.Search(len(p.parts), func(i int) bool { return at(p.parts[i].first) >= 0 })
	for _, each := range p.parts[max(0, begin-1):] { // the place may be within the one before
		if !each.from(at, yield) {
			return false
		}
	}
	return true
}

// change is what is to be gone from a part and what is to come into it, in order.
type change[T comparable] struct {
	compare    func(a, b T) int
	gone, come []T
}

// before divides a change in two: what is before an element, and the rest.
func (c change[T]) before(element T) (before, rest change[T]) {
	gone, _ := slices.BinarySearchFunc(c.gone, element, c.compare)
	come, _ := slices.BinarySearchFunc(c.come, element, c.compare)
	return change[T]{c.compare, c.gone[:gone], c.come[:come]}, change[T]{c.compare, c.gone[gone:], c.come[come:]}
}

// of gives the elements after the change.
func (c change[T]) of(elements []T) []T {
	all := make([]T, 0, len(elements)+len(c.come))
	for _, each := range elements {
		for len(c.come) > 0 && c.compare(c.come[0], each) < 0 {
			all, c.come = append(all, c.come[0]), c.come[1:]
		}
		for len(c.gone) > 0 && c.compare(c.gone[0], each) < 0 {
			c.gone = c.gone[1:]
		}
		if len(c.gone) == 0 || c.gone[0] != each {
			all = append(all, each)
		}
	}
	return append(all, c.come...)
}

// next gives the parts, of the same height, that a part becomes.
func (p *part[T]) next(c change[T]) []*part[T] {
	if p.height == 0 {
		return partsOf(c.of(p.elements))
	}
	parts := make([]*part[T], 0, len(p.parts)+1)
	for i, each := range p.parts {
		here := c
		if i+1 < len(p.parts) {
			here, c = c.before(p.parts[i+1].first)
		}
		if len(here.gone)+len(here.come) == 0 {
			parts = append(parts, each)
		} else {
			parts = append(parts, each.next(here)...)
		}
	}
	return higher(joined(parts))
}

// joined makes one of parts side by side that have become small, so that a list
// from which much went is not of many.
func joined[T comparable](parts []*part[T]) []*part[T] {
	all := parts[:0]
	for _, each := range parts {
		last := len(all) - 1
		if last < 0 || all[last].width()+each.width() > most/2 {
			all = append(all, each)
			continue
		}
		if each.height == 0 {
			all[last] = partsOf(slices.Concat(all[last].elements, each.elements))[0]
		} else {
			all[last] = higher(slices.Concat(all[last].parts, each.parts))[0]
		}
	}
	return all
}

func (p *part[T]) width() int { return len(p.elements) + len(p.parts) }
