package resolver

import (
	"fmt"

	"github.com/drover-ci/drover/schema"
)

// list is a list of steps, and where it stands. The place is only asked for
// when something is wrong.
type list struct {
	steps []schema.TestStep
	place func() place
}

// expand gives the expansion of each item, and what is wrong with the list
// itself: the items' own faults are in their expansions.
func (l list) expand(r *Registry) ([]*expansion, []Finding) {
	elements := make([]*expansion, len(l.steps))
	var findings []Finding
	for i := range l.steps {
		element, finding := l.item(r, i)
		elements[i] = element
		if finding != nil {
			findings = append(findings, *finding)
		}
	}
	return elements, append(findings, l.duplicates(elements)...)
}

func (l list) item(r *Registry, i int) (*expansion, *Finding) {
	switch item := &l.steps[i]; {
	case item.Reference != nil:
		if e := r.steps[*item.Reference]; e != nil {
			return e, nil
		}
		message := unknown(KindStep, *item.Reference, r.sources.refs)
		finding := l.place().item(i).field("ref").finding(RuleUnknownStep, message)
		return missing(), &finding
	case item.Chain != nil:
		if e := r.chains[*item.Chain]; e != nil {
			return e, nil
		}
		if r.sources.chains[*item.Chain] != nil {
			return missing(), nil // it contains this list: a cycle, reported as such
		}
		message := unknown(KindChain, *item.Chain, r.sources.chains)
		finding := l.place().item(i).field("chain").finding(RuleUnknownChain, message)
		return missing(), &finding
	default:
		return single(&Step{literal: LiteralOf(item)}), nil
	}
}

// duplicates finds the steps that more than one item of the list brings.
func (l list) duplicates(elements []*expansion) []Finding {
	if len(elements) < 2 {
		return nil
	}
	var findings []Finding
	first := map[string]int{}
	for i, e := range elements {
		for _, step := range e.steps {
			before, again := first[step.literal.As]
			if !again {
				first[step.literal.As] = i
				continue
			}
			place := l.place()
			message := fmt.Sprintf("a step may be there only once (found %s, which %s brings too, want it in one of the two)",
				quoted(step.literal.As), place.item(before).path)
			findings = append(findings, place.item(i).finding(RuleDuplicateStep, message))
		}
	}
	return findings
}
