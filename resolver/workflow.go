package resolver

import (
	"slices"

	"github.com/drover-ci/drover/schema"
)

// phase is one of the three parts of a test.
type phase int

const (
	prePhase phase = iota
	testPhase
	postPhase
	phases
)

// String is the phase's field.
func (p phase) String() string { return [...]string{"pre", "test", "post"}[p] }

func (p phase) of(steps *schema.TestSteps) []schema.TestStep {
	return [...][]schema.TestStep{steps.Pre, steps.Test, steps.Post}[p]
}

// workflow is a workflow with its phases expanded.
type workflow struct {
	// likeness is as that of an [expansion].
	likeness *likeness
	steps    *schema.TestSteps
	phases   [phases]*expansion
	// faults are the mistakes in the workflow outside its phases.
	faults []Finding
}

// sound says that there is a workflow, and nothing wrong with it.
func (w *workflow) sound() bool {
	return w != nil && len(w.faults) == 0 &&
		w.phases[prePhase].sound() && w.phases[testPhase].sound() && w.phases[postPhase].sound()
}

func (b *builder) addWorkflows() {
	var findings []Finding
	for _, source := range b.sources.workflows {
		findings = append(findings, b.addWorkflow(source)...)
	}
	b.found(findings)
}

// addWorkflow gives all that is wrong with the workflow.
func (b *builder) addWorkflow(source *schema.RegistryWorkflow) []Finding {
	owner := Component{KindWorkflow, source.As}
	w := b.takeOverWorkflow(source)
	if w != nil && b.same[KindProfile] && b.same[KindObserver] {
		b.workflows[source.As] = w
		return nil
	}
	var findings []Finding
	if w == nil {
		w = &workflow{likeness: new(likeness), steps: &source.Steps}
		for p := range phases {
			at := func() place { return placeIn(owner, "workflow.steps").field(p.String()) }
			elements, wrong := list{steps: p.of(w.steps), place: at}.expand(b.Registry)
			w.phases[p] = join(elements).within(owner)
			w.phases[p].faults = slices.Concat(wrong, w.phases[p].faults)
			findings = append(findings, wrong...)
		}
	}
	if faults := b.checkWorkflow(placeIn(owner, "workflow.steps"), w); len(faults) > 0 {
		w = &workflow{likeness: new(likeness), steps: w.steps, phases: w.phases, faults: faults}
		findings = append(findings, faults...)
	}
	b.workflows[source.As] = w
	return findings
}

// takeOverWorkflow gives the last registry's workflow where there was nothing wrong
// with it, and it comes to the same; else nil.
func (b *builder) takeOverWorkflow(source *schema.RegistryWorkflow) *workflow {
	last := b.last.workflows[source.As]
	if !last.sound() || !same(b.last.sources.workflows[source.As], source) {
		return nil
	}
	for p := range phases {
		if !b.current(last.phases[p], p.of(last.steps)) {
			return nil
		}
	}
	return last
}

func (b *builder) checkWorkflow(at place, w *workflow) []Finding {
	var findings []Finding
	if w.steps.Workflow != nil {
		message := "a workflow may not start from another (found " + quoted(*w.steps.Workflow) + ", want its own pre, test and post, with what both share in chains)"
		findings = append(findings, at.field("workflow").finding(RuleNestedWorkflow, message))
	}
	if name := w.steps.ClusterProfile; name != "" && b.profiles[name] == nil {
		message := unknown(KindProfile, name, b.profiles)
		findings = append(findings, at.field("cluster_profile").finding(RuleUnknownProfile, message))
	}
	findings = append(findings, b.unknownObservers(at.field("observers"), w.steps.Observers)...)
	return append(findings, unusedIn(w.steps, w.phases[:], func() place { return at })...)
}

// unusedIn finds values for parameters, dependencies and steps that there are not.
// Where something is missing nothing can be said.
func unusedIn(steps *schema.TestSteps, elements []*expansion, at func() place) []Finding {
	if slices.ContainsFunc(elements, func(e *expansion) bool { return e.incomplete }) {
		return nil
	}
	var findings []Finding
	for _, name := range undeclared(steps.Env, elements, (*expansion).declaresParameter) {
		declared := join(elements).parameters
		findings = append(findings, unusedParameter(at().field("env").field(name), name, declared))
	}
	for _, name := range undeclared(steps.Dependencies, elements, (*expansion).declaresDependency) {
		declared := join(elements).dependencies
		findings = append(findings, unusedDependency(at().field("dependencies").field(name), name, declared))
	}
	for _, name := range undeclared(steps.DependencyOverrides, elements, (*expansion).declaresDependency) {
		declared := join(elements).dependencies
		findings = append(findings, unusedDependency(at().field("dependency_overrides").field(name), name, declared))
	}
	for _, name := range undeclared(steps.NodeArchitectureOverrides, elements, (*expansion).hasStep) {
		findings = append(findings, unusedArchitecture(at().field("node_architecture_overrides").field(name), name, elements))
	}
	return findings
}

// undeclared gives the names, in order, that no expansion declares.
func undeclared[V any](values map[string]V, elements []*expansion, declares func(*expansion, string) bool) []string {
	var names []string
	for name := range values {
		if !slices.ContainsFunc(elements, func(e *expansion) bool { return declares(e, name) }) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
