package repolayout

import (
	"slices"
	"strings"

	"github.com/drover-ci/drover/internal/longlist"
)

// listed is what a repository's lists hold. The same content at the same path is
// equal.
type listed interface {
	comparable
	path() string
}

func (d *Doc[T]) path() string { return d.Path }

func (f Raw) path() string { return f.Path }

// Differences gives what two lists do not share, in the order of paths. What is
// equal, which is nearly all, is only compared, and of an area that did not change
// there is one list.
func Differences[T listed](before, after []T) []longlist.Difference[T] {
	if len(before) > 0 && len(before) == len(after) && &before[0] == &after[0] {
		return nil
	}
	var all []longlist.Difference[T]
	for from, to := 0, 0; from < len(before) || to < len(after); {
		switch order := compareAt(before, after, from, to); {
		case order < 0:
			all = append(all, longlist.Difference[T]{Before: before[from]})
			from++
		case order > 0:
			all = append(all, longlist.Difference[T]{After: after[to]})
			to++
		default:
			if before[from] != after[to] {
				all = append(all, longlist.Difference[T]{Before: before[from], After: after[to]})
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

// comparePaths orders by path.
func comparePaths[T listed](a, b T) int { return strings.Compare(a.path(), b.path()) }

// InFolder gives the elements of a long list that lie in a folder, whose name ends
// in "/".
func InFolder[T listed](all longlist.List[T], folder string) []T {
	var inside []T
	for each := range all.From(func(each T) int { return strings.Compare(each.path(), folder) }) {
		if !strings.HasPrefix(each.path(), folder) {
			break
		}
		inside = append(inside, each)
	}
	return inside
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
