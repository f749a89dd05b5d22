package resolver

import "github.com/drover-ci/drover/schema"

// Registry is the step registry with every chain and workflow expanded. It
// never changes; what resolving shares between configurations is kept behind
// it.
type Registry struct {
	// number tells it from all that it came from and that come from it.
	number uint64
	// retoldFrom is the number of the registry from which it came by other texts of
	// commands alone; 0 for none.
	retoldFrom uint64
	// given is what it was built from.
	given   Components
	sources sources

	steps     map[string]*expansion
	chains    map[string]*expansion
	workflows map[string]*workflow
	observers map[string]*Observer
	profiles  map[string]*schema.ClusterProfile
	// faultless says that there were no findings.
	faultless bool
	// chainOrder are the chains' names, each after those it contains; nil where a
	// chain contains itself.
	chainOrder []string

	variants *variants
}

// sources are the components as they are written, by name.
type sources struct {
	refs      map[string]*schema.RegistryRef
	chains    map[string]*schema.RegistryChain
	workflows map[string]*schema.RegistryWorkflow
	observers map[string]*schema.RegistryObserver
	profiles  map[string]*schema.ClusterProfileEntry
}

// NewRegistry expands and checks the components. The findings are ordered by
// kind, then by name, then by place. A registry that has some can be used all
// the same: it gives them again for the configurations that they affect.
func NewRegistry(components Components) (*Registry, []Finding) {
	return (&Registry{variants: newVariants()}).Next(components)
}

// Next is NewRegistry for the components of a later revision. The result is the
// same, but takes over what has not changed, so that its steps are shared with
// configurations resolved before and [Registry.Current] can hold for them.
func (r *Registry) Next(components Components) (*Registry, []Finding) {
	last := r.retold(components.Refs)
	if last.faultless && last.given.same(components) {
		return last, nil
	}
	b := newBuilder(last, components)
	b.addProfiles()
	b.addObservers()
	b.addSteps()
	b.addChains()
	b.addWorkflows()
	b.faultless = len(b.findings) == 0
	return b.Registry, b.findings
}

// Ref gives a step as it is written, or nil. It must not be changed.
func (r *Registry) Ref(name string) *schema.RegistryRef { return r.sources.refs[name] }

// Chain gives a chain as it is written, or nil. It must not be changed.
func (r *Registry) Chain(name string) *schema.RegistryChain { return r.sources.chains[name] }

// Workflow gives a workflow as it is written, or nil. It must not be changed.
func (r *Registry) Workflow(name string) *schema.RegistryWorkflow { return r.sources.workflows[name] }

// Observer gives an observer as it is written, or nil. It must not be changed.
func (r *Registry) Observer(name string) *schema.RegistryObserver { return r.sources.observers[name] }

// Profile gives a cluster profile as it is declared, or nil. It must not be
// changed.
func (r *Registry) Profile(name string) *schema.ClusterProfileEntry { return r.sources.profiles[name] }

// Current says whether the registry would still resolve a configuration to this
// result, which an earlier one gave.
func (r *Registry) Current(result *Shape) bool {
	for _, used := range result.used {
		if r.lookUp(used.Component) != used.what {
			return false
		}
	}
	return true
}

// sameButForText says whether the registry would resolve a configuration to the same
// but for the text of commands.
func (r *Registry) sameButForText(result *Shape) bool {
	for _, used := range result.used {
		if !alike(r.lookUp(used.Component), used.what) {
			return false
		}
	}
	return true
}

// alike says whether two things that components came to are the same but for the text
// of commands.
func alike(a, b any) bool {
	return a == b || likenessOf(a) != nil && likenessOf(a) == likenessOf(b)
}

// likenessOf is the likeness of what a component came to; nil for what has none.
func likenessOf(what any) *likeness {
	switch what := what.(type) {
	case *expansion:
		if what != nil {
			return what.likeness
		}
	case *workflow:
		if what != nil {
			return what.likeness
		}
	}
	return nil
}

// isRetold says that the registry came from another by other texts of commands alone.
// It may be so without being known.
func (r *Registry) isRetold(other *Registry) bool {
	return r.retoldFrom != 0 && r.retoldFrom == other.number
}

// differing lists the components for which resolving takes another thing than
// with another registry, in more than the text of commands.
func (r *Registry) differing(other *Registry) []Component {
	if r.isRetold(other) {
		return nil
	}
	var changed []Component
	changed = appendDiffering(changed, KindStep, r.steps, other.steps)
	changed = appendDiffering(changed, KindChain, r.chains, other.chains)
	changed = appendDiffering(changed, KindWorkflow, r.workflows, other.workflows)
	changed = appendDiffering(changed, KindObserver, r.observers, other.observers)
	return appendDiffering(changed, KindProfile, r.profiles, other.profiles)
}

func appendDiffering[T any](changed []Component, kind Kind, a, b map[string]*T) []Component {
	both := 0
	for name, value := range a {
		other, ok := b[name]
		if ok {
			both++
		}
		if !alike(other, value) {
			changed = append(changed, Component{kind, name})
		}
	}
	if both == len(b) {
		return changed
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			changed = append(changed, Component{kind, name})
		}
	}
	return changed
}

// lookUp gives what resolving takes for a component. It is the same pointer for
// as long as nothing in it changes.
func (r *Registry) lookUp(c Component) any {
	switch c.Kind {
	case KindStep:
		return r.steps[c.Name]
	case KindChain:
		return r.chains[c.Name]
	case KindWorkflow:
		return r.workflows[c.Name]
	case KindObserver:
		return r.observers[c.Name]
	case KindProfile:
		return r.profiles[c.Name]
	default:
		return nil
	}
}
