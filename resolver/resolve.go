package resolver

import (
	"fmt"
	"maps"
	"slices"
	"weak"

	"github.com/drover-ci/drover/schema"
)

// Resolve spells out the steps of every test. Where anything is wrong it gives
// all findings, in the order of the tests, and no result. The result keeps the
// configuration, which must not be changed afterwards.
func (r *Registry) Resolve(config *schema.Config) (*Resolved, []Finding) {
	resolved := &Resolved{Shape: &Shape{source: config, steps: make([]*Steps, len(config.Tests))}}
	resolved.own = &resolved.text
	var findings []Finding
	for i := range config.Tests {
		if config.Tests[i].Steps == nil {
			continue
		}
		steps, more := r.resolve(config, i)
		resolved.steps[i] = steps
		resolved.used.include(steps.used)
		findings = append(findings, more...)
	}
	if len(findings) > 0 {
		return nil, findings
	}
	return resolved, nil
}

// testKey is all that the steps of a test follow from. Of what files say in the same
// words there is mostly one value: a repository's branches have most tests in common.
// It does not keep what it follows from.
type testKey struct {
	registry     uint64
	own          weak.Pointer[schema.TestSteps]
	architecture schema.NodeArchitecture
}

// resolve spells out the steps of one test, and tells what is wrong with it. Only what
// is right is the same for all.
func (r *Registry) resolve(config *schema.Config, index int) (*Steps, []Finding) {
	test := &config.Tests[index]
	key := testKey{r.number, weak.Make(test.Steps), test.NodeArchitecture}
	if known := r.variants.tests.find(key); known != nil {
		return known, nil
	}
	t := resolution{registry: r, config: config, index: index, own: test.Steps}
	steps := t.steps()
	if len(t.findings) > 0 {
		return steps, t.findings
	}
	return r.variants.tests.put(key, steps), nil
}

// resolution is the work on one test.
type resolution struct {
	registry *Registry
	config   *schema.Config
	index    int
	own      *schema.TestSteps
	workflow *workflow
	values   overrides
	// elements are what the test's phases consist of.
	elements []*expansion
	// unknownWorkflow says that the workflow does not exist, so that what it
	// would give and take is not known.
	unknownWorkflow bool
	used            usedList
	findings        []Finding
}

func (t *resolution) steps() *Steps {
	t.findWorkflow()
	t.values = t.merged()
	steps := &Steps{}
	steps.Pre, steps.Test, steps.Post = t.phase(prePhase), t.phase(testPhase), t.phase(postPhase)
	t.checkUnused()
	steps.Observers = t.observers()
	steps.settings = t.settings()
	steps.used = t.used
	return steps
}

// source is the test as it is written.
func (t *resolution) source() *schema.Test { return &t.config.Tests[t.index] }

func (t *resolution) findWorkflow() {
	if t.own.Workflow == nil {
		return
	}
	t.workflow = t.registry.workflows[*t.own.Workflow]
	if t.workflow == nil {
		t.unknownWorkflow = true
		t.report("workflow", RuleUnknownWorkflow, unknown(KindWorkflow, *t.own.Workflow, t.registry.workflows))
		return
	}
	t.used.add(KindWorkflow, *t.own.Workflow, t.workflow)
}

// base is the workflow's fields, all empty without a workflow.
func (t *resolution) base() *schema.TestSteps {
	if t.workflow == nil {
		return &schema.TestSteps{}
	}
	return t.workflow.steps
}

// merged gives the values that the test and its workflow set for their steps.
func (t *resolution) merged() overrides {
	base := t.base()
	architecture := t.own.NodeArchitecture
	if whole := t.source().NodeArchitecture; architecture == nil && whole != "" {
		architecture = &whole
	}
	return overrides{
		env:           merge(t.own.Env, base.Env),
		dependencies:  merge(t.own.Dependencies, base.Dependencies),
		dns:           either(t.own.DNSConfig, base.DNSConfig),
		architecture:  either(architecture, base.NodeArchitecture),
		architectures: merge(t.own.NodeArchitectureOverrides, base.NodeArchitectureOverrides),
	}
}

// phase gives the steps of a phase: the test's where it has that phase at all,
// even an empty one, else the workflow's.
func (t *resolution) phase(p phase) []*Step {
	own := p.of(t.own)
	if own == nil {
		if t.workflow == nil {
			return nil
		}
		return t.expand([]*expansion{t.workflow.phases[p]})
	}
	steps := list{steps: own, place: func() place { return t.place().field(p.String()) }}
	elements, findings := steps.expand(t.registry)
	t.findings = append(t.findings, findings...)
	for i := range own {
		switch item := &own[i]; {
		case item.Reference != nil:
			t.used.add(KindStep, *item.Reference, elements[i])
		case item.Chain != nil:
			t.used.add(KindChain, *item.Chain, elements[i])
		}
	}
	return t.expand(elements)
}

// expand gives the steps of expansions with the test's values. One whole
// expansion that the values do not concern is shared as it is.
func (t *resolution) expand(elements []*expansion) []*Step {
	t.elements = append(t.elements, elements...)
	var steps []*Step
	for _, e := range elements {
		t.adopt(e.faults)
		more := e.steps
		if e.open || t.values.concern(e) {
			more = t.apply(e)
		}
		if len(elements) == 1 {
			return more
		}
		steps = append(steps, more...)
	}
	return steps
}

func (t *resolution) apply(e *expansion) []*Step {
	steps := make([]*Step, len(e.steps))
	for i, step := range e.steps {
		steps[i] = t.registry.variants.with(step, &t.values)
		if e.open && !t.unknownWorkflow {
			t.checkSet(steps[i], e.ways[i])
		}
	}
	return steps
}

// checkSet reports the parameters of a step that nothing gives a value.
func (t *resolution) checkSet(step *Step, way *way) {
	for _, name := range unset(step) {
		at := t.place().field("env")
		at.trail = slices.Concat(at.trail, way.components(), []Component{{KindStep, step.literal.As}})
		message := fmt.Sprintf("a parameter without default needs a value (found none for %s of step %s, want one under env)",
			name, step.literal.As)
		t.findings = append(t.findings, at.finding(RuleUnresolved, message))
	}
}

// checkUnused finds values for nothing. Those for steps of the workflow that the
// test replaces are allowed, as many tests may share them.
func (t *resolution) checkUnused() {
	values := len(t.own.Env) + len(t.own.Dependencies) + len(t.own.DependencyOverrides) + len(t.own.NodeArchitectureOverrides)
	if t.unknownWorkflow || values == 0 {
		return
	}
	elements := t.elements
	if t.workflow != nil {
		elements = append(slices.Clip(elements), t.workflow.phases[:]...)
	}
	t.findings = append(t.findings, unusedIn(t.own, elements, t.place)...)
}

// observers are those that steps ask for and the test, or else its workflow,
// enables, without those it disables, by name.
func (t *resolution) observers() []*Observer {
	names := t.observerNames()
	slices.Sort(names)
	var observers []*Observer
	for _, name := range slices.Compact(names) {
		if observer := t.registry.observers[name]; observer != nil {
			observers = append(observers, observer)
			t.used.add(KindObserver, name, observer)
		}
	}
	if own := t.own.Observers; own != nil {
		for _, name := range own.Disable { // it must be there all the same
			if observer := t.registry.observers[name]; observer != nil {
				t.used.add(KindObserver, name, observer)
			}
		}
	}
	return observers
}

func (t *resolution) observerNames() []string {
	var names []string
	for _, e := range t.elements {
		names = append(names, e.observers...)
	}
	asked := either(t.own.Observers, t.base().Observers)
	if asked == nil {
		return names
	}
	names = append(names, asked.Enable...)
	if t.own.Observers != nil {
		t.findings = append(t.findings, t.registry.unknownObservers(t.place().field("observers"), t.own.Observers)...)
	}
	return slices.DeleteFunc(names, func(name string) bool { return slices.Contains(asked.Disable, name) })
}

// settings are the fields besides steps and observers.
func (t *resolution) settings() schema.LiteralTestSteps {
	base := t.base()
	if t.workflow != nil {
		t.adopt(t.workflow.faults)
	}
	return schema.LiteralTestSteps{
		ClusterProfileLiteral:    t.profile(),
		DependencyOverrides:      merge(t.own.DependencyOverrides, base.DependencyOverrides),
		Leases:                   t.leases(),
		AllowSkipOnSuccess:       either(t.own.AllowSkipOnSuccess, base.AllowSkipOnSuccess),
		AllowBestEffortPostSteps: either(t.own.AllowBestEffortPostSteps, base.AllowBestEffortPostSteps),
		NodeArchitecture:         t.values.architecture,
	}
}

func (t *resolution) profile() *schema.ClusterProfile {
	name := t.own.ClusterProfile
	if name == "" {
		name = t.base().ClusterProfile
	}
	if name == "" {
		return nil
	}
	profile := t.registry.profiles[name]
	if profile == nil {
		if t.own.ClusterProfile != "" {
			t.report("cluster_profile", RuleUnknownProfile, unknown(KindProfile, name, t.registry.profiles))
		}
		return nil
	}
	t.used.add(KindProfile, name, profile)
	return profile
}

// leases are the workflow's, the test's and the chains', each variable once.
func (t *resolution) leases() []schema.StepLease {
	leases := slices.Clip(t.base().Leases)
	leases = t.addLeases(leases, t.own.Leases)
	for _, e := range t.elements {
		leases = t.addLeases(leases, e.leases)
	}
	return leases
}

func (t *resolution) addLeases(leases, more []schema.StepLease) []schema.StepLease {
	before := len(leases)
	for _, lease := range more {
		i := slices.IndexFunc(leases, func(l schema.StepLease) bool { return l.Env == lease.Env })
		switch {
		case i < 0:
			leases = append(leases, lease)
		case leases[i] != lease && i < before: // within one list it is the list that is wrong
			message := fmt.Sprintf("two leases have one variable (found %s for %s and for %s, want one for each)",
				quoted(lease.Env), leaseText(leases[i]), leaseText(lease))
			t.report("leases", RuleLeaseConflict, message)
		}
	}
	return leases
}

func leaseText(lease schema.StepLease) string {
	return fmt.Sprintf("%d of %s", max(lease.Count, 1), lease.ResourceType)
}

// adopt adds the faults of what the test includes.
func (t *resolution) adopt(faults []Finding) {
	if len(faults) > 0 {
		t.findings = appendNew(t.findings, reachedBy(faults, t.place().trail...))
	}
}

func (t *resolution) report(field, rule, message string) {
	t.findings = append(t.findings, t.place().field(field).finding(rule, message))
}

// place is the test's steps in the configuration: that is where the test's own
// mistakes are.
func (t *resolution) place() place { return testPlace(t.config, t.index) }

// testPlace is the steps of a configuration's test.
func testPlace(config *schema.Config, test int) place {
	owner := Component{KindConfig, config.Metadata.String()}
	return place{
		owner: owner,
		trail: []Component{owner, {KindTest, config.Tests[test].As}},
		path:  fmt.Sprintf("tests[%d].steps", test),
	}
}

// either is the first pointer, or the second where there is no first.
func either[T any](first, second *T) *T {
	if first != nil {
		return first
	}
	return second
}

// merge gives one map of both; over wins. It may be one of the two as it is.
func merge[V any](over, under map[string]V) map[string]V {
	if len(under) == 0 {
		return over
	}
	if len(over) == 0 {
		return under
	}
	merged := make(map[string]V, len(over)+len(under))
	maps.Copy(merged, under)
	maps.Copy(merged, over)
	return merged
}
