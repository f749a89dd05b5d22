package dependents

import (
	"encoding/binary"
	"iter"
	"slices"
	"strconv"

	"github.com/drover-ci/drover/schema"
)

// Change is what is new in a revision. What it does not speak of is as before.
type Change[N comparable] struct {
	// Parts are what nodes consist of now; nothing for one that is gone.
	Parts map[N][]N
	// Users are the configurations that changed; of one that is named twice the
	// last counts. Of each nothing is kept but the pointer to it, so that the next may be
	// in the same memory.
	Users iter.Seq[User[N]]
}

// User is a configuration with its tests; without any where it is gone.
type User[N comparable] struct {
	Metadata schema.Metadata
	Tests    []Test[N]
}

// Test is a test with the nodes that it names.
type Test[N comparable] struct {
	Use

	Names []N
}

// Next gives the index after a change.
func (x *Index[N]) Next(change Change[N]) *Index[N] {
	n := numbering[N]{Index: x, lists: map[string][]int32{}, tests: map[string][]test{}}
	parts := make(map[int32][]int32, len(change.Parts))
	for name, names := range change.Parts {
		parts[x.names.of(name)] = n.numbers(names)
	}
	var users []numbered
	if change.Users != nil {
		for u := range change.Users {
			users = append(users, numbered{x.configs.of(u.Metadata), n.user(&u)})
		}
	}
	d := newDraft(x) // all that there is has a number by now
	d.compose(parts)
	for _, u := range users {
		d.put(u.number, u.user)
	}
	d.addUp()
	return &Index[N]{names: x.names, configs: x.configs, nodes: d.nodes.pages, users: d.users.pages}
}

// numbered is a user with its number.
type numbered struct {
	number int32
	user   user
}

// numbering puts numbers in the place of names. Many tests name the same nodes, and many
// configurations have the same tests, on one branch as on the other: these share one
// list.
type numbering[N comparable] struct {
	*Index[N]

	lists map[string][]int32
	tests map[string][]test
	// What follows is room: for a list with what it is known by, and for a
	// configuration's.
	list  []int32
	key   []byte
	all   []test
	whole []byte
}

func (n *numbering[N]) user(u *User[N]) user {
	var result user
	n.all, n.whole = n.all[:0], n.whole[:0]
	for i := range u.Tests {
		t := &u.Tests[i]
		if len(t.Names) == 0 {
			continue
		}
		result.config = t.Config
		own := test{int32(t.Index), t.Rehearsed(), n.numbers(t.Names)} //nolint:gosec // a file has not as many
		n.all = append(n.all, own)
		n.whole = binary.AppendVarint(n.whole, int64(t.Index))
		n.whole = strconv.AppendBool(n.whole, own.rehearsed)
		n.whole = binary.AppendVarint(n.whole, int64(len(own.names)))
		n.whole = append(n.whole, n.key...)
	}
	tests, ok := n.tests[string(n.whole)]
	if !ok {
		tests = slices.Clone(n.all)
		n.tests[string(n.whole)] = tests
	}
	result.tests = tests
	return result
}

// numbers gives the numbers of names, ascending, each once.
func (n *numbering[N]) numbers(names []N) []int32 {
	n.list, n.key = n.list[:0], n.key[:0]
	for _, name := range names {
		n.list = append(n.list, n.names.of(name))
	}
	slices.Sort(n.list)
	n.list = slices.Compact(n.list)
	for _, number := range n.list {
		n.key = binary.AppendVarint(n.key, int64(number))
	}
	numbers, ok := n.lists[string(n.key)]
	if !ok {
		numbers = slices.Clone(n.list)
		n.lists[string(n.key)] = numbers
	}
	return numbers
}

// draft is an index in the making.
type draft[N comparable] struct {
	*Index[N] // the one before

	nodes *editedPages[*node]
	users *editedPages[user]
	// own are the nodes that no other index has, and ownUsers those whose list of
	// users none has.
	own, ownUsers set
	// size is above all numbers of nodes.
	size int
	// counts are to be added to those of the nodes in counted.
	counts  []Count
	counted []int32
	// walked is the test that was gone through last, last are those that came to
	// each node, and next is room for those to go to.
	walked visit
	last   []visit
	next   []int32
}

func newDraft[N comparable](x *Index[N]) *draft[N] {
	size := x.names.size()
	return &draft[N]{
		Index: x, nodes: x.nodes.edit(), users: x.users.edit(), own: newSet(size), ownUsers: newSet(size), size: size,
	}
}

// now gives a node as it is in the draft.
func (d *draft[N]) now(number int32) *node {
	if known := d.nodes.at(number); known != nil {
		return known
	}
	return &nothing
}

// change gives a node that may be changed.
func (d *draft[N]) change(number int32) *node {
	n := d.now(number)
	if d.own.add(number) {
		copied := *n
		n = &copied
		d.nodes.set(number, n)
	}
	return n
}

// compose gives nodes other parts.
func (d *draft[N]) compose(parts map[int32][]int32) {
	var less, more []int32
	type edge struct{ whole, part int32 }
	var removed, added []edge
	for whole, after := range parts {
		before := d.now(whole).parts
		if slices.Equal(before, after) {
			continue
		}
		for _, part := range without(before, after) {
			removed, less = append(removed, edge{whole, part}), append(less, part)
		}
		for _, part := range without(after, before) {
			added, more = append(added, edge{whole, part}), append(more, part)
		}
		d.change(whole).parts = after
	}
	for _, e := range removed {
		n := d.change(e.part)
		n.within = remove(slices.Clone(n.within), e.whole)
	}
	for _, e := range added {
		n := d.change(e.part)
		n.within = insert(slices.Clone(n.within), e.whole)
	}
	d.countAgain(less, more)
}

// countAgain counts the users of what is in some nodes now, or was before. Others
// are reached by the same ways as before.
func (d *draft[N]) countAgain(before, after []int32) {
	if len(d.users.all) == 0 {
		return // nobody uses anything yet
	}
	was, _ := reach(before, d.size, func(number int32) []int32 { return d.node(number).parts })
	is, _ := reach(after, d.size, func(number int32) []int32 { return d.now(number).parts })
	all := slices.Concat(was, is)
	slices.Sort(all)
	for _, number := range slices.Compact(all) {
		if count := d.countOf(number); count != d.now(number).count {
			d.change(number).count = count
		}
	}
}

// countOf counts the users of a node.
func (d *draft[N]) countOf(number int32) Count {
	above, isAbove := reach([]int32{number}, d.size, func(number int32) []int32 { return d.now(number).within })
	seen := newSet(d.configs.size())
	var count Count
	for _, each := range above {
		for _, config := range d.now(each).users {
			if seen.add(config) {
				count.add(d.users.at(config), isAbove)
			}
		}
	}
	return count
}

func (c *Count) add(u user, nodes set) {
	c.Configs++
	for i := range u.tests {
		if u.tests[i].namesAny(nodes) {
			c.Tests++
			if u.tests[i].rehearsed {
				c.Rehearsed++
			}
		}
	}
}

// put puts a configuration in the place of what it was before.
func (d *draft[N]) put(number int32, after user) {
	before := d.users.at(number)
	d.users.set(number, after)
	if slices.EqualFunc(before.tests, after.tests, func(a, b test) bool { return a.same(&b) }) {
		return
	}
	d.walk(before, -1)
	d.walk(after, 1)
	namedBefore, namedAfter := before.names(), after.names()
	for _, name := range without(namedBefore, namedAfter) {
		d.changeUsers(name, number, remove)
	}
	for _, name := range without(namedAfter, namedBefore) {
		d.changeUsers(name, number, insert)
	}
}

// changeUsers puts a configuration among a node's users, or takes it away. The
// list is copied once, however many do so.
func (d *draft[N]) changeUsers(name, config int32, how func([]int32, int32) []int32) {
	n := d.change(name)
	if d.ownUsers.add(name) {
		n.users = slices.Clone(n.users)
	}
	n.users = how(n.users, config)
}

// same says whether two tests depend on the same in the same way.
func (t *test) same(other *test) bool {
	return t.rehearsed == other.rehearsed && slices.Equal(t.names, other.names)
}

// names are all nodes that tests name, ascending.
func (u user) names() []int32 {
	var all []int32
	for i := range u.tests {
		all = append(all, u.tests[i].names...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// walk adds a configuration to the counts of all that it depends on, so many
// times.
func (d *draft[N]) walk(u user, times int) {
	if d.counts == nil { // most changes have nothing to count
		d.counts, d.last = make([]Count, d.size), make([]visit, d.size)
	}
	d.walked.config++
	for i := range u.tests {
		d.walked.test++
		d.next = append(d.next[:0], u.tests[i].names...)
		for len(d.next) > 0 {
			number := d.next[len(d.next)-1]
			d.next = d.next[:len(d.next)-1]
			last := &d.last[number]
			if last.test == d.walked.test {
				continue
			}
			count := &d.counts[number]
			count.Tests += times
			if u.tests[i].rehearsed {
				count.Rehearsed += times
			}
			if last.config != d.walked.config {
				count.Configs += times
			}
			if last.test == 0 {
				d.counted = append(d.counted, number)
			}
			*last = d.walked
			d.next = append(d.next, d.now(number).parts...)
		}
	}
}

// visit is a test, or what came to a node last, as numbers from 1.
type visit struct{ test, config int32 }

// addUp adds what was counted.
func (d *draft[N]) addUp() {
	for _, number := range d.counted {
		if more := d.counts[number]; more != (Count{}) {
			count := &d.change(number).count
			count.Tests += more.Tests
			count.Configs += more.Configs
			count.Rehearsed += more.Rehearsed
		}
	}
}

// without lists what is in one list alone; both are ascending.
func without(list, other []int32) []int32 {
	var rest []int32
	for _, number := range list {
		if _, too := slices.BinarySearch(other, number); !too {
			rest = append(rest, number)
		}
	}
	return rest
}

// insert puts a number into an ascending list, which it may change.
func insert(list []int32, number int32) []int32 {
	at, there := slices.BinarySearch(list, number)
	if there {
		return list
	}
	return slices.Insert(list, at, number)
}

// remove takes a number out of an ascending list, which it may change.
func remove(list []int32, number int32) []int32 {
	at, there := slices.BinarySearch(list, number)
	if !there {
		return list
	}
	return slices.Delete(list, at, at+1)
}
