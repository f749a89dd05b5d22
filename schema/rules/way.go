package rules

import (
	"cmp"
	"slices"

	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
)

// way gives the places through which a mistake was reached, outermost first: in
// the file of each component that takes part, where it names the next. A
// mistake that lies where people looked needs none.
func (w *world) way(doc *ConfigDoc, finding resolver.Finding) []schema.Place {
	trail := slices.DeleteFunc(slices.Clone(finding.Trail), func(c resolver.Component) bool {
		return c.Kind == resolver.KindConfig
	})
	if len(trail) < 2 {
		return nil
	}
	var places []schema.Place
	for i, component := range trail {
		file := w.fileOf(pathOf(doc), component)
		if file == "" {
			continue
		}
		at := schema.Place{File: file, What: component.String()}
		if i+1 < len(trail) {
			at.Path = w.naming(doc, component, trail[i+1])
		}
		places = append(places, at)
	}
	return places
}

// naming is the field in which a component names another, or "" where it is not
// found.
func (w *world) naming(doc *ConfigDoc, owner, named resolver.Component) string {
	switch owner.Kind {
	case resolver.KindTest:
		if doc == nil {
			return ""
		}
		for i := range doc.Value.Tests {
			if test := &doc.Value.Tests[i]; test.As == owner.Name && test.Steps != nil {
				return namingInSteps(item("tests", i)+".steps", test.Steps, named)
			}
		}
	case resolver.KindWorkflow:
		if workflow := w.registry.Workflow(owner.Name); workflow != nil {
			return namingInSteps("workflow.steps", &workflow.Steps, named)
		}
	case resolver.KindChain:
		if chain := w.registry.Chain(owner.Name); chain != nil {
			return namingInList("chain.steps", chain.Steps, named)
		}
	case resolver.KindConfig, resolver.KindStep, resolver.KindObserver, resolver.KindProfile,
		resolver.KindPhase, resolver.KindLease, resolver.KindImage: // they lead no further
	}
	return ""
}

func namingInSteps(field string, steps *schema.TestSteps, named resolver.Component) string {
	if named.Kind == resolver.KindWorkflow {
		return field + ".workflow"
	}
	return cmp.Or(
		namingInList(field+".pre", steps.Pre, named),
		namingInList(field+".test", steps.Test, named),
		namingInList(field+".post", steps.Post, named),
	)
}

func namingInList(field string, steps []schema.TestStep, named resolver.Component) string {
	for i := range steps {
		step := &steps[i]
		switch {
		case named.Kind == resolver.KindChain && step.Chain != nil && *step.Chain == named.Name:
			return item(field, i) + ".chain"
		case named.Kind == resolver.KindStep && step.Reference != nil && *step.Reference == named.Name:
			return item(field, i) + ".ref"
		}
	}
	return ""
}

// Way gives the places through which the resolver reached a mistake in a
// configuration that is in no file, such as one that a client sent: in the file
// of each component that takes part, where it names the next.
func (v *Valid) Way(finding resolver.Finding) []schema.Place {
	w := &world{repo: v.Repo, registry: v.Catalog.Registry(), files: v.files}
	problems := newFieldFinder(v.Repo, nil).addTo([]schema.Problem{{Related: w.way(nil, finding)}})
	return problems[0].Related
}
