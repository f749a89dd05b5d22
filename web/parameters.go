package web

import (
	"fmt"
	"slices"

	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/resolver/dependents"
	"github.com/drover-ci/drover/schema"
)

func newParameter(parameter schema.StepParameter) parameterRow {
	row := parameterRow{Name: parameter.Name, Doc: parameter.Documentation, Required: parameter.Default == nil}
	if parameter.Default != nil {
		row.Default = *parameter.Default
	}
	return row
}

// stepParameters are a step's parameters with those who override them: chains
// and workflows that contain the step, and tests that use it.
func (v *view) stepParameters(ref *schema.RegistryRef) []parameterRow {
	component := resolver.Component{Kind: resolver.KindStep, Name: ref.As}
	rows := make([]parameterRow, 0, len(ref.Environment))
	for _, parameter := range ref.Environment {
		rows = append(rows, newParameter(parameter))
	}
	v.addOverrides(rows, component)
	return rows
}

// addOverrides says who gives the parameters of a component other values: chains
// and workflows that contain it, and tests that use it.
func (v *view) addOverrides(rows []parameterRow, component resolver.Component) {
	above := sorted(v.Catalog.Dependents().Above(component))
	tests := v.Catalog.Dependents().Uses(component)
	for i := range rows {
		row := &rows[i]
		all := append(v.overridesAbove(above, row.Name), overridesOfTests(tests, row.Name)...)
		row.Overrides = all[:min(len(all), shownOverrides)]
		row.More = len(all) - len(row.Overrides)
	}
}

// overridesAbove lists the chains and workflows that give a parameter a value.
func (v *view) overridesAbove(above []resolver.Component, name string) []overrideRow {
	var rows []overrideRow
	seen := map[string]bool{}
	for _, component := range above {
		switch component.Kind {
		case resolver.KindChain:
			for _, parameter := range v.Catalog.Registry().Chain(component.Name).Environment {
				if parameter.Name == name && parameter.Default != nil {
					rows = append(rows, overrideRow{componentLink(component.Kind, component.Name), *parameter.Default})
				}
			}
		case resolver.KindPhase:
			workflow, _ := cutLast(component.Name, '/')
			value, ok := v.Catalog.Registry().Workflow(workflow).Steps.Env[name]
			if ok && !seen[workflow] {
				rows = append(rows, overrideRow{componentLink(resolver.KindWorkflow, workflow), value})
			}
			seen[workflow] = true
		default:
		}
	}
	return rows
}

func overridesOfTests(tests []dependents.Use, name string) []overrideRow {
	var rows []overrideRow
	for _, each := range tests {
		m, test := each.Config.Metadata, each.Test()
		if value, ok := test.Steps.Env[name]; ok {
			title := fmt.Sprintf("test %s of %s", test.As, m)
			rows = append(rows, overrideRow{link{title, testURL(m, test.As)}, value})
		}
	}
	return rows
}

// sharedParameters are the parameters of several steps, each once, with the
// value that holds where nobody outside says otherwise.
func (v *view) sharedParameters(steps []resolver.ExplainedStep) []parameterRow {
	places := newPlaces(v)
	byName := map[string]int{}
	var rows []parameterRow
	for _, step := range steps {
		for _, parameter := range step.Parameters {
			i, known := byName[parameter.Name]
			if !known {
				i = len(rows)
				byName[parameter.Name] = i
				rows = append(rows, v.sharedParameter(places, step, parameter))
			}
			rows[i].Steps = append(rows[i].Steps, componentLink(resolver.KindStep, step.Name))
		}
	}
	slices.SortStableFunc(rows, func(a, b parameterRow) int {
		if a.Required != b.Required {
			if a.Required {
				return -1
			}
			return 1
		}
		return 0
	})
	return rows
}

func (v *view) sharedParameter(places *places, step resolver.ExplainedStep, parameter resolver.ExplainedValue) parameterRow {
	row := parameterRow{Name: parameter.Name, Required: len(parameter.Given) == 0}
	if ref := v.Catalog.Registry().Ref(step.Name); ref != nil {
		for _, each := range ref.Environment {
			if each.Name == parameter.Name {
				row.Doc = each.Documentation
			}
		}
	}
	if len(parameter.Given) > 0 {
		row.Default = parameter.Given[0].Value
		if from := parameter.Given[0].Origin; from.Component.Kind != resolver.KindStep {
			place := places.of(from)
			row.From = &place
		}
	}
	return row
}
