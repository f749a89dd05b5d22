package resolver

import (
	"maps"
	"slices"

	"github.com/drover-ci/drover/schema"
)

// expansion is what a reference, a chain or a list of both comes to: steps, in
// order, with the values that chains give them.
type expansion struct {
	// likeness is the same for what differs in the text of commands alone, of a registry
	// and those that came from it.
	likeness *likeness
	// elements are what it was joined from.
	elements []*expansion
	steps    []*Step
	// ways has for each step the workflow and chains that led to it.
	ways []*way
	// parameters and dependencies are the names that the steps declare.
	parameters, dependencies map[string]bool
	// open says that some parameter has no value yet.
	open bool
	// observers are the names that the steps ask for.
	observers []string
	// leases are those of the chains; steps keep their own.
	leases []schema.StepLease
	// faults are the mistakes in what was expanded, each once.
	faults []Finding
	// incomplete says that something named does not exist, so that what the
	// steps declare is not known in full.
	incomplete bool
}

// way is the components that led to a step, outermost first; nil for none. Steps that
// came the same way share it.
type way struct {
	Component
	rest *way
}

// components lists them.
func (w *way) components() []Component {
	var all []Component
	for ; w != nil; w = w.rest {
		all = append(all, w.Component)
	}
	return all
}

// likeness is what is left of a component without the text of commands. That text is what
// people change most often, and nothing that resolving finds depends on it.
type likeness struct{ _ byte } // so that each has an address of its own

// single is the expansion of one step.
func single(step *Step) *expansion {
	e := &expansion{
		steps:     []*Step{step},
		ways:      []*way{nil},
		observers: step.literal.Observers,
	}
	if parameters := step.literal.Environment; len(parameters) > 0 {
		e.parameters = make(map[string]bool, len(parameters))
		for _, parameter := range parameters {
			e.parameters[parameter.Name] = true
			e.open = e.open || parameter.Default == nil
		}
	}
	if dependencies := step.literal.Dependencies; len(dependencies) > 0 {
		e.dependencies = make(map[string]bool, len(dependencies))
		for _, dependency := range dependencies {
			e.dependencies[dependency.Env] = true
		}
	}
	return e
}

// join puts expansions one after another. A step that is there already is left
// out, so that the result is never larger than the registry.
func join(elements []*expansion) *expansion {
	if len(elements) == 1 {
		whole := *elements[0]
		whole.elements = elements
		return &whole
	}
	count := 0
	for _, e := range elements {
		count += len(e.steps)
	}
	whole := &expansion{elements: elements, steps: make([]*Step, 0, count), ways: make([]*way, 0, count)}
	seen := make(map[string]bool, count)
	for _, e := range elements {
		for i, step := range e.steps {
			if name := step.literal.As; !seen[name] {
				seen[name] = true
				whole.steps = append(whole.steps, step)
				whole.ways = append(whole.ways, e.ways[i])
			}
		}
		whole.parameters = union(whole.parameters, e.parameters)
		whole.dependencies = union(whole.dependencies, e.dependencies)
		whole.open = whole.open || e.open
		whole.incomplete = whole.incomplete || e.incomplete
		whole.observers = append(whole.observers, e.observers...)
		whole.leases = append(whole.leases, e.leases...)
		whole.faults = appendNew(whole.faults, e.faults)
	}
	return whole
}

// union has the names of both. Where one has all of them it is that.
func union(a, b map[string]bool) map[string]bool {
	if len(a) < len(b) {
		a, b = b, a
	}
	whole := a
	for name := range b {
		if !a[name] {
			whole = make(map[string]bool, len(a)+len(b))
			maps.Copy(whole, a)
			maps.Copy(whole, b)
			break
		}
	}
	return whole
}

// within is the expansion as a part of a component.
func (e *expansion) within(owner Component) *expansion {
	whole := *e
	whole.ways = make([]*way, len(e.ways))
	longer := map[*way]*way{}
	for i, rest := range e.ways {
		if longer[rest] == nil {
			longer[rest] = &way{owner, rest}
		}
		whole.ways[i] = longer[rest]
	}
	whole.faults = reachedBy(e.faults, owner)
	return &whole
}

// retold is the same expansion of elements and steps that differ from its own in the
// text of commands alone.
func (e *expansion) retold(elements []*expansion, steps []*Step) *expansion {
	now := *e
	now.elements, now.steps = elements, steps
	return &now
}

// with is the expansion with values applied to its steps.
func (e *expansion) with(values *overrides, variants *variants) *expansion {
	changed := *e
	changed.open = false
	changed.steps = make([]*Step, len(e.steps))
	for i, step := range e.steps {
		changed.steps[i] = variants.with(step, values)
		changed.open = changed.open || len(unset(changed.steps[i])) > 0
	}
	return &changed
}

func (e *expansion) declaresParameter(name string) bool  { return e.parameters[name] }
func (e *expansion) declaresDependency(name string) bool { return e.dependencies[name] }

func (e *expansion) hasStep(name string) bool {
	return slices.ContainsFunc(e.steps, func(step *Step) bool { return step.literal.As == name })
}

// sound says that there is an expansion, and nothing wrong with it.
func (e *expansion) sound() bool { return e != nil && len(e.faults) == 0 && !e.incomplete }

// unset lists the parameters of a step that have no value.
func unset(step *Step) []string {
	var names []string
	for i := range step.literal.Environment {
		if step.literal.Environment[i].Default == nil {
			names = append(names, step.literal.Environment[i].Name)
		}
	}
	return names
}

// appendNew adds the findings that are not there yet. A mistake that several
// ways lead to is given once, by the first.
func appendNew(findings, more []Finding) []Finding {
	for _, finding := range more {
		if !slices.ContainsFunc(findings, finding.SaysTheSame) {
			findings = append(findings, finding)
		}
	}
	return findings
}

// missing stands for what is named and does not exist.
func missing() *expansion { return &expansion{incomplete: true} }
