package web

import (
	"cmp"
	"slices"

	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
)

// testRef is a test of a configuration.
type testRef struct {
	entry *resolver.Entry
	index int
}

func (t testRef) test() *schema.Test { return &t.entry.Config.Tests[t.index] }

func (t testRef) metadata() schema.Metadata { return t.entry.Config.Metadata }

// count is how much something is used.
type count struct{ Tests, Configs int }

// kindPhase is the kind of a workflow's phase, which is used apart from the
// workflow: a test may replace any of them.
const kindPhase resolver.Kind = "phase"

// usage knows who uses which component of the registry: what a test names
// itself, and what contains what.
type usage struct {
	tests []testRef
	// direct are the tests that name a component, by position, ascending.
	direct map[resolver.Component][]int32
	// parents are the chains and phases that name a component.
	parents map[resolver.Component][]resolver.Component
}

func newUsage(snapshot *rules.Snapshot) *usage {
	u := &usage{direct: map[resolver.Component][]int32{}, parents: map[resolver.Component][]resolver.Component{}}
	for _, doc := range snapshot.Repo.Chains {
		u.contains(resolver.Component{Kind: resolver.KindChain, Name: doc.Value.As}, doc.Value.Steps)
	}
	for _, doc := range snapshot.Repo.Workflows {
		steps := &doc.Value.Steps
		for _, phase := range phasesOf(steps) {
			u.contains(phaseOf(doc.Value.As, phase.name), phase.steps)
		}
	}
	for _, entry := range snapshot.Catalog.Entries() {
		u.addEntry(snapshot.Catalog.Registry(), entry)
	}
	return u
}

type phaseSteps struct {
	name  string
	steps []schema.TestStep
}

func phasesOf(steps *schema.TestSteps) [3]phaseSteps {
	return [3]phaseSteps{{"pre", steps.Pre}, {tabTest, steps.Test}, {"post", steps.Post}}
}

func phaseOf(workflow, phase string) resolver.Component {
	return resolver.Component{Kind: kindPhase, Name: workflow + "/" + phase}
}

// named lists the components that a list of steps names.
func named(steps []schema.TestStep) []resolver.Component {
	var components []resolver.Component
	for i := range steps {
		switch {
		case steps[i].Reference != nil:
			components = append(components, resolver.Component{Kind: resolver.KindStep, Name: *steps[i].Reference})
		case steps[i].Chain != nil:
			components = append(components, resolver.Component{Kind: resolver.KindChain, Name: *steps[i].Chain})
		}
	}
	return components
}

func (u *usage) contains(parent resolver.Component, steps []schema.TestStep) {
	for _, child := range named(steps) {
		if !slices.Contains(u.parents[child], parent) {
			u.parents[child] = append(u.parents[child], parent)
		}
	}
}

func (u *usage) addEntry(registry *resolver.Registry, entry *resolver.Entry) {
	for i := range entry.Config.Tests {
		steps := entry.Config.Tests[i].Steps
		if steps == nil {
			continue
		}
		u.tests = append(u.tests, testRef{entry, i})
		var workflow *schema.RegistryWorkflow
		if steps.Workflow != nil {
			u.use(resolver.Component{Kind: resolver.KindWorkflow, Name: *steps.Workflow})
			workflow = registry.Workflow(*steps.Workflow)
		}
		u.usePhases(steps, workflow)
		u.useSettings(entry, i)
	}
}

func (u *usage) usePhases(steps *schema.TestSteps, workflow *schema.RegistryWorkflow) {
	for _, phase := range phasesOf(steps) {
		if phase.steps == nil && workflow != nil {
			u.use(phaseOf(workflow.As, phase.name))
		}
		for _, component := range named(phase.steps) {
			u.use(component)
		}
	}
}

// useSettings notes the profile and the observers, which a test has from
// several places.
func (u *usage) useSettings(entry *resolver.Entry, test int) {
	if entry.Shape() == nil {
		return
	}
	steps := entry.Shape().Steps(test)
	if profile := steps.Settings().ClusterProfileLiteral; profile != nil {
		u.use(resolver.Component{Kind: resolver.KindProfile, Name: profile.Name})
	}
	for _, observer := range steps.Observers {
		u.use(resolver.Component{Kind: resolver.KindObserver, Name: observer.Literal().Name})
	}
}

// use notes that the test that was added last names a component.
func (u *usage) use(component resolver.Component) {
	test := int32(len(u.tests) - 1) //nolint:gosec // there are not as many tests
	list := u.direct[component]
	if len(list) == 0 || list[len(list)-1] != test {
		u.direct[component] = append(list, test)
	}
}

// above lists a component and all that contains it, however deep.
func (u *usage) above(component resolver.Component) []resolver.Component {
	all := []resolver.Component{component}
	for i := 0; i < len(all); i++ {
		for _, parent := range u.parents[all[i]] {
			if !slices.Contains(all, parent) {
				all = append(all, parent)
			}
		}
	}
	return all
}

// of lists the tests that use a component, in the order of configurations.
func (u *usage) of(component resolver.Component) []testRef {
	var positions []int32
	for _, each := range u.above(component) {
		positions = append(positions, u.direct[each]...)
	}
	slices.Sort(positions)
	positions = slices.Compact(positions)
	tests := make([]testRef, len(positions))
	for i, position := range positions {
		tests[i] = u.tests[position]
	}
	return tests
}

// countAll counts the uses of every component that is used at all.
func (u *usage) countAll() map[resolver.Component]count {
	counts := make(map[resolver.Component]count, len(u.direct)+len(u.parents))
	counter := newCounter(u)
	for component := range u.direct {
		counts[component] = counter.count(component)
	}
	for component := range u.parents {
		counts[component] = counter.count(component)
	}
	return counts
}

// counter counts for one component after the other, without making a list for
// each of what it uses, which for some is nearly all tests.
type counter struct {
	*usage

	// configs are the numbers of the configurations, by test.
	configs []int32
	// seen says for which component a test, or a configuration, was counted last.
	seenTests, seenConfigs []int32
	now                    int32
}

func newCounter(u *usage) *counter {
	c := &counter{usage: u, configs: make([]int32, len(u.tests)), seenTests: make([]int32, len(u.tests))}
	config := int32(0)
	for i := range u.tests {
		if i > 0 && u.tests[i].entry != u.tests[i-1].entry {
			config++
		}
		c.configs[i] = config
	}
	c.seenConfigs = make([]int32, config+1)
	return c
}

func (c *counter) count(component resolver.Component) count {
	c.now++
	var found count
	for _, each := range c.above(component) {
		for _, test := range c.direct[each] {
			if c.seenTests[test] == c.now {
				continue
			}
			c.seenTests[test] = c.now
			found.Tests++
			if config := c.configs[test]; c.seenConfigs[config] != c.now {
				c.seenConfigs[config] = c.now
				found.Configs++
			}
		}
	}
	return found
}

func countOf(tests []testRef) count {
	c := count{Tests: len(tests)}
	for i := range tests {
		if i == 0 || tests[i].entry != tests[i-1].entry {
			c.Configs++
		}
	}
	return c
}

// container is what contains a component directly.
type container struct {
	resolver.Component

	// Phase is the phase of a workflow; empty for a chain.
	Phase string
}

// containers lists the chains and workflows that name a component.
func (u *usage) containers(component resolver.Component) []container {
	var all []container
	for _, parent := range u.parents[component] {
		if parent.Kind == kindPhase {
			workflow, phase := cutLast(parent.Name, '/')
			all = append(all, container{resolver.Component{Kind: resolver.KindWorkflow, Name: workflow}, phase})
			continue
		}
		all = append(all, container{Component: parent})
	}
	slices.SortFunc(all, func(a, b container) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Phase, b.Phase))
	})
	return all
}

// rehearsed leaves the tests whose jobs a rehearsal could run: those of pull
// requests and of set times, unless they ask to be left out.
func rehearsed(tests []testRef) []testRef {
	return slices.DeleteFunc(slices.Clone(tests), func(t testRef) bool {
		options := t.entry.Config.Prowgen
		return t.test().DisableRehearsal || t.test().Postsubmit || options != nil && options.DisableRehearsals
	})
}
