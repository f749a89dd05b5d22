package rules

import (
	"context"
	"reflect"
	"slices"
	"strings"

	"github.com/drover-ci/drover/schema"
)

// whole is a rule, or several, about the repository as a whole. What it found in
// the last one is found again unless the change touches what it looks at, so
// that a commit costs what it changes.
type whole struct {
	check   func(c *Checked, w *world) []schema.Problem
	touched func(changes *changes) bool
}

// wholes are the rules about the whole. Where the settings, the profiles, the
// clusters or the claims change, all of them are asked anew.
func wholes() []whole {
	return []whole{
		{
			func(c *Checked, _ *world) []schema.Problem { return checkTargets(c.Repo) },
			func(*changes) bool { return false },
		},
		{
			func(c *Checked, _ *world) []schema.Problem { return checkProfiles(c.Repo) },
			func(*changes) bool { return false },
		},
		{
			func(c *Checked, w *world) []schema.Problem { return checkComponents(c.Repo, w) },
			func(changes *changes) bool { return changes.registry },
		},
		{
			func(c *Checked, w *world) []schema.Problem { return checkMetadata(c.Repo, w) },
			func(changes *changes) bool { return changes.registry || changes.metadata },
		},
		{
			func(c *Checked, _ *world) []schema.Problem { return checkBranches(c.Repo, c.Catalog) },
			func(changes *changes) bool { return changes.inConfigs(branchOf) },
		},
		{
			func(c *Checked, _ *world) []schema.Problem { return checkPromotions(c.Repo) },
			func(changes *changes) bool { return changes.inConfigs(promotionsOf) },
		},
		{
			func(c *Checked, _ *world) []schema.Problem { return checkQuotas(c.Repo, c.boskos) },
			func(changes *changes) bool {
				return changes.registry || changes.quotas || changes.inConfigs(leasesOf)
			},
		},
	}
}

// checkWhole asks the rules about the whole. Last is empty where nothing that it
// found counts any more.
func (c *Checked) checkWhole(ctx context.Context, w *world, last *Checked) []schema.Problem {
	var changes *changes
	if last.Repo != nil && last.whole != nil {
		changes = changesBetween(last, c)
	}
	var problems []schema.Problem
	for i, rule := range wholes() {
		if ctx.Err() != nil {
			c.whole = nil
			return problems
		}
		var found []schema.Problem
		if changes != nil && !rule.touched(changes) {
			found = last.whole[i]
		} else {
			found = rule.check(c, w)
		}
		c.whole = append(c.whole, found)
		problems = append(problems, found...)
	}
	return problems
}

// changes are what differs between two repositories.
type changes struct {
	registry, metadata, quotas bool
	// configs are those before and after; nil for one that is not there.
	configs [][2]*ConfigDoc
}

func changesBetween(last, next *Checked) *changes {
	c := &changes{
		registry: !sameComponents(last.Repo, next.Repo),
		metadata: !slices.Equal(last.Repo.Metadata, next.Repo.Metadata),
		quotas:   last.Repo.Quotas != next.Repo.Quotas || last.boskos.id != next.boskos.id,
	}
	before, after := last.Repo.Configs, next.Repo.Configs
	for len(before) > 0 || len(after) > 0 { // both in the order of paths
		switch order := compareFirst(before, after); {
		case order < 0:
			c.configs, before = append(c.configs, [2]*ConfigDoc{before[0], nil}), before[1:]
		case order > 0:
			c.configs, after = append(c.configs, [2]*ConfigDoc{nil, after[0]}), after[1:]
		default:
			if before[0] != after[0] {
				c.configs = append(c.configs, [2]*ConfigDoc{before[0], after[0]})
			}
			before, after = before[1:], after[1:]
		}
	}
	return c
}

// compareFirst compares the first of two lists; the end comes after all.
func compareFirst(a, b []*ConfigDoc) int {
	switch {
	case len(a) == 0:
		return 1
	case len(b) == 0:
		return -1
	case a[0] == b[0]:
		return 0
	default:
		return strings.Compare(a[0].Path, b[0].Path)
	}
}

// inConfigs says whether some configuration differs in what a function sees of
// it.
func (c *changes) inConfigs(seen func(*ConfigDoc) any) bool {
	return slices.ContainsFunc(c.configs, func(pair [2]*ConfigDoc) bool {
		var before, after any
		if pair[0] != nil {
			before = seen(pair[0])
		}
		if pair[1] != nil {
			after = seen(pair[1])
		}
		return !reflect.DeepEqual(before, after)
	})
}

// branchOf is what a configuration is for, unless it could not be read in full:
// then it is in no catalog.
func branchOf(doc *ConfigDoc) any {
	if schema.HasErrors(doc.Problems) {
		return nil
	}
	return doc.Value.Metadata
}

// promotionsOf is what a configuration promotes; nil for nothing.
func promotionsOf(doc *ConfigDoc) any {
	if promoted := promotedBy(doc.Value); len(promoted) > 0 {
		return promoted
	}
	return nil
}

// leasesOf are the leases of a configuration's tests, by test; nil for none.
func leasesOf(doc *ConfigDoc) any {
	var leases map[int][]schema.StepLease
	for i := range doc.Value.Tests {
		if steps := doc.Value.Tests[i].Steps; steps != nil && len(steps.Leases) > 0 {
			if leases == nil {
				leases = map[int][]schema.StepLease{}
			}
			leases[i] = steps.Leases
		}
	}
	if leases == nil {
		return nil
	}
	return leases
}
