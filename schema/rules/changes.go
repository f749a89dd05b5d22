package rules

import (
	"maps"
	"reflect"
	"slices"

	"github.com/drover-ci/drover/internal/longlist"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
)

// changes are what differs between two repositories, so that a commit costs what
// it changes.
type changes struct {
	// registry says that the step registry has changed, and beyondText that more of
	// it has than the text of commands.
	registry, beyondText, metadata, profiles, quotas bool
	// leaseTypes says that there are quotas for other lease types.
	leaseTypes bool
	// handJobs are the groups in which people wrote other jobs.
	handJobs map[jobGroup]bool
	configs  []longlist.Difference[*ConfigDoc]
}

// configsBetween are the configurations that two repositories, of which there may be
// only one, do not have in common.
func configsBetween(last, next *repolayout.Repo) []longlist.Difference[*ConfigDoc] {
	if last == nil {
		last = &repolayout.Repo{}
	}
	return longlist.Differences(last.Configs, next.Configs)
}

func changesBetween(last, next *Checked, configs []longlist.Difference[*ConfigDoc]) *changes {
	before, after := last.Repo.Quotas, next.Repo.Quotas
	return &changes{
		registry:   !sameComponents(last.Repo, next.Repo),
		beyondText: !sameButForText(last.Repo, next.Repo),
		metadata:   !slices.Equal(last.Repo.Metadata, next.Repo.Metadata),
		profiles:   last.Repo.Profiles != next.Repo.Profiles,
		quotas:     before != after,
		leaseTypes: before != after && !maps.EqualFunc(before.Value.Quotas, after.Value.Quotas, func(_, _ schema.Quota) bool { return true }),
		handJobs:   differingGroups(last.handJobs, next.handJobs),
		configs:    configs,
	}
}

// reachedBy are the configurations to be judged anew because something is another
// by which those are judged that use it: who owns a cluster profile, whether there
// are leases of a type, whether a step may be left out. Where something was wrong,
// that is asked again in any case.
func (c *Checked) reachedBy(since *changes, last *Checked) map[*schema.Config]bool {
	var used []resolver.Component
	if since.profiles {
		before, after := ownersOf(last.Repo), ownersOf(c.Repo)
		for _, name := range slices.Concat(slices.Collect(maps.Keys(before)), slices.Collect(maps.Keys(after))) {
			if !reflect.DeepEqual(before[name], after[name]) {
				used = append(used, resolver.Component{Kind: resolver.KindProfile, Name: name})
			}
		}
	}
	if since.leaseTypes {
		for leaseType := range last.Repo.Quotas.Value.Quotas {
			if _, stays := c.Repo.Quotas.Value.Quotas[leaseType]; !stays {
				used = append(used, leaseOf(leaseType))
			}
		}
	}
	if since.beyondText {
		for component := range c.optional {
			if _, was := last.optional[component]; !was {
				used = append(used, component)
			}
		}
	}
	if len(used) == 0 {
		return nil // who depends on what is not to be found out for nothing
	}
	return c.Catalog.Dependents().Naming(used...)
}

// ownersOf are the owners of cluster profiles, by name.
func ownersOf(repo *repolayout.Repo) map[string][]schema.ClusterProfileOwner {
	owners := map[string][]schema.ClusterProfileOwner{}
	for _, profile := range repo.Profiles.Value.ClusterProfiles {
		owners[profile.Name] = profile.Owners
	}
	return owners
}

// sameButForText says whether two repositories have the same step registry but for
// the text of commands.
func sameButForText(last, next *repolayout.Repo) bool {
	refs := *next
	refs.Refs = last.Refs
	return sameComponents(last, &refs) && !slices.ContainsFunc(repolayout.Differences(last.Refs, next.Refs), differsBeyondText)
}

func differsBeyondText(ref longlist.Difference[*repolayout.Doc[schema.RegistryRef]]) bool {
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
	return slices.ContainsFunc(c.configs, func(change longlist.Difference[*ConfigDoc]) bool {
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
