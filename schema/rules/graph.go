package rules

import (
	"fmt"
	"slices"

	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
)

// lastPhase is the phase after the test.
const lastPhase = "post"

// graphCheck holds the tests of a configuration, with every step spelled out,
// against the images and releases that it has.
type graphCheck struct {
	collector

	world    *world
	registry *resolver.Registry
	names    *imageNames
	// seen is where the steps of a test were met first, by name.
	seen map[string]stepPlace
}

// checkTests checks the resolved tests of a configuration.
func (g *graphCheck) checkTests(entry *resolver.Entry) []schema.Problem {
	for i := range entry.Config.Tests {
		test := &entry.Config.Tests[i]
		t := &testGraph{graphCheck: g, test: test, metadata: entry.Config.Metadata, field: item("tests", i)}
		if claim := test.ClusterClaim; claim != nil {
			t.claimed = latestRelease
			if claim.As != "" {
				t.claimed = claim.As
			}
		}
		switch steps := entry.Shape().Steps(i); {
		case steps != nil:
			t.steps(steps)
		case test.LiteralSteps != nil:
			t.literal(test.LiteralSteps)
		}
	}
	return g.problems
}

// testGraph is the work on one test.
type testGraph struct {
	*graphCheck

	test     *schema.Test
	metadata schema.Metadata
	field    string
	// claimed is the release of the claimed cluster, or empty.
	claimed string
	// overridden are the dependencies whose images are given in full.
	overridden map[string]string
}

func (t *testGraph) steps(steps *resolver.Steps) {
	t.overridden = steps.Settings().DependencyOverrides
	t.repeated(t.phaseSteps("pre", steps.Pre), t.phaseSteps("test", steps.Test), t.phaseSteps(lastPhase, steps.Post))
	t.phase("pre", steps.Pre)
	t.phase("test", steps.Test)
	t.phase(lastPhase, steps.Post)
	if profile := steps.Settings().ClusterProfileLiteral; profile != nil {
		t.profile(profile.Name)
	}
	t.leases(steps)
	if len(steps.Pre)+len(steps.Test)+len(steps.Post) == 0 {
		t.nothing()
	}
}

// phaseSteps are the names of a phase's steps, in order, and where they stand.
type phaseSteps struct {
	name  string
	steps []string
	where func(i int) schema.Place
}

func (t *testGraph) phaseSteps(name string, steps []*resolver.Step) phaseSteps {
	names := make([]string, 0, len(steps))
	for _, step := range steps {
		names = append(names, step.Literal().As)
	}
	return phaseSteps{name, names, func(i int) schema.Place { return t.placeOf(name, names[i]) }}
}

func (t *testGraph) literalSteps(name string, steps []schema.LiteralTestStep) phaseSteps {
	names := make([]string, 0, len(steps))
	for i := range steps {
		names = append(names, steps[i].As)
	}
	return phaseSteps{name, names, func(i int) schema.Place { return place(t.file, item(t.field+".literal_steps."+name, i)) }}
}

// stepPlace is which phase a step is in, and where in it.
type stepPlace struct{ phase, index int }

// repeated: a step's pod has the step's name, so that no other may have it, be
// it of another phase. What a workflow repeats is its mistake, and once
// reported for all of its tests.
func (t *testGraph) repeated(phases ...phaseSteps) {
	if t.seen == nil {
		t.seen = map[string]stepPlace{}
	}
	clear(t.seen) // of the test before: there are thousands, of dozens of steps
	for number, phase := range phases {
		for i, step := range phase.steps {
			before, again := t.seen[step]
			if !again {
				t.seen[step] = stepPlace{number, i}
				continue
			}
			here, other := phase.where(i), phases[before.phase].where(before.index)
			if here.File != t.file && other.File == t.file { // the test's own is easier to change than a workflow's
				here, other = other, here
			}
			c := &collector{file: here.File}
			c.alsof([]schema.Place{other}, here.Path, resolver.RuleDuplicateStep,
				"a step may be there only once (found %q, which %s of %s brings too, want it in one of the two)", step, other.Path, other.File)
			t.problems = append(t.problems, c.problems...)
		}
	}
}

// nothing: a test has a step, of its own or of its workflow.
func (t *testGraph) nothing() {
	field, related := t.field+".steps", []schema.Place(nil)
	if workflow := t.test.Steps.Workflow; workflow != nil {
		field += ".workflow"
		component := resolver.Component{Kind: resolver.KindWorkflow, Name: *workflow}
		related = append(related, place(t.world.fileOf(nil, component), "workflow.steps"))
	}
	t.alsof(related, field, RuleEmptyTest, "the test does nothing (found no step in pre, test and post, nor in a workflow's, want at least one)")
}

func (t *testGraph) phase(name string, steps []*resolver.Step) {
	for i, step := range steps {
		t.step(step.Literal(), func() origin { return t.originOf(name, steps[i].Literal().As) })
	}
}

func (t *testGraph) literal(steps *schema.LiteralTestSteps) {
	t.overridden = steps.DependencyOverrides
	t.repeated(t.literalSteps("pre", steps.Pre), t.literalSteps("test", steps.Test), t.literalSteps(lastPhase, steps.Post))
	for name, phase := range literalPhases(steps) {
		for i := range phase {
			at := item(t.field+".literal_steps."+name, i)
			t.step(&phase[i], func() origin { return origin{field: at, inline: true} })
		}
	}
	if steps.ClusterProfile != "" {
		t.profile(steps.ClusterProfile)
	}
}

// step: the images and releases that a step needs are there.
func (t *testGraph) step(step *schema.LiteralTestStep, where func() origin) {
	if isReference(step.From) { // else the step's own check says it
		if rule, why := t.names.reference(step.From, t.claimed); why != "" {
			t.report(step, where(), "from", rule, why)
		}
	}
	for i := range step.Dependencies {
		dependency := &step.Dependencies[i]
		if _, given := t.overridden[dependency.Env]; given || dependency.PullSpec != "" || !isReference(dependency.Name) {
			continue
		}
		if rule, why := t.names.reference(dependency.Name, t.claimed); why != "" {
			t.report(step, where(), item("dependencies", i)+".name", rule, why)
		}
	}
	if image := step.FromImage; image != nil {
		name := image.Namespace + "-" + image.Name + "-" + image.Tag
		if made := t.names.fields[name]; made != "" {
			t.report(step, where(), "from_image", RuleDuplicateImage,
				fmt.Sprintf("the image gets a name that is taken (found %q, which %s makes too, want another name there)", name, made))
		}
	}
	if step.Cli != "" {
		if why := t.names.release(step.Cli, t.claimed); why != "" {
			t.report(step, where(), "cli", RuleUnknownRelease, why)
		}
	}
}

// report tells what a step lacks: where the configuration asks for the step,
// and where the step asks for what is missing.
func (t *testGraph) report(step *schema.LiteralTestStep, from origin, field, rule, why string) {
	if from.inline {
		t.reportf(from.field+"."+field, rule, "%s", why)
		return
	}
	var related []schema.Place
	if file := t.world.fileOf(nil, resolver.Component{Kind: resolver.KindStep, Name: step.As}); file != "" {
		related = []schema.Place{place(file, "ref."+field)}
	}
	t.alsof(related, from.field, rule, "step %s cannot run here: %s", step.As, why)
}

// profile: who is not among the owners of a cluster profile may not use it.
// What claims a cluster needs none.
func (t *testGraph) profile(name string) {
	field, related := t.field+".steps.cluster_profile", []schema.Place(nil)
	if t.test.LiteralSteps != nil {
		field = t.field + ".literal_steps.cluster_profile"
	} else if t.test.Steps.ClusterProfile == "" {
		field = t.field + ".steps.workflow"
		workflow := resolver.Component{Kind: resolver.KindWorkflow, Name: *t.test.Steps.Workflow}
		related = append(related, place(t.world.fileOf(nil, workflow), "workflow.steps.cluster_profile"))
	}
	if t.test.ClusterClaim != nil {
		t.alsof(append(related, place(t.file, t.field+".cluster_claim")), field, RuleClaim,
			"a test has its cluster from a claim or installs one (found cluster_claim and the cluster profile %q, want either)", name)
	}
	profile := t.world.profiles[name]
	if profile == nil || t.world.allows(profile.Owners, t.metadata) {
		return
	}
	position := slices.IndexFunc(t.world.repo.Profiles.Value.ClusterProfiles, func(p schema.ClusterProfileEntry) bool { return p.Name == name })
	related = append(related, place(t.world.repo.Profiles.Path, item("cluster_profiles", position)+".owners"))
	t.alsof(related, field, RuleProfileOwner, "the repository may not use this cluster profile (found %q for %s, want one of %s, as %s says)",
		name, t.metadata.Component(), ownersText(profile.Owners), t.world.repo.Profiles.Path)
}

// origin is where a configuration brings a step in.
type origin struct {
	field string
	// inline says that the step is spelled out there.
	inline bool
}

// originOf finds the item of a phase that brings a step.
func (t *testGraph) originOf(phase, step string) origin {
	own := phaseOf(t.test.Steps, phase)
	if own == nil {
		return origin{field: t.field + ".steps.workflow"}
	}
	return t.bringing(t.field+".steps."+phase, own, step)
}

// placeOf is as originOf, but in a workflow where that has the phase.
func (t *testGraph) placeOf(phase, step string) schema.Place {
	if phaseOf(t.test.Steps, phase) != nil || t.test.Steps.Workflow == nil {
		return place(t.file, t.originOf(phase, step).field)
	}
	component := resolver.Component{Kind: resolver.KindWorkflow, Name: *t.test.Steps.Workflow}
	steps := &t.registry.Workflow(component.Name).Steps
	return place(t.world.fileOf(nil, component), t.bringing("workflow.steps."+phase, phaseOf(steps, phase), step).field)
}

func phaseOf(steps *schema.TestSteps, phase string) []schema.TestStep {
	return map[string][]schema.TestStep{"pre": steps.Pre, "test": steps.Test, lastPhase: steps.Post}[phase]
}

// bringing finds the item of a list that brings a step.
func (t *testGraph) bringing(field string, items []schema.TestStep, step string) origin {
	for i := range items {
		at := item(field, i)
		switch part := &items[i]; {
		case part.Reference != nil:
			if *part.Reference == step {
				return origin{field: at + ".ref"}
			}
		case part.Chain != nil:
			if t.chainBrings(*part.Chain, step, map[string]bool{}) {
				return origin{field: at + ".chain"}
			}
		case part.As == step:
			return origin{field: at, inline: true}
		}
	}
	return origin{field: field}
}

// chainBrings says whether a step is in a chain or in one of its chains.
func (t *testGraph) chainBrings(chain, step string, seen map[string]bool) bool {
	source := t.registry.Chain(chain)
	if source == nil || seen[chain] {
		return false
	}
	seen[chain] = true
	return slices.ContainsFunc(source.Steps, func(s schema.TestStep) bool {
		switch {
		case s.Reference != nil:
			return *s.Reference == step
		case s.Chain != nil:
			return t.chainBrings(*s.Chain, step, seen)
		default:
			return s.As == step
		}
	})
}

// leases: every lease of a test has a variable of its own, be it the test's or
// a step's.
func (t *testGraph) leases(steps *resolver.Steps) {
	holders := map[string]string{}
	for _, lease := range steps.Settings().Leases {
		holders[lease.Env] = "the test"
	}
	for _, phase := range []struct {
		name  string
		steps []*resolver.Step
	}{{"pre", steps.Pre}, {"test", steps.Test}, {lastPhase, steps.Post}} {
		for _, step := range phase.steps {
			for i, lease := range step.Literal().Leases {
				field := item("leases", i) + ".env"
				if holder, taken := holders[lease.Env]; taken && holder != "step "+step.Literal().As { // else the step's own check says it
					t.report(step.Literal(), t.originOf(phase.name, step.Literal().As), field, RuleLeaseVariable,
						fmt.Sprintf("the variable of its lease is taken (found %q, which %s has too, want another)", lease.Env, holder))
				}
				holders[lease.Env] = "step " + step.Literal().As
			}
		}
	}
}
