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

// Resources of which not any amount makes sense.
const (
	sharedMemory    = "ci-operator.openshift.io/shm"
	maxSharedMemory = "2G"
	virtualMachines = "devices.kubevirt.io/kvm"
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
		if want := wrongAmount(name, amount); want != "" {
			c.reportf(key(field, name), RuleResourceAmount, "the amount makes no sense (found %q, want %s)", amount, want)
		}
	}
}

// wrongAmount says what an amount should be, or nothing where it may be so.
func wrongAmount(name, amount string) string {
	value := resolver.Quantity(amount)
	switch {
	case name == virtualMachines && amount != "1":
		return `"1": a machine has one such device`
	case value <= 0:
		return `more than nothing, as in "100m", "2" or "4Gi"`
	case name == sharedMemory && value > resolver.Quantity(maxSharedMemory):
		return fmt.Sprintf("at most %q", maxSharedMemory)
	}
	return ""
}
