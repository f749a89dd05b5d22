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

// checkLease checks that a job can get what its profile or a step asks for: a lease
// type without a quota would make it wait for ever.
func (c *collector) checkLease(field, leaseType string, w *world) {
	quotas, limited := w.repo.Quotas, !slices.Contains(w.repo.Settings.Value.Unlimited, leaseType)
	if _, ok := quotas.Value.Quotas[leaseType]; ok || leaseType == "" || !limited {
		return
	}
	message := fmt.Sprintf("the lease type has no quota (found %q, want one of those in %s)", leaseType, quotas.Path)
	found := problem(c.file, field, RuleLeaseWithoutQuota, message+schema.DidYouMean(leaseType, slices.Sorted(maps.Keys(quotas.Value.Quotas))))
	found.Related = []schema.Place{place(quotas.Path, "quotas")}
	c.problems = append(c.problems, found)
}

// checkQuotas checks the quotas by themselves.
func checkQuotas(repo *repolayout.Repo) []schema.Problem {
	q := &quotaCheck{repo: repo}
	q.slices()
	q.names()
	return q.problems
}

type quotaCheck struct {
	repo     *repolayout.Repo
	problems []schema.Problem
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
