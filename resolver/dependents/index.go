package dependents

import (
	"slices"

	"github.com/drover-ci/drover/schema"
)

// Index says who depends on what. It is immutable; its methods may be called by
// any number of goroutines.
type Index[N comparable] struct {
	names   *numbers[N]
	configs *numbers[schema.Metadata]

	nodes pages[*node]
	users pages[user]
}

// node is one thing that can be depended on. It never changes.
type node struct {
	// parts are what it consists of, within is what it is a part of; both directly.
	parts, within []int32
	// users are the configurations with a test that names it, ascending.
	users []int32
	count Count
}

// user is a configuration with the tests that depend on anything; the zero user has
// none. It never changes, and most of a repository's branches share their tests.
type user struct {
	config *schema.Config
	tests  []test
}

// test is a test, by its position, and the nodes that it names, ascending.
type test struct {
	index     int32
	rehearsed bool
	names     []int32
}

// Count is how many depend on something.
type Count struct {
	Tests, Configs int
	// Rehearsed are the tests whose jobs a rehearsal could run.
	Rehearsed int
}

// Use is a test that depends on something.
type Use struct {
	// Config is the configuration. It must not be changed.
	Config *schema.Config
	// Index is the test's position in it.
	Index int
}

// Test is the test.
func (u Use) Test() *schema.Test { return &u.Config.Tests[u.Index] }

// Rehearsed says whether a rehearsal could run the test's job: that of a pull
// request or of set times, unless it asks to be left out.
func (u Use) Rehearsed() bool {
	test, options := u.Test(), u.Config.Prowgen
	return !test.DisableRehearsal && !test.Postsubmit && (options == nil || !options.DisableRehearsals)
}

// New is an index of nothing.
func New[N comparable]() *Index[N] {
	return &Index[N]{names: newNumbers[N](), configs: newNumbers[schema.Metadata]()}
}

var nothing node //nolint:gochecknoglobals // it has no parts and no users, and never will

// node gives a node; one that nobody knows has no parts and no users.
func (x *Index[N]) node(number int32) *node {
	if known := x.nodes.at(number); known != nil {
		return known
	}
	return &nothing
}

// find is node by name.
func (x *Index[N]) find(name N) *node {
	if number, ok := x.names.find(name); ok {
		return x.node(number)
	}
	return &nothing
}

// Count says how many depend on a node.
func (x *Index[N]) Count(name N) Count { return x.find(name).count }

// Within lists the nodes that a node is a part of directly, in no order.
func (x *Index[N]) Within(name N) []N {
	var names []N
	for _, number := range x.find(name).within {
		names = append(names, x.names.thing(number))
	}
	return names
}

// Above lists the nodes that a node is a part of, however deep, in no order.
func (x *Index[N]) Above(name N) []N {
	numbers := x.known(name)
	all, _ := x.above(numbers)
	var names []N
	for _, number := range all[len(numbers):] {
		names = append(names, x.names.thing(number))
	}
	return names
}

// Uses lists the tests that depend on any of some nodes, in the order of
// configurations.
func (x *Index[N]) Uses(names ...N) []Use {
	above, isAbove := x.above(x.known(names...))
	var uses []Use
	users := x.naming(above)
	slices.SortFunc(users, func(a, b user) int { return a.config.Metadata.Compare(b.config.Metadata) })
	for _, u := range users {
		for i := range u.tests {
			if u.tests[i].namesAny(isAbove) {
				uses = append(uses, Use{u.config, int(u.tests[i].index)})
			}
		}
	}
	return uses
}

// Naming finds the configurations with a test that names one of some nodes
// itself.
func (x *Index[N]) Naming(names ...N) map[*schema.Config]bool {
	users := x.naming(x.known(names...))
	configs := make(map[*schema.Config]bool, len(users))
	for _, u := range users {
		configs[u.config] = true
	}
	return configs
}

// known gives the numbers of nodes, of those that have one.
func (x *Index[N]) known(names ...N) []int32 {
	numbers := make([]int32, 0, len(names))
	for _, name := range names {
		if number, ok := x.names.find(name); ok {
			numbers = append(numbers, number)
		}
	}
	return numbers
}

// above lists nodes, and behind them all that they are a part of.
func (x *Index[N]) above(numbers []int32) ([]int32, set) {
	return reach(numbers, x.names.size(), func(number int32) []int32 { return x.node(number).within })
}

// reach lists what can be come to from some numbers, which are the first.
func reach(numbers []int32, size int, next func(int32) []int32) ([]int32, set) {
	seen := newSet(size)
	all := make([]int32, 0, 2*len(numbers))
	for _, number := range numbers {
		if seen.add(number) {
			all = append(all, number)
		}
	}
	for i := 0; i < len(all); i++ {
		for _, number := range next(all[i]) {
			if seen.add(number) {
				all = append(all, number)
			}
		}
	}
	return all, seen
}

// naming lists the users of nodes.
func (x *Index[N]) naming(numbers []int32) []user {
	seen := newSet(x.configs.size())
	var users []user
	for _, number := range numbers {
		for _, config := range x.node(number).users {
			if seen.add(config) {
				users = append(users, x.users.at(config))
			}
		}
	}
	return users
}

func (t *test) namesAny(nodes set) bool { return slices.ContainsFunc(t.names, nodes.has) }

// set is a set of small numbers.
type set []uint64

func newSet(size int) set { return make(set, (size+63)/64) }

func (s set) has(number int32) bool { return s[number/64]&(1<<(number%64)) != 0 }

// add says whether the number was not there yet.
func (s set) add(number int32) bool {
	if s.has(number) {
		return false
	}
	s[number/64] |= 1 << (number % 64)
	return true
}
