package resolver

import (
	"maps"
	"slices"
	"strings"

	"github.com/drover-ci/drover/schema"
)

// chainOrder orders chains so that each comes after those it contains, and
// finds those that contain themselves. Where it breaks a cycle depends on names
// alone.
func chainOrder(chains map[string]*schema.RegistryChain) ([]string, []Finding) {
	o := orderer{chains: chains, done: map[string]bool{}}
	for _, name := range slices.Sorted(maps.Keys(chains)) {
		if !o.done[name] {
			o.visit(name)
		}
	}
	return o.order, o.cycles
}

type orderer struct {
	chains map[string]*schema.RegistryChain
	path   []string
	done   map[string]bool
	order  []string
	cycles []Finding
}

func (o *orderer) visit(name string) {
	o.path = append(o.path, name)
	for i, step := range o.chains[name].Steps {
		if step.Chain == nil || o.chains[*step.Chain] == nil || o.done[*step.Chain] {
			continue
		}
		if start := slices.Index(o.path, *step.Chain); start >= 0 {
			o.cycles = append(o.cycles, cycle(o.path[start:], i))
			continue
		}
		o.visit(*step.Chain)
	}
	o.path = o.path[:len(o.path)-1]
	o.done[name] = true
	o.order = append(o.order, name)
}

// cycle reports chains of which each contains the next and the last, by its
// given step, the first.
func cycle(names []string, step int) Finding {
	trail := make([]Component, len(names))
	for i, name := range names {
		trail[i] = Component{KindChain, name}
	}
	at := place{owner: trail[len(trail)-1], trail: trail, path: "chain.steps"}.item(step).field("chain")
	circle := strings.Join(append(slices.Clone(names), names[0]), " -> ")
	return at.finding(RuleChainCycle, "a chain may not contain itself (found "+circle+", want one of these references taken out)")
}
