package resolver

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/drover-ci/drover/schema"
)

// builder fills a registry, and collects what is wrong with each component.
type builder struct {
	*Registry
	// last is the registry from which unchanged things are taken.
	last     *Registry
	findings []Finding
	// same are the kinds of which every component is as it was.
	same map[Kind]bool
}

func newBuilder(last *Registry, components Components) *builder {
	b := &builder{last: last, same: map[Kind]bool{}, Registry: &Registry{
		given:     components,
		steps:     make(map[string]*expansion, len(components.Refs)),
		chains:    make(map[string]*expansion, len(components.Chains)),
		workflows: make(map[string]*workflow, len(components.Workflows)),
		observers: make(map[string]*Observer, len(components.Observers)),
		profiles:  make(map[string]*schema.ClusterProfile, len(components.Profiles)),
		variants:  last.variants,
		number:    last.variants.number(),
	}}
	given, sources := &last.given, &last.sources
	b.sources.profiles = named[schema.ClusterProfileEntry]{
		KindProfile, "cluster_profiles", func(p *schema.ClusterProfileEntry) string { return p.Name },
	}.index(b, pointers(components.Profiles), pointers(given.Profiles), sources.profiles)
	b.sources.observers = named[schema.RegistryObserver]{
		KindObserver, "observer.name", func(o *schema.RegistryObserver) string { return o.Name },
	}.index(b, components.Observers, given.Observers, sources.observers)
	b.sources.refs = named[schema.RegistryRef]{
		KindStep, "ref.as", func(s *schema.RegistryRef) string { return s.As },
	}.index(b, components.Refs, given.Refs, sources.refs)
	b.sources.chains = named[schema.RegistryChain]{
		KindChain, "chain.as", func(c *schema.RegistryChain) string { return c.As },
	}.index(b, components.Chains, given.Chains, sources.chains)
	b.sources.workflows = named[schema.RegistryWorkflow]{
		KindWorkflow, "workflow.as", func(w *schema.RegistryWorkflow) string { return w.As },
	}.index(b, components.Workflows, given.Workflows, sources.workflows)
	return b
}

// named is a kind of component with the field of its name.
type named[T any] struct {
	kind Kind
	path string
	name func(*T) string
}

// index arranges components by name. Of those with the same name the first
// counts. Where they are the last registry's, so is the result.
func (n named[T]) index(b *builder, components, last []*T, byLastName map[string]*T) map[string]*T {
	if len(byLastName) == len(last) && slices.Equal(last, components) {
		b.same[n.kind] = true
		return byLastName
	}
	byName := make(map[string]*T, len(components))
	var twice []string
	for _, component := range components {
		name := n.name(component)
		if byName[name] != nil {
			twice = append(twice, name)
			continue
		}
		byName[name] = component
	}
	slices.Sort(twice)
	for _, name := range slices.Compact(twice) {
		message := fmt.Sprintf("the name of a %s must be its own (found %s more than once, want another name for one)", n.kind, quoted(name))
		b.findings = append(b.findings, placeIn(Component{n.kind, name}, n.path).finding(RuleDuplicateName, message))
	}
	return byName
}

// found adds findings of one kind of component, by name.
func (b *builder) found(findings []Finding) {
	slices.SortStableFunc(findings, func(a, b Finding) int { return strings.Compare(a.Component.Name, b.Component.Name) })
	b.findings = append(b.findings, findings...)
}

func pointers[T any](values []T) []*T {
	result := make([]*T, len(values))
	for i := range values {
		result[i] = &values[i]
	}
	return result
}

func (b *builder) addProfiles() {
	if b.same[KindProfile] {
		b.profiles = b.last.profiles
		return
	}
	for name, source := range b.sources.profiles {
		profile := literalOfProfile(source)
		if last := b.last.profiles[name]; is(last, *profile) {
			profile = last
		}
		b.profiles[name] = profile
	}
}

func (b *builder) addObservers() {
	if b.same[KindObserver] {
		b.observers = b.last.observers
		return
	}
	for name, source := range b.sources.observers {
		if same(b.last.sources.observers[name], source) {
			b.observers[name] = b.last.observers[name]
			continue
		}
		b.observers[name] = &Observer{literal: literalOfObserver(source)}
	}
}

func (b *builder) addSteps() {
	var findings []Finding
	for name, source := range b.sources.refs {
		var faults []Finding
		if len(source.Observers) > 0 {
			faults = b.unknownObserversIn(placeIn(Component{KindStep, name}, "ref.observers"), source.Observers)
			findings = append(findings, faults...)
		}
		step := b.last.steps[name]
		if len(faults) > 0 || !step.sound() || !same(b.last.sources.refs[name], source) {
			step = single(b.variants.add(LiteralOfRef(source)))
			step.likeness, step.faults = new(likeness), faults
		}
		b.steps[name] = step
	}
	b.found(findings)
}

// unknownObservers checks the observers that a test or workflow names; nil are
// none.
func (r *Registry) unknownObservers(at place, asked *schema.Observers) []Finding {
	if asked == nil {
		return nil
	}
	return append(r.unknownObserversIn(at.field("enable"), asked.Enable), r.unknownObserversIn(at.field("disable"), asked.Disable)...)
}

// unknownObserversIn checks a list of observers' names.
func (r *Registry) unknownObserversIn(at place, names []string) []Finding {
	var findings []Finding
	for i, name := range names {
		if r.observers[name] == nil {
			findings = append(findings, at.item(i).finding(RuleUnknownObserver, unknown(KindObserver, name, r.observers)))
		}
	}
	return findings
}

func (b *builder) addChains() {
	order, own := b.last.chainOrder, map[string][]Finding{}
	if order == nil || !b.same[KindChain] {
		var cycles []Finding
		order, cycles = chainOrder(b.sources.chains)
		for _, finding := range cycles {
			own[finding.Component.Name] = append(own[finding.Component.Name], finding)
		}
	}
	if len(own) == 0 {
		b.chainOrder = order
	}
	var findings []Finding
	for _, name := range order {
		findings = append(findings, b.addChain(b.sources.chains[name], own[name])...)
	}
	b.found(findings)
}

// addChain expands a chain whose own chains are expanded already. It is given
// the cycles that the chain closes, and gives all that is wrong with it.
func (b *builder) addChain(chain *schema.RegistryChain, cycles []Finding) []Finding {
	owner := Component{KindChain, chain.As}
	last := b.last.chains[chain.As]
	if last.sound() && same(b.last.sources.chains[chain.As], chain) && b.current(last, chain.Steps) {
		b.chains[chain.As] = last
		return nil
	}
	steps := list{steps: chain.Steps, place: func() place { return placeIn(owner, "chain.steps") }}
	elements, findings := steps.expand(b.Registry)
	e := join(elements).with(chainOverrides(chain), b.variants).within(owner)
	e.likeness = new(likeness)
	e.leases = slices.Concat(chain.Leases, e.leases)
	findings = slices.Concat(cycles, findings, unusedInChain(chain, e))
	e.faults = slices.Concat(findings, e.faults)
	b.chains[chain.As] = e
	return findings
}

// current says whether a list of steps would still come to this expansion, with which
// there is nothing wrong.
func (b *builder) current(last *expansion, steps []schema.TestStep) bool {
	for i := range steps {
		now := last.elements[i] // a literal step is part of the list
		switch item := &steps[i]; {
		case item.Reference != nil:
			now = b.steps[*item.Reference]
		case item.Chain != nil:
			now = b.chains[*item.Chain]
		}
		if now != last.elements[i] {
			return false
		}
	}
	return true
}

// unusedInChain finds a chain's values for parameters that no step declares.
func unusedInChain(chain *schema.RegistryChain, e *expansion) []Finding {
	if e.incomplete {
		return nil
	}
	at := placeIn(Component{KindChain, chain.As}, "chain.env")
	var findings []Finding
	for i, parameter := range chain.Environment {
		if !e.parameters[parameter.Name] {
			findings = append(findings, unusedParameter(at.item(i).field("name"), parameter.Name, e.parameters))
		}
	}
	return findings
}

func unusedParameter(at place, name string, declared map[string]bool) Finding {
	names := slices.Sorted(maps.Keys(declared))
	message := "no step declares the parameter (found " + quoted(name) + ", want " + oneOf(names, "the name of a parameter of one of the steps") + ")"
	return at.finding(RuleUnusedParameter, message+schema.DidYouMean(name, names))
}

func unusedDependency(at place, name string, declared map[string]bool) Finding {
	names := slices.Sorted(maps.Keys(declared))
	message := "no step declares a dependency with this variable (found " + quoted(name) + ", want " +
		oneOf(names, "the variable of a dependency of one of the steps") + ")"
	return at.finding(RuleUnusedDependency, message+schema.DidYouMean(name, names))
}

// unusedArchitecture words that an architecture is given for a step that there
// is not.
func unusedArchitecture(at place, name string, elements []*expansion) Finding {
	var names []string
	for _, step := range join(elements).steps {
		names = append(names, step.literal.As)
	}
	slices.Sort(names)
	message := "the test has no step of this name (found " + quoted(name) + ", want " + oneOf(names, "the name of one of its steps") + ")"
	return at.finding(RuleUnknownStep, message+schema.DidYouMean(name, names))
}

// same says whether two components are written the same.
func same[T any](a, b *T) bool { return a == b || (a != nil && reflect.DeepEqual(a, b)) }
