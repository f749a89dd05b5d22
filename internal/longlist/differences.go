package longlist

// Difference is where two lists differ.
type Difference[T any] struct {
	// Before and After are what each has in a place; the zero value where nothing
	// is.
	Before, After T
}

// Differences gives what two lists of one order do not have in common, in that
// order. Parts that both share, which are nearly all where one list was made from
// the other, are not looked into.
func Differences[T comparable](before, after List[T]) []Difference[T] {
	gone, come := differing(before.root, after.root)
	compare := before.compare
	if compare == nil {
		compare = after.compare
	}
	var all []Difference[T]
	for len(gone) > 0 || len(come) > 0 {
		var order int
		switch {
		case len(come) == 0:
			order = -1
		case len(gone) == 0:
			order = 1
		case gone[0] != come[0]:
			order = compare(gone[0], come[0])
		default:
			gone, come = gone[1:], come[1:]
			continue
		}
		var each Difference[T]
		if order <= 0 {
			each.Before, gone = gone[0], gone[1:]
		}
		if order >= 0 {
			each.After, come = come[0], come[1:]
		}
		all = append(all, each)
	}
	return all
}

// differing gives the elements of those parts that two lists do not share. What
// both have is in the same order in both, so the rest is too.
func differing[T comparable](before, after *part[T]) (gone, come []T) {
	old, young := partsIn(before), partsIn(after)
	for {
		old, young = unshared(old, young)
		height := max(heightOf(old), heightOf(young))
		if height == 0 {
			return elementsOf(old), elementsOf(young)
		}
		old, young = lowered(old, height), lowered(young, height)
	}
}

func partsIn[T comparable](root *part[T]) []*part[T] {
	if root == nil {
		return nil
	}
	return []*part[T]{root}
}

// unshared leaves out the parts that are in both.
func unshared[T comparable](before, after []*part[T]) (old, young []*part[T]) {
	for len(before) > 0 && len(after) > 0 && before[0] == after[0] {
		before, after = before[1:], after[1:]
	}
	for len(before) > 0 && len(after) > 0 && before[len(before)-1] == after[len(after)-1] {
		before, after = before[:len(before)-1], after[:len(after)-1]
	}
	both := make(map[*part[T]]bool, len(before))
	for _, each := range before {
		both[each] = false
	}
	for _, each := range after {
		if _, shared := both[each]; shared {
			both[each] = true
		} else {
			young = append(young, each)
		}
	}
	for _, each := range before {
		if !both[each] {
			old = append(old, each)
		}
	}
	return old, young
}

func heightOf[T comparable](parts []*part[T]) int {
	if len(parts) == 0 {
		return 0
	}
	return parts[0].height
}

// lowered gives what parts of a height consist of; others are lower.
func lowered[T comparable](parts []*part[T], height int) []*part[T] {
	if heightOf(parts) < height {
		return parts
	}
	var all []*part[T]
	for _, each := range parts {
		all = append(all, each.parts...)
	}
	return all
}

func elementsOf[T comparable](parts []*part[T]) []T {
	var all []T
	for _, each := range parts {
		all = append(all, each.elements...)
	}
	return all
}
