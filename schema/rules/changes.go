package rules

import (
	"reflect"
	"slices"
	"strings"

	"github.com/drover-ci/drover/schema"
)

// changes are what differs between two repositories, so that a commit costs what
// it changes.
type changes struct {
	registry, metadata, quotas bool
	// configs are those that differ, in the order of paths.
	configs []changed
}

// changed is a configuration before and after a change, each nil where it is not
// there, and where in the list of all it is, or would be.
type changed struct {
	before, after *ConfigDoc
	from, to      int
}

func changesBetween(last, next *Checked) *changes {
	c := &changes{
		registry: !sameComponents(last.Repo, next.Repo),
		metadata: !slices.Equal(last.Repo.Metadata, next.Repo.Metadata),
		quotas:   last.Repo.Quotas != next.Repo.Quotas || last.boskos.id != next.boskos.id,
	}
	before, after := last.Repo.Configs, next.Repo.Configs
	for from, to := 0, 0; from < len(before) || to < len(after); {
		change := changed{from: from, to: to}
		switch order := compareFirst(before[from:], after[to:]); {
		case order == 0 && before[from] == after[to]:
			from, to = from+1, to+1
			continue
		case order == 0:
			change.before, change.after = before[from], after[to]
		case order < 0:
			change.before = before[from]
		default:
			change.after = after[to]
		}
		if change.before != nil {
			from++
		}
		if change.after != nil {
			to++
		}
		c.configs = append(c.configs, change)
	}
	return c
}

// compareFirst compares the first of two lists in the order of paths; the end
// comes after all.
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

// carry takes over what was found out of each configuration, for those that are
// the same after the change; for the others it is the zero value.
func carry[T any](c *changes, before []T, count int) []T {
	after := make([]T, count)
	from, to := 0, 0
	for _, change := range c.configs {
		copy(after[to:change.to], before[from:])
		from, to = change.from, change.to
		if change.before != nil {
			from++
		}
		if change.after != nil {
			to++
		}
	}
	copy(after[to:], before[from:])
	return after
}

// inConfigs says whether some configuration differs in what a function sees of
// it.
func (c *changes) inConfigs(seen func(*ConfigDoc) any) bool {
	return slices.ContainsFunc(c.configs, func(change changed) bool {
		var before, after any
		if change.before != nil {
			before = seen(change.before)
		}
		if change.after != nil {
			after = seen(change.after)
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
