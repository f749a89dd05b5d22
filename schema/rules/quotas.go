package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
)

// RuleLeaseWithoutQuota is the rule that every lease type has a quota.
const RuleLeaseWithoutQuota = "lease-without-quota"

// RuleSliceName is the rule that "--" stands once in a lease's name, where its
// slice ends.
const RuleSliceName = "slice-name"

// checkQuotas checks that a job can get what its profile or step asks for: a
// lease type without a quota would make it wait for ever.
func checkQuotas(repo *repolayout.Repo, before boskosConfig) []schema.Problem {
	q := &quotaCheck{repo: repo, used: map[string]bool{}}
	for i, profile := range repo.Profiles.Value.ClusterProfiles {
		field := fmt.Sprintf("cluster_profiles[%d]", i)
		q.lease(repo.Profiles.Path, field+".lease_type", profile.LeaseType)
		q.lease(repo.Profiles.Path, field+".ip_pool_lease_type", profile.IPPoolLeaseType)
	}
	for _, ref := range repo.Refs {
		q.leases(ref.Path, "ref.leases", ref.Value.Leases)
	}
	for _, chain := range repo.Chains {
		q.leases(chain.Path, "chain.leases", chain.Value.Leases)
	}
	for _, workflow := range repo.Workflows {
		q.leases(workflow.Path, "workflow.steps.leases", workflow.Value.Steps.Leases)
	}
	for _, config := range repo.Configs {
		for i, test := range config.Value.Tests {
			if test.Steps != nil && len(test.Steps.Leases) > 0 {
				q.leases(config.Path, fmt.Sprintf("tests[%d].steps.leases", i), test.Steps.Leases)
			}
		}
	}
	q.slices()
	q.names()
	q.changes(before.resources)
	return q.problems
}

type quotaCheck struct {
	repo *repolayout.Repo
	// used are the lease types that a profile, step or test asks for.
	used     map[string]bool
	problems []schema.Problem
}

func (q *quotaCheck) leases(file, field string, leases []schema.StepLease) {
	for i, lease := range leases {
		q.lease(file, fmt.Sprintf("%s[%d].resource_type", field, i), lease.ResourceType)
	}
}

func (q *quotaCheck) lease(file, field, leaseType string) {
	q.used[leaseType] = true
	quotas := q.repo.Quotas.Value.Quotas
	if _, ok := quotas[leaseType]; ok || leaseType == "" || slices.Contains(q.repo.Settings.Value.Unlimited, leaseType) {
		return
	}
	message := fmt.Sprintf("the lease type has no quota (found %q, want one of those in %s)", leaseType, q.repo.Quotas.Path)
	found := problem(file, field, RuleLeaseWithoutQuota, message+schema.DidYouMean(leaseType, slices.Sorted(maps.Keys(quotas))))
	found.Related = []schema.Place{place(q.repo.Quotas.Path, "quotas")}
	q.problems = append(q.problems, found)
}

func (q *quotaCheck) slices() {
	for leaseType, quota := range q.repo.Quotas.Value.Quotas {
		if strings.Contains(leaseType, "--") && !isOnDemand(quota) {
			q.report(leaseType, "", RuleSliceName, fmt.Sprintf(
				`the type's name has "--", by which ci-operator tells the slice in a lease's name (found %q, want single dashes)`, leaseType))
		}
		for slice := range quota {
			if strings.Contains(slice, "--") {
				q.problems = append(q.problems, problem(q.repo.Quotas.Path, fmt.Sprintf("quotas[%q][%q]", leaseType, slice), RuleSliceName,
					fmt.Sprintf(`the slice's name has "--", which ends a slice in a lease's name (found %q, want single dashes)`, slice)))
			}
		}
	}
}
