package rules

import (
	"cmp"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
)

// RuleOptionalStep is the rule that only steps after the test can be left out
// once it has passed.
const RuleOptionalStep = "optional-on-success"

// optionalSteps finds the steps that may be left out, and the chains that
// bring one.
func optionalSteps(repo *repolayout.Repo, registry *resolver.Registry) map[resolver.Component]string {
	found := map[resolver.Component]string{}
	for _, ref := range repo.Refs {
		if isTrue(ref.Value.OptionalOnSuccess) {
			found[resolver.Component{Kind: resolver.KindStep, Name: ref.Value.As}] = ref.Value.As
		}
	}
	seen := map[string]bool{}
	var visit func(chain *schema.RegistryChain) string
	visit = func(chain *schema.RegistryChain) string {
		component := resolver.Component{Kind: resolver.KindChain, Name: chain.As}
		if seen[chain.As] {
			return found[component]
		}
		seen[chain.As] = true
		for i := range chain.Steps {
			step := &chain.Steps[i]
			if step.Chain != nil {
				if inner := registry.Chain(*step.Chain); inner != nil {
					visit(inner)
				}
			}
			if name := optionalIn(found, step); name != "" {
				found[component] = cmp.Or(found[component], name)
			}
		}
		return found[component]
	}
	for _, chain := range repo.Chains {
		visit(chain.Value)
	}
	return found
}

// optionalIn gives the step with optional_on_success that an item of a list
// brings, or "".
func optionalIn(found map[resolver.Component]string, step *schema.TestStep) string {
	switch {
	case step.Reference != nil:
		return found[resolver.Component{Kind: resolver.KindStep, Name: *step.Reference}]
	case step.Chain != nil:
		return found[resolver.Component{Kind: resolver.KindChain, Name: *step.Chain}]
	case isTrue(step.OptionalOnSuccess):
		return step.As
	default:
		return ""
	}
}

// optional: no step of a phase other than the last may be left out.
func (c *stepCheck) optional(field string, steps []schema.TestStep) {
	for i := range steps {
		name := optionalIn(c.world.optional, &steps[i])
		if name == "" {
			continue
		}
		var related []schema.Place
		if file := c.world.fileOf(nil, resolver.Component{Kind: resolver.KindStep, Name: name}); file != "" && steps[i].As == "" {
			related = []schema.Place{place(file, "ref.optional_on_success")}
		}
		c.optionalStep(item(field, i), name, related)
	}
}

func (c *stepCheck) optionalStep(field, name string, related []schema.Place) {
	c.alsof(related, field, RuleOptionalStep,
		"a step can only be left out after the test has passed (found optional_on_success of step %s before that, want the step in post, or without it)", name)
}

func isTrue(value *bool) bool { return value != nil && *value }
