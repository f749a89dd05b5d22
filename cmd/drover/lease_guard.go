package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/drover-ci/drover/generators/boskos"
	"github.com/drover-ci/drover/leases"
	"github.com/drover-ci/drover/leases/store"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
)

// ruleLeaseHeld is the rule that a lease type stays what it is while somebody
// holds leases of it.
const ruleLeaseHeld = "lease-held"

// guardLeases refuses to remove a lease type of which somebody holds leases, to
// change it between named leases and leases on demand, and to give a lease that
// is held to another type. A smaller quota is no problem: it drains.
func guardLeases(ctx context.Context, s *store.Store, last, next *rules.Valid) ([]schema.Problem, error) {
	if last == nil {
		return nil, nil
	}
	before, after := leaseTypes(last), leaseTypes(next)
	if !before.changesInto(after) {
		return nil, nil
	}
	content, err := s.Load(ctx)
	if apierrors.IsNotFound(err) {
		return nil, nil // there never was a lease server
	}
	if err != nil {
		return nil, fmt.Errorf("see who holds leases of the types that change: %w", err)
	}
	return heldProblems(next.Repo.Quotas.Path, content.Resources, before, after), nil
}

// leaseKinds are lease types as Boskos has them.
type leaseKinds struct {
	// onDemand says of each type whether its leases have no names.
	onDemand map[string]bool
	// owner is the type of each named lease.
	owner map[string]string
}

func leaseTypes(valid *rules.Valid) leaseKinds {
	return newLeaseKinds(boskos.New(valid.Repo.Quotas.Value))
}

func newLeaseKinds(config boskos.Config) leaseKinds {
	kinds := leaseKinds{onDemand: map[string]bool{}, owner: map[string]string{}}
	for _, resource := range config.Resources {
		kinds.onDemand[resource.Type] = len(resource.Names) == 0
		for _, name := range resource.Names {
			kinds.owner[name] = resource.Type
		}
	}
	return kinds
}

// changesInto says whether anything changes that a held lease speaks against.
func (k leaseKinds) changesInto(next leaseKinds) bool {
	for leaseType, onDemand := range k.onDemand {
		if now, stays := next.onDemand[leaseType]; !stays || now != onDemand {
			return true
		}
	}
	for name, leaseType := range k.owner {
		if now, stays := next.owner[name]; stays && now != leaseType {
			return true
		}
	}
	return false
}

// change says what would become of a type with a lease, or nothing.
func (k leaseKinds) change(next leaseKinds, resource *leases.Resource) string {
	before, known := k.onDemand[resource.Type]
	now, stays := next.onDemand[resource.Type]
	moved, taken := next.owner[resource.Name]
	switch {
	case !known:
		return ""
	case !stays:
		return removed
	case before && !now:
		return "changes from leases on demand to named ones"
	case now && !before:
		return "changes from named leases to leases on demand"
	case taken && moved != resource.Type:
		return "gives a lease to " + moved
	}
	return ""
}

// heldProblems are those of types that change while leases of them are held.
func heldProblems(file string, resources []leases.Resource, before, after leaseKinds) []schema.Problem {
	holders, changes := map[string][]string{}, map[string]string{}
	for i := range resources {
		r := &resources[i]
		if r.Owner == "" {
			continue
		}
		if change := before.change(after, r); change != "" {
			holders[r.Type] = append(holders[r.Type], fmt.Sprintf("%s by %s", r.Name, r.Owner))
			changes[r.Type] = change
		}
	}
	var problems []schema.Problem
	for _, leaseType := range slices.Sorted(maps.Keys(holders)) {
		field := fmt.Sprintf("quotas[%q]", leaseType)
		problems = append(problems, schema.Problem{
			File: file, Path: field, Rule: ruleLeaseHeld, Severity: schema.Error, Message: heldMessage(changes[leaseType], holders[leaseType]),
		})
	}
	return problems
}

// removed is what becomes of a type that the quotas no longer have.
const removed = "is removed"

// namedHolders is how many holders a message names.
const namedHolders = 3

func heldMessage(change string, holders []string) string {
	slices.Sort(holders)
	names := strings.Join(holders[:min(len(holders), namedHolders)], ", ")
	if more := len(holders) - namedHolders; more > 0 {
		names += fmt.Sprintf(" and %d more", more)
	}
	instead := "add a type of another name"
	if change == removed {
		instead = "lower its quota first"
	}
	return fmt.Sprintf("the lease type %s while %d of its leases are held (%s): wait until they are given back, or %s",
		change, len(holders), names, instead)
}
