package resolver

import (
	"maps"
	"slices"

	"github.com/drover-ci/drover/internal/workers"
	"github.com/drover-ci/drover/schema"
)

// retold is the registry with those steps that are written as its own but for their
// commands, and with the chains and workflows that have them; the registry itself
// where there are none. Nothing that a registry is checked for depends on the commands,
// so this is done without checking. What something is wrong with is left out.
func (r *Registry) retold(refs []*schema.RegistryRef) *Registry {
	t := &teller{told: map[*expansion]*expansion{}}
	all := len(refs) == len(r.given.Refs)
	for i, ref := range refs {
		all = all && ref.As == r.given.Refs[i].As
		before, step := r.sources.refs[ref.As], r.steps[ref.As]
		if before == ref {
			continue
		}
		if !step.sound() || !differInText(before, ref) {
			all = false
			continue
		}
		if t.Registry == nil {
			t.begin(r)
		}
		now := r.variants.add(LiteralOfRef(ref))
		if len(t.told) < few {
			now.readyAs(step.steps[0])
		}
		t.sources.refs[ref.As] = ref
		t.steps[ref.As] = step.retold(nil, []*Step{now})
		t.told[step] = t.steps[ref.As]
	}
	if t.Registry == nil {
		return r
	}
	if t.given.Refs = nil; all {
		t.given.Refs = refs
	}
	t.retellChains(r)
	t.retellWorkflows(r)
	return t.Registry
}

// few is how many scripts are made ready for being asked for. Where more are others at
// once, each waits until it is.
const few = 16

// teller makes a registry from another.
type teller struct {
	*Registry
	// told has what is told in other words now, by what it was.
	told map[*expansion]*expansion
}

func (t *teller) begin(r *Registry) {
	next := *r
	next.number, next.retoldFrom = r.variants.number(), r.number
	next.sources.refs, next.steps = maps.Clone(r.sources.refs), maps.Clone(r.steps)
	next.chains, next.workflows = maps.Clone(r.chains), maps.Clone(r.workflows)
	t.Registry = &next
}

func (t *teller) retellChains(r *Registry) {
	if len(r.chains) > 0 && r.chainOrder == nil {
		clear(t.chains) // those that are in a circle have no order
		clear(t.workflows)
		return
	}
	for _, name := range r.chainOrder {
		e := r.chains[name]
		if !r.faultless && !e.sound() {
			delete(t.chains, name)
			continue
		}
		t.chains[name] = t.retell(e, func() *overrides { return chainOverrides(r.sources.chains[name]) })
	}
}

func (t *teller) retellWorkflows(r *Registry) {
	for name, w := range r.workflows {
		if !r.faultless && !w.sound() {
			delete(t.workflows, name)
			continue
		}
		told := w.phases
		for p := range phases {
			told[p] = t.retell(w.phases[p], func() *overrides { return &overrides{} })
		}
		if told != w.phases {
			now := *w
			now.phases = told
			t.workflows[name] = &now
		}
	}
}

// retell gives what an expansion is now: itself where none of its elements is told in
// other words. The values are those that its owner gives the steps.
func (t *teller) retell(e *expansion, valuesOf func() *overrides) *expansion {
	if !slices.ContainsFunc(e.elements, func(element *expansion) bool { return t.told[element] != nil }) {
		return e
	}
	workers.GiveWay()
	values, elements, steps := valuesOf(), slices.Clone(e.elements), slices.Clone(e.steps)
	at := 0 // no step is there twice: that were wrong
	for i, element := range e.elements {
		if now := t.told[element]; now != nil {
			elements[i] = now
			for j, step := range now.steps {
				if step != element.steps[j] {
					steps[at+j] = t.variants.with(step, values)
				}
			}
		}
		at += len(element.steps)
	}
	t.told[e] = e.retold(elements, steps)
	return t.told[e]
}

// differInText says whether two steps are written the same but for their commands.
func differInText(a, b *schema.RegistryRef) bool {
	mute, other := *a, *b
	mute.Commands, other.Commands = "", ""
	return a.Commands != b.Commands && same(&mute, &other)
}
