package resolver

import (
	"slices"

	"github.com/drover-ci/drover/schema"
)

// Origin is where something is written.
type Origin struct {
	// Component is what it is written in.
	Component Component
	// Path is the field in the component's own file, such as
	// workflow.steps.env.SUITE.
	Path string
}

// Explanation says where what a test consists of comes from. It is for people:
// resolving does not need it, so it is made when somebody asks.
type Explanation struct {
	// Pre, Test and Post are the steps, in order.
	Pre, Test, Post []ExplainedStep
	// Profile is where the cluster profile is named; nil without one.
	Profile *Origin
}

// ExplainedStep is one step of a test, and where it comes from.
type ExplainedStep struct {
	// Name is the step's.
	Name string
	// Listed is where the test, its workflow or a chain names the step.
	Listed Origin
	// Way has the workflow and the chains that led to the step, outermost first.
	Way []Component
	// Literal says that the step is written out where it is listed, and is not
	// one of the registry's.
	Literal bool
	// Parameters and Dependencies are in the step's own order.
	Parameters, Dependencies []ExplainedValue
	// DNS and Architecture say where the step's DNS settings and the architecture
	// of its node come from; nil where nothing says anything of them.
	DNS, Architecture *Origin
}

// ExplainedValue is a value of a step, and where it comes from.
type ExplainedValue struct {
	// Name is the environment variable.
	Name string
	// Given are all values that something gives, the one that counts first. There
	// is none for a parameter without a value.
	Given []GivenValue
}

// GivenValue is a value where it is written.
type GivenValue struct {
	Value  string
	Origin Origin
}

// Explain says where the steps and values of a test come from, by the test's
// position. What the registry does not have is left out. A test without steps
// of the registry has an empty explanation.
func (r *Registry) Explain(config *schema.Config, test int) *Explanation {
	source := &config.Tests[test]
	explanation := &Explanation{}
	if source.Steps == nil {
		return explanation
	}
	e := &explainer{registry: r, test: source}
	place := testPlace(config, test)
	own := scope{owner: place.owner, path: place.path, steps: source.Steps}
	e.scopes = []scope{own}
	if name := source.Steps.Workflow; name != nil && r.workflows[*name] != nil {
		component := Component{KindWorkflow, *name}
		e.scopes = append(e.scopes, scope{owner: component, path: "workflow.steps", steps: r.workflows[*name].steps})
	}
	explanation.Pre, explanation.Test, explanation.Post = e.phase(prePhase), e.phase(testPhase), e.phase(postPhase)
	for _, s := range e.scopes {
		if explanation.Profile == nil && s.steps.ClusterProfile != "" {
			explanation.Profile = s.origin("cluster_profile")
		}
	}
	return explanation
}

// explainer goes through the phases of one test.
type explainer struct {
	registry *Registry
	test     *schema.Test
	// scopes are the test and, where it has one, its workflow.
	scopes []scope
}

// scope is a component that gives values to the steps in it: a test, a workflow
// or, with its parameters, a chain.
type scope struct {
	owner Component
	path  string
	steps *schema.TestSteps     // of a test or workflow
	chain *schema.RegistryChain // of a chain
}

func (s scope) origin(field string) *Origin { return &Origin{s.owner, s.path + "." + field} }

// phase goes through the first scope that has the phase.
func (e *explainer) phase(p phase) []ExplainedStep {
	for i, s := range e.scopes {
		list := p.of(s.steps)
		if list == nil {
			continue
		}
		w := walk{explainer: e, scopes: slices.Clone(e.scopes)}
		if i > 0 {
			w.way = []Component{s.owner}
		}
		w.list(s.owner, s.path+"."+p.String(), list)
		return w.found
	}
	return nil
}

// walk goes depth-first through a list of steps.
type walk struct {
	*explainer
	scopes []scope
	way    []Component
	found  []ExplainedStep
}

func (w *walk) list(owner Component, path string, steps []schema.TestStep) {
	for i := range steps {
		at := place{owner: owner, path: path}.item(i)
		switch item := &steps[i]; {
		case item.Reference != nil:
			if ref := w.registry.Ref(*item.Reference); ref != nil {
				literal := LiteralOfRef(ref)
				w.step(Origin{owner, at.field("ref").path}, scope{owner: Component{KindStep, ref.As}, path: "ref"}, &literal)
			}
		case item.Chain != nil:
			w.chain(*item.Chain)
		default:
			literal := LiteralOf(item)
			w.step(Origin{owner, at.path}, scope{owner: owner, path: at.path}, &literal)
		}
	}
}

// chain goes through a chain. One that contains itself ends where it begins
// again.
func (w *walk) chain(name string) {
	component := Component{KindChain, name}
	chain := w.registry.Chain(name)
	if chain == nil || slices.Contains(w.way, component) {
		return
	}
	w.way = append(w.way, component)
	w.scopes = append(w.scopes, scope{owner: component, path: "chain", chain: chain})
	w.list(component, "chain.steps", chain.Steps)
	w.way, w.scopes = w.way[:len(w.way)-1], w.scopes[:len(w.scopes)-1]
}

func (w *walk) step(listed Origin, own scope, literal *schema.LiteralTestStep) {
	explained := ExplainedStep{
		Name: literal.As, Listed: listed, Way: slices.Clone(w.way), Literal: own.owner.Kind != KindStep,
		DNS: w.dns(own, literal), Architecture: w.architecture(own, literal),
	}
	for i := range literal.Environment {
		explained.Parameters = append(explained.Parameters, w.parameter(own, literal.Environment, i))
	}
	for i := range literal.Dependencies {
		explained.Dependencies = append(explained.Dependencies, w.dependency(own, literal.Dependencies, i))
	}
	w.found = append(w.found, explained)
}

// parameter lists what the scopes, from the outermost, and the step itself say.
func (w *walk) parameter(own scope, parameters []schema.StepParameter, i int) ExplainedValue {
	value := ExplainedValue{Name: parameters[i].Name}
	for _, s := range w.scopes {
		if s.chain != nil {
			value.addDefault(place{owner: s.owner, path: "chain.env"}, s.chain.Environment, value.Name)
		} else if given, ok := s.steps.Env[value.Name]; ok {
			value.Given = append(value.Given, GivenValue{given, *s.origin("env." + value.Name)})
		}
	}
	value.addDefault(place{owner: own.owner, path: own.path + ".env"}, parameters, value.Name)
	return value
}

func (v *ExplainedValue) addDefault(at place, parameters []schema.StepParameter, name string) {
	for i := range slices.Backward(parameters) { // of several the last counts, as when resolving
		if parameters[i].Name == name && parameters[i].Default != nil {
			origin := Origin{at.owner, at.item(i).field("default").path}
			v.Given = append(v.Given, GivenValue{*parameters[i].Default, origin})
			return
		}
	}
}

func (w *walk) dependency(own scope, dependencies []schema.StepDependency, i int) ExplainedValue {
	value := ExplainedValue{Name: dependencies[i].Env}
	for _, s := range w.scopes {
		if s.chain != nil {
			continue
		}
		if given, ok := s.steps.Dependencies[value.Name]; ok {
			value.Given = append(value.Given, GivenValue{given, *s.origin("dependencies." + value.Name)})
		}
	}
	at := place{owner: own.owner, path: own.path + ".dependencies"}.item(i).field("name")
	value.Given = append(value.Given, GivenValue{dependencies[i].Name, Origin{at.owner, at.path}})
	return value
}

func (w *walk) dns(own scope, literal *schema.LiteralTestStep) *Origin {
	for _, s := range w.explainer.scopes {
		if s.steps.DNSConfig != nil {
			return s.origin("dnsConfig")
		}
	}
	if literal.DNSConfig != nil {
		return own.origin("dnsConfig")
	}
	return nil
}

func (w *walk) architecture(own scope, literal *schema.LiteralTestStep) *Origin {
	for _, s := range w.explainer.scopes {
		if _, ok := s.steps.NodeArchitectureOverrides[literal.As]; ok {
			return s.origin("node_architecture_overrides." + literal.As)
		}
	}
	for i, s := range w.explainer.scopes {
		if s.steps.NodeArchitecture != nil {
			return s.origin("node_architecture")
		}
		if i == 0 && w.test.NodeArchitecture != "" {
			return &Origin{s.owner, s.path[:len(s.path)-len("steps")] + "node_architecture"}
		}
	}
	if literal.NodeArchitecture != nil {
		return own.origin("node_architecture")
	}
	return nil
}
