package longlist_test

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"weak"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/internal/longlist"
)

// element is compared by its key; of one key there may be many, one in each list.
type element struct{ key, version int }

func byKey(a, b *element) int { return cmp.Compare(a.key, b.key) }

func at(key int) func(*element) int {
	return func(e *element) int { return cmp.Compare(e.key, key) }
}

func keys(elements []*element) []int {
	var all []int
	for _, each := range elements {
		all = append(all, each.key)
	}
	return all
}

// model is what a list should be.
type model map[int]*element

func (m model) sorted() []*element {
	var all []*element
	for _, each := range m {
		all = append(all, each)
	}
	slices.SortFunc(all, byKey)
	return all
}

// change makes some elements go, some be others and some come.
func (m model) change(random *rand.Rand, count, keys, version int) (next model, gone, come []*element) {
	next = maps.Clone(m)
	for range count {
		key := random.IntN(keys)
		if before := m[key]; before != nil && !slices.Contains(gone, before) {
			gone = append(gone, before)
		} else if before != nil {
			continue
		}
		if delete(next, key); random.IntN(3) > 0 && !slices.ContainsFunc(come, func(e *element) bool { return e.key == key }) {
			next[key] = &element{key, version}
			come = append(come, next[key])
		}
	}
	come = slices.DeleteFunc(come, func(e *element) bool { return next[e.key] != e })
	return next, gone, come
}

// Whatever goes and comes, a list is as if it were made from nothing, its earlier
// versions stay, and what differs is found, between neighbours and others.
func TestNextIsAsFromNothing(t *testing.T) {
	for _, size := range []struct{ first, keys, most, versions int }{
		{0, 20, 5, 200}, {0, 2000, 10, 50}, {1000, 2000, 1500, 30}, {20000, 20000, 3, 5},
	} {
		random := rand.New(rand.NewPCG(1, uint64(size.keys)))
		first := model{}
		for key := range size.first {
			first[key] = &element{key: key}
		}
		models, lists := []model{first}, []longlist.List[*element]{longlist.Of(byKey, first.sorted()...)}
		for version := range size.versions {
			count := random.IntN(size.most) + 1
			next, gone, come := models[version].change(random, count, size.keys, version+1)
			list := lists[version].Next(gone, come)
			models, lists = append(models, next), append(lists, list)
			check(t, random, size.keys, next, list)
			other := random.IntN(len(lists))
			checkDifferences(t, models[other], next, longlist.Differences(lists[other], list))
		}
		for i := range lists {
			check(t, random, size.keys, models[i], lists[i])
		}
	}
}

func check(t *testing.T, random *rand.Rand, keyCount int, want model, list longlist.List[*element]) {
	t.Helper()
	sorted, all := want.sorted(), slices.Collect(list.All())
	if !slices.Equal(sorted, all) {
		t.Fatalf("the list (-want +got):\n%s", gocmp.Diff(keys(sorted), keys(all)))
	}
	if list.Len() != len(want) {
		t.Fatalf("the list says that it is %d long, want %d", list.Len(), len(want))
	}
	key := random.IntN(keyCount)
	if found, ok := list.Find(at(key)); ok != (want[key] != nil) || ok && found != want[key] {
		t.Fatalf("at %d there is %v, %v, want %v", key, found, ok, want[key])
	}
	from, _ := slices.BinarySearchFunc(sorted, &element{key: key}, byKey)
	if rest := slices.Collect(list.From(at(key))); !slices.Equal(rest, sorted[from:]) {
		t.Fatalf("from %d on (-want +got):\n%s", key, gocmp.Diff(keys(sorted[from:]), keys(rest)))
	}
}

func checkDifferences(t *testing.T, before, after model, found []longlist.Difference[*element]) {
	t.Helper()
	both := maps.Clone(before)
	maps.Copy(both, after)
	var want []longlist.Difference[*element]
	for _, each := range both.sorted() {
		if before[each.key] != after[each.key] {
			want = append(want, longlist.Difference[*element]{Before: before[each.key], After: after[each.key]})
		}
	}
	if !slices.Equal(want, found) {
		t.Fatalf("%d differences, want %d", len(found), len(want))
	}
}

func TestNothingChanges(t *testing.T) {
	list := longlist.Of(byKey, &element{key: 1}, &element{key: 2})
	if same := list.Next(nil, nil); len(longlist.Differences(list, same)) > 0 {
		t.Error("a list differs from itself")
	}
	var none longlist.List[*element]
	if found := longlist.Differences(none, list); none.Len() != 0 || len(found) != 2 || found[0].Before != nil {
		t.Errorf("the zero List has %d elements and differs in %v", none.Len(), found)
	}
}

// A change of one element allocates as little in a list of a million as in a short
// one, and so does finding it.
func TestAChangeCostsNoMoreInALongList(t *testing.T) {
	const changes = 100
	cost := func(count int) uint64 {
		elements := make([]*element, count)
		for i := range elements {
			elements[i] = &element{key: i}
		}
		list := longlist.Of(byKey, elements...)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for i := range changes {
			at := i * count / changes
			next := list.Next(elements[at:at+1], []*element{{key: at, version: 1}})
			if found := longlist.Differences(list, next); len(found) != 1 {
				t.Fatalf("one change makes %d differences", len(found))
			}
			list = next
		}
		runtime.ReadMemStats(&after)
		return (after.TotalAlloc - before.TotalAlloc) / changes
	}
	if short, long := cost(4000), cost(1000000); long > 3*short {
		t.Errorf("a change allocates %d bytes in a list of a million, and %d in one of 4,000", long, short)
	}
}

// Nothing is kept of what went, for the sake of what was made together with it and
// is there still.
func TestWhatWentIsForgotten(t *testing.T) {
	const count = 10_000
	var gone, come []*element
	list := longlist.Of(byKey)
	for i := range count {
		gone, come = append(gone, &element{key: i}), append(come, &element{key: i, version: 1})
	}
	list = list.Next(nil, gone)
	went := []weak.Pointer[element]{weak.Make(gone[count/2+200]), weak.Make(gone[count-1])}
	list = list.Next(gone[count/2:], come[count/2:])
	runtime.GC()
	for _, each := range went {
		if kept := each.Value(); kept != nil {
			t.Errorf("element %d, which is gone, is kept", kept.key)
		}
	}
	if list.Len() != count {
		t.Errorf("%d elements are left, want %d", list.Len(), count)
	}
}
