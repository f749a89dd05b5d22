package web

import (
	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
)

// group is a workflow's phase or a chain with what is in it.
type group struct {
	Title string
	URL   string
	Items []item
}

// item is a step, or a chain that holds more.
type item struct {
	Name string
	URL  string
	Doc  string
	// Chain is what is in it; nil for a step.
	Chain *group
	// Literal says that the step is written out in the test itself.
	Literal bool
}

// maxItems limits how much of a tree is drawn. The largest real workflows have
// some 200 steps.
const maxItems = 2000

// grower makes trees of the registry.
type grower struct {
	registry *resolver.Registry
	items    int
	depth    int
}

func newGrower(registry *resolver.Registry) *grower { return &grower{registry: registry} }

// phases gives a workflow's or a test's phases, those that have steps.
func (g *grower) phases(steps, base *schema.TestSteps) []group {
	own, under := phasesOf(steps), [3]phaseSteps{}
	if base != nil {
		under = phasesOf(base)
	}
	var all []group
	for i, phase := range own {
		list := phase.steps
		if list == nil {
			list = under[i].steps
		}
		if len(list) > 0 {
			all = append(all, group{Title: phase.name, Items: g.list(list)})
		}
	}
	return all
}

type phaseSteps struct {
	name  string
	steps []schema.TestStep
}

func phasesOf(steps *schema.TestSteps) [3]phaseSteps {
	return [3]phaseSteps{{"pre", steps.Pre}, {tabTest, steps.Test}, {"post", steps.Post}}
}

func (g *grower) list(steps []schema.TestStep) []item {
	var items []item
	for i := range steps {
		if g.items++; g.items > maxItems {
			return items
		}
		switch step := &steps[i]; {
		case step.Reference != nil:
			items = append(items, g.step(*step.Reference))
		case step.Chain != nil:
			items = append(items, g.chain(*step.Chain))
		default:
			items = append(items, item{Name: step.As, Literal: true})
		}
	}
	return items
}

func (g *grower) step(name string) item {
	found := item{Name: name, URL: componentURL(resolver.Component{Kind: resolver.KindStep, Name: name})}
	if ref := g.registry.Ref(name); ref != nil {
		found.Doc = firstLine(ref.Documentation)
	}
	return found
}

// chain goes into a chain. A valid registry has none that contains itself.
func (g *grower) chain(name string) item {
	found := item{Name: name, URL: componentURL(resolver.Component{Kind: resolver.KindChain, Name: name})}
	chain := g.registry.Chain(name)
	if chain == nil || g.depth > 100 {
		return found
	}
	g.depth++
	found.Doc = firstLine(chain.Documentation)
	found.Chain = &group{Title: name, URL: found.URL, Items: g.list(chain.Steps)}
	g.depth--
	return found
}
