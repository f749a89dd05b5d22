package rules

import (
	"reflect"
	"slices"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
)

// changes are what differs between two repositories, so that a commit costs what
// it changes.
type changes struct {
	// registry says that the step registry has changed, and beyondText that more of
	// it has than the text of commands.
	registry, beyondText, metadata, quotas bool
	configs                                []repolayout.Difference[*ConfigDoc]
}

func changesBetween(last, next *Checked) *changes {
	return &changes{
		registry:   !sameComponents(last.Repo, next.Repo),
		beyondText: !sameButForText(last.Repo, next.Repo),
		metadata:   !slices.Equal(last.Repo.Metadata, next.Repo.Metadata),
		quotas:     last.Repo.Quotas != next.Repo.Quotas || last.boskos.id != next.boskos.id,
		configs:    repolayout.Differences(last.Repo.Configs, next.Repo.Configs),
	}
}

// sameButForText says whether two repositories have the same step registry but for
// the text of commands.
func sameButForText(last, next *repolayout.Repo) bool {
	refs := *next
	refs.Refs = last.Refs
	return sameComponents(last, &refs) && !slices.ContainsFunc(repolayout.Differences(last.Refs, next.Refs), differsBeyondText)
}

func differsBeyondText(ref repolayout.Difference[*repolayout.Doc[schema.RegistryRef]]) bool {
	if ref.Before == nil || ref.After == nil || len(ref.Before.Problems)+len(ref.After.Problems) > 0 {
		return true
	}
	before, after := *ref.Before.Value, *ref.After.Value
	before.Commands, after.Commands = "", ""
	return !reflect.DeepEqual(before, after)
}

// inConfigs says whether some configuration differs in what a function sees of
// it.
func (c *changes) inConfigs(seen func(*ConfigDoc) any) bool {
	return slices.ContainsFunc(c.configs, func(change repolayout.Difference[*ConfigDoc]) bool {
		var before, after any
		if change.Before != nil {
			before = seen(change.Before)
		}
		if change.After != nil {
			after = seen(change.After)
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
