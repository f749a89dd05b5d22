package dependents_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/resolver/dependents"
	"github.com/drover-ci/drover/schema"
)

// world is all that an index is told of, to count by hand.
type world struct {
	parts map[string][]string
	users map[schema.Metadata]dependents.User[string]
}

func (w *world) everything() dependents.Change[string] {
	return dependents.Change[string]{Parts: w.parts, Users: maps.Values(w.users)}
}

// below are all nodes that some consist of, and they themselves.
func (w *world) below(names []string) map[string]bool {
	all := map[string]bool{}
	var visit func(names []string)
	visit = func(names []string) {
		for _, name := range names {
			if !all[name] {
				all[name] = true
				visit(w.parts[name])
			}
		}
	}
	visit(names)
	return all
}

// uses are the tests that depend on any of some nodes, as text, in order.
func (w *world) uses(nodes ...string) (uses []string, count dependents.Count) {
	for _, m := range slices.SortedFunc(maps.Keys(w.users), schema.Metadata.Compare) {
		u, here := w.users[m], 0
		for _, test := range u.Tests {
			below := w.below(test.Names)
			if !slices.ContainsFunc(nodes, func(node string) bool { return below[node] }) {
				continue
			}
			uses = append(uses, describe(test.Use))
			here++
			if config := test.Config; !test.Test().Postsubmit && !test.Test().DisableRehearsal && (config.Prowgen == nil || !config.Prowgen.DisableRehearsals) {
				count.Rehearsed++
			}
		}
		count.Tests += here
		count.Configs += min(here, 1)
	}
	return uses, count
}

func describe(use dependents.Use) string {
	return fmt.Sprintf("%p %s %d", use.Config, use.Config.Metadata, use.Index) // the pointer: it is the newest that counts
}

func describeAll(uses []dependents.Use) (all []string) {
	for _, use := range uses {
		all = append(all, describe(use))
	}
	return all
}

// player changes a world at random.
type player struct {
	*rand.Rand

	world *world
	// changed are the users that changed in a step.
	changed []dependents.User[string]
}

func (p *player) node() string { return fmt.Sprint("n", p.IntN(30)) }

func (p *player) nodes(most int) []string {
	names := make([]string, p.IntN(most+1))
	for i := range names {
		names[i] = p.node()
	}
	return names
}

// change changes one thing, and notes it.
func (p *player) change(change *dependents.Change[string]) {
	if p.IntN(3) == 0 {
		node := p.node()
		p.world.parts[node] = p.nodes(4) // of itself too, and in circles: the index does not mind
		change.Parts[node] = p.world.parts[node]
		return
	}
	m := schema.Metadata{Org: "acme", Repo: "rocket", Branch: fmt.Sprint("b", p.IntN(12))}
	u := dependents.User[string]{Metadata: m}
	config := &schema.Config{Metadata: m}
	if p.IntN(4) == 0 {
		config.Prowgen = &schema.JobGeneration{DisableRehearsals: p.IntN(2) == 0}
	}
	last := p.world.users[m].Tests
	if p.IntN(3) == 0 { // a change of something else
		for i := range last {
			config.Tests = append(config.Tests, *last[i].Test())
			u.Tests = append(u.Tests, dependents.Test[string]{Use: dependents.Use{Config: config, Index: i}, Names: last[i].Names})
		}
		p.world.users[m] = u
		p.changed = append(p.changed, u)
		return
	}
	for i := range p.IntN(4) {
		config.Tests = append(config.Tests, schema.Test{Postsubmit: p.IntN(4) == 0, DisableRehearsal: p.IntN(4) == 0})
		u.Tests = append(u.Tests, dependents.Test[string]{Use: dependents.Use{Config: config, Index: i}, Names: p.nodes(3)})
	}
	p.world.users[m] = u
	p.changed = append(p.changed, u)
}

// However an index came about, it says what one made at once says, and what
// counting by hand says; and the indexes before say what they said.
func TestNextIsAsNew(t *testing.T) {
	p := &player{Rand: rand.New(rand.NewPCG(1, 2)), world: &world{parts: map[string][]string{}, users: map[schema.Metadata]dependents.User[string]{}}}
	index := dependents.New[string]()
	for step := range 150 {
		before := answers(index)
		p.changed = nil
		change := dependents.Change[string]{Parts: map[string][]string{}}
		for range 1 + p.IntN(4) {
			p.change(&change)
		}
		if len(p.changed) > 0 {
			change.Users = slices.Values(p.changed)
		}
		next := index.Next(change)
		if diff := cmp.Diff(before, answers(index)); diff != "" {
			t.Fatalf("step %d changed the index before it:\n%s", step, diff)
		}
		index = next
		if diff := cmp.Diff(answers(dependents.New[string]().Next(p.world.everything())), answers(index)); diff != "" {
			t.Fatalf("step %d, -at once +by changes:\n%s", step, diff)
		}
		p.count(t, index)
	}
}

func (p *player) count(t *testing.T, index *dependents.Index[string]) {
	t.Helper()
	for n := range 30 {
		node := fmt.Sprint("n", n)
		uses, count := p.world.uses(node)
		if index.Count(node) != count {
			t.Fatalf("%s: counted %v, want %v", node, index.Count(node), count)
		}
		if diff := cmp.Diff(uses, describeAll(index.Uses(node))); diff != "" {
			t.Fatalf("uses of %s, -want +got:\n%s", node, diff)
		}
	}
	some := p.nodes(4)
	uses, _ := p.world.uses(some...)
	if diff := cmp.Diff(uses, describeAll(index.Uses(some...))); diff != "" {
		t.Fatalf("uses of %v, -want +got:\n%s", some, diff)
	}
}

// answers are all that an index says.
func answers(index *dependents.Index[string]) (all []string) {
	for n := range 30 {
		node := fmt.Sprint("n", n)
		all = append(all, fmt.Sprint(node, index.Count(node), slices.Sorted(slices.Values(index.Within(node))), slices.Sorted(slices.Values(index.Above(node)))))
		var naming []string
		for config := range index.Naming(node) {
			naming = append(naming, fmt.Sprintf("%p", config))
		}
		slices.Sort(naming)
		all = append(all, fmt.Sprint("named by ", naming))
	}
	return all
}

// What nobody knows has no users.
func TestAnUnknownNode(t *testing.T) {
	index := dependents.New[string]()
	if got := index.Count("x"); got != (dependents.Count{}) || index.Uses("x") != nil || index.Within("x") != nil || index.Above("x") != nil {
		t.Errorf("an unknown node has %v", got)
	}
}
