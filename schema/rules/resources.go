package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
)

// Rules about compute resources.
const (
	RuleResources      = "resources"
	RuleResourceName   = "resource-name"
	RuleResourceAmount = "resource-amount"
)

// resources: what is not named must be covered by "*".
func (c *configCheck) resources(field string, all schema.ResourceConfiguration) {
	if _, ok := all["*"]; !ok {
		c.reportf(field, RuleResources, `the resources of what is not named are missing (found no "*", want "*" with requests or limits)`)
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		requirements := all[name]
		if len(requirements.Requests)+len(requirements.Limits) == 0 {
			c.reportf(key(field, name), RuleResources, "the entry says nothing (found no requests and no limits, want at least one)")
		}
		c.requirements(key(field, name), requirements, c.world)
	}
}

// requirements: every resource is known, and its amount makes sense.
func (c *collector) requirements(field string, requirements schema.ResourceRequirements, w *world) {
	c.amounts(field+".requests", requirements.Requests, w)
	c.amounts(field+".limits", requirements.Limits, w)
}

func (c *collector) amounts(field string, amounts schema.ResourceList, w *world) {
	for name, amount := range amounts {
		if !slices.Contains(w.resources, name) {
			c.reportf(key(field, name), RuleResourceName, "no such resource can be asked for (found %q, want %s)%s",
				name, strings.Join(w.resources, ", "), schema.DidYouMean(name, w.resources))
			continue
		}
		if want := wrongAmount(w.known.Amounts[name], amount); want != "" {
			c.reportf(key(field, name), RuleResourceAmount, "the amount makes no sense (found %q, want %s)", amount, want)
		}
	}
}

// wrongAmount says what an amount should be, or nothing where it may be so.
func wrongAmount(bound schema.ResourceBound, amount string) string {
	value := resolver.Quantity(amount)
	switch {
	case bound.Only != "" && value != resolver.Quantity(bound.Only):
		return fmt.Sprintf("%q, and no other amount", bound.Only)
	case value <= 0:
		return `more than nothing, as in "100m", "2" or "4Gi"`
	case bound.Most != "" && value > resolver.Quantity(bound.Most):
		return fmt.Sprintf("at most %q", bound.Most)
	}
	return ""
}
