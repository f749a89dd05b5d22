package repolayout

import (
	"slices"
	"strings"
)

// listed is what a repository's lists hold. The same content at the same path is
// equal.
type listed interface {
	comparable
	path() string
}

func (d *Doc[T]) path() string { return d.Path }

func (f Raw) path() string { return f.Path }

// Difference is where two lists differ, both in the order of paths.
type Difference[T listed] struct {
	// Before and After are what is at a path; the zero value where nothing is.
	Before, After T
	// From and To are the positions in both lists: where it is, or would be.
	From, To int
}

// Differences gives what two lists do not share, in the order of paths. What is
// equal, which is nearly all, is only compared, and of an area that did not change
// there is one list.
func Differences[T listed](before, after []T) []Difference[T] {
	if len(before) > 0 && len(before) == len(after) && &before[0] == &after[0] {
		return nil
	}
	var all []Difference[T]
	for from, to := 0, 0; from < len(before) || to < len(after); {
		switch order := compareAt(before, after, from, to); {
		case order < 0:
			all = append(all, Difference[T]{Before: before[from], From: from, To: to})
			from++
		case order > 0:
			all = append(all, Difference[T]{After: after[to], From: from, To: to})
			to++
		default:
			if before[from] != after[to] {
				all = append(all, Difference[T]{Before: before[from], After: after[to], From: from, To: to})
			}
			from, to = from+1, to+1
		}
	}
	return all
}

// compareAt compares the paths at two positions; the end comes after all.
func compareAt[T listed](before, after []T, from, to int) int {
	switch {
	case from == len(before):
		return 1
	case to == len(after):
		return -1
	case before[from] == after[to]:
		return 0
	default:
		return strings.Compare(before[from].path(), after[to].path())
	}
}

// Carry takes over what was found out of each element of a list, in its order, for
// those that the next list has too; for others it is the zero value. There are as
// many as are counted in the next list.
func Carry[T listed, V any](differences []Difference[T], found []V, count int) []V {
	var none T
	next := make([]V, count)
	from, to := 0, 0
	for _, each := range differences {
		copy(next[to:each.To], found[from:])
		from, to = each.From, each.To
		if each.Before != none {
			from++
		}
		if each.After != none {
			to++
		}
	}
	copy(next[to:], found[from:])
	return next
}

// lost counts what a list has and a later one has not.
func lost[T listed](before, after []T) int {
	var none T
	count := 0
	for _, each := range Differences(before, after) {
		if each.After == none {
			count++
		}
	}
	return count
}

// Below gives the elements of a list in the order of paths that lie in a folder,
// whose name ends in "/", or are a file's.
func Below[T listed](sorted []T, prefix string) []T {
	from, _ := slices.BinarySearchFunc(sorted, prefix, func(each T, prefix string) int { return strings.Compare(each.path(), prefix) })
	to := from
	folder := prefix == "" || strings.HasSuffix(prefix, "/")
	for to < len(sorted) && (sorted[to].path() == prefix || folder && strings.HasPrefix(sorted[to].path(), prefix)) {
		to++
	}
	return sorted[from:to]
}
