package resolver

import (
	"iter"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/drover-ci/drover/resolver/dependents"
	"github.com/drover-ci/drover/schema"
)

// Dependents says which tests depend on which components.
type Dependents = dependents.Index[Component]

// Dependents says who depends on what in the catalog. It is made when it is first
// asked for; from then on each catalog takes it over from the last one, with what
// changed.
func (c *Catalog) Dependents() *Dependents {
	return c.dependents.get(func() *Dependents {
		all := func(yield func(*schema.Config) bool) {
			for entry := range c.Entries() {
				if !yield(entry.Config) {
					return
				}
			}
		}
		return dependents.New[Component]().Next(dependents.Change[Component]{
			Parts: compositions(&Registry{}, c.registry), Users: c.users(all),
		})
	})
}

// gatherer gathers what the tests of a configuration name.
type gatherer struct {
	catalog *Catalog
	tests   []dependents.Test[Component]
	// names are those of all tests, one after another.
	names  []Component
	images imageSources
}

// users says what the tests of some configurations name.
func (c *Catalog) users(configs iter.Seq[*schema.Config]) iter.Seq[dependents.User[Component]] {
	return func(yield func(dependents.User[Component]) bool) {
		g := &gatherer{catalog: c}
		for config := range configs {
			if !yield(g.user(config.Metadata)) {
				return
			}
		}
	}
}

// lazyDependents are made once, when they are asked for.
type lazyDependents struct {
	making sync.Mutex
	made   atomic.Pointer[Dependents]
}

func (l *lazyDependents) get(find func() *Dependents) *Dependents {
	if made := l.made.Load(); made != nil {
		return made
	}
	l.making.Lock()
	defer l.making.Unlock()
	if l.made.Load() == nil {
		l.made.Store(find())
	}
	return l.made.Load()
}

// dependOn takes over who depends on what, where the last catalog has found it
// out, but for some configurations.
func (c *Catalog) dependOn(last *Catalog, changed []*schema.Config) {
	made := last.dependents.made.Load()
	if made == nil {
		return
	}
	change := dependents.Change[Component]{Users: c.users(slices.Values(changed))}
	if c.registry != last.registry && !c.registry.isRetold(last.registry) {
		change.Parts = compositions(last.registry, c.registry)
	}
	c.dependents.made.Store(made.Next(change))
}

// composition is what components consist of.
type composition map[Component][]Component

// compositions says of all components that are another in the next registry than
// in the last one what they consist of now.
func compositions(last, next *Registry) composition {
	c := composition{}
	compose(c, last.sources.refs, next.sources.refs, composition.addStep)
	compose(c, last.sources.chains, next.sources.chains, composition.addChain)
	compose(c, last.sources.workflows, next.sources.workflows, composition.addWorkflow)
	compose(c, last.sources.profiles, next.sources.profiles, composition.addProfile)
	return c
}

func compose[T any](c composition, last, next map[string]*T, add func(composition, *T)) {
	gone := composition{}
	for name, source := range last {
		if next[name] == nil {
			add(gone, source)
		}
	}
	for component := range gone {
		c[component] = nil
	}
	for name, source := range next {
		if last[name] != source {
			add(c, source)
		}
	}
}

func (c composition) addStep(step *schema.RegistryRef) {
	c[Component{KindStep, step.As}] = appendLeased(nil, step.Leases)
}

func (c composition) addChain(chain *schema.RegistryChain) {
	c[Component{KindChain, chain.As}] = appendLeased(appendNamed(nil, chain.Steps), chain.Leases)
}

// addWorkflow adds a workflow, which is what all tests have that start from it,
// and its phases.
func (c composition) addWorkflow(workflow *schema.RegistryWorkflow) {
	c[Component{KindWorkflow, workflow.As}] = appendLeased(nil, workflow.Steps.Leases)
	for p := range phases {
		c[p.within(workflow.As)] = appendNamed(nil, p.of(&workflow.Steps))
	}
}

// addProfile adds a profile, or a set of profiles, one of which a test gets.
func (c composition) addProfile(profile *schema.ClusterProfileEntry) {
	parts := appendLeaseTypes(nil, profile.LeaseType, profile.IPPoolLeaseType)
	for _, member := range profile.Profiles {
		parts = append(parts, Component{KindProfile, member})
	}
	c[Component{KindProfile, profile.Name}] = parts
}

// within names the phase of a workflow.
func (p phase) within(workflow string) Component {
	return Component{KindPhase, workflow + "/" + p.String()}
}

// appendNamed adds the components that a list of steps names.
func appendNamed(components []Component, steps []schema.TestStep) []Component {
	for i := range steps {
		switch item := &steps[i]; {
		case item.Reference != nil:
			components = append(components, Component{KindStep, *item.Reference})
		case item.Chain != nil:
			components = append(components, Component{KindChain, *item.Chain})
		default:
			components = appendLeased(components, item.Leases)
		}
	}
	return components
}

func appendLeased(components []Component, leases []schema.StepLease) []Component {
	for _, lease := range leases {
		components = append(components, Component{KindLease, lease.ResourceType})
	}
	return components
}

func appendLeaseTypes(components []Component, names ...string) []Component {
	for _, name := range names {
		if name != "" {
			components = append(components, Component{KindLease, name})
		}
	}
	return components
}

// user says what the tests of a configuration name; nothing where there is none.
func (g *gatherer) user(m schema.Metadata) dependents.User[Component] {
	user := dependents.User[Component]{Metadata: m}
	entry := g.catalog.Named(m)
	if entry == nil {
		return user
	}
	g.images.turnTo(entry.Config)
	g.tests, g.names = g.tests[:0], g.names[:0]
	for index := range entry.Config.Tests {
		use := dependents.Use{Config: entry.Config, Index: index}
		begin := len(g.names)
		g.names = entry.appendNames(g.names, index, &g.images)
		g.tests = append(g.tests, dependents.Test[Component]{Use: use, Names: g.names[begin:len(g.names):len(g.names)]})
	}
	user.Tests = g.tests
	return user
}

// appendNames adds what a test of the entry names.
func (e *Entry) appendNames(names []Component, index int, images *imageSources) []Component {
	test, steps := &e.Config.Tests[index], e.steps(index)
	names = images.appendOf(names, test, steps)
	if test.Steps != nil {
		names = appendFromSeveral(appendOwn(names, test.Steps), steps)
	}
	if test.LiteralSteps != nil {
		names = appendLiteral(names, test.LiteralSteps)
	}
	return names
}

// steps are what a test resolves to, but for the text of commands; nil where there
// are findings.
func (e *Entry) steps(index int) *Steps {
	if e.shape == nil {
		return nil
	}
	return e.shape.Steps(index)
}

// namesAs says whether the tests name what they did before, when the entry of the
// same configuration was another one.
func (e *Entry) namesAs(before *Entry) bool {
	if e.shape == before.shape {
		return true
	}
	for i := range e.Config.Tests {
		if now, then := e.steps(i), before.steps(i); now != then && (now == nil || then == nil || !now.namesAs(then)) {
			return false
		}
	}
	return true
}

// namesAs says whether the steps have the same profile, observers and images as
// others.
func (s *Steps) namesAs(other *Steps) bool {
	return slices.Equal(appendFromSeveral(nil, s), appendFromSeveral(nil, other)) &&
		slices.EqualFunc(s.Pre, other.Pre, (*Step).sameImages) &&
		slices.EqualFunc(s.Test, other.Test, (*Step).sameImages) &&
		slices.EqualFunc(s.Post, other.Post, (*Step).sameImages) &&
		slices.EqualFunc(s.Observers, other.Observers, (*Observer).sameImages)
}

// appendOwn adds what a test names itself: a workflow with the phases that it does
// not replace, what it replaces others by, and lease types.
func appendOwn(components []Component, steps *schema.TestSteps) []Component {
	components = appendLeased(components, steps.Leases)
	if steps.Workflow != nil {
		components = append(components, Component{KindWorkflow, *steps.Workflow})
	}
	for p := range phases {
		if own := p.of(steps); own != nil {
			components = appendNamed(components, own)
		} else if steps.Workflow != nil {
			components = append(components, p.within(*steps.Workflow))
		}
	}
	return components
}

// appendFromSeveral adds the profile and the observers, which a test has from
// several places.
func appendFromSeveral(components []Component, steps *Steps) []Component {
	if steps == nil {
		return components
	}
	if profile := steps.settings.ClusterProfileLiteral; profile != nil {
		components = append(components, Component{KindProfile, profile.Name})
	}
	for _, observer := range steps.Observers {
		components = append(components, Component{KindObserver, observer.literal.Name})
	}
	return components
}

// appendLiteral adds what a test names whose steps are spelled out.
func appendLiteral(components []Component, steps *schema.LiteralTestSteps) []Component {
	components = appendLeased(components, steps.Leases)
	if steps.ClusterProfile != "" {
		components = append(components, Component{KindProfile, steps.ClusterProfile})
	}
	if profile := steps.ClusterProfileLiteral; profile != nil {
		components = append(components, Component{KindProfile, profile.Name})
		components = appendLeaseTypes(components, profile.LeaseType, profile.IPPoolLeaseType)
	}
	for _, phase := range [][]schema.LiteralTestStep{steps.Pre, steps.Test, steps.Post} {
		for i := range phase {
			components = appendLeased(components, phase[i].Leases)
		}
	}
	return components
}
