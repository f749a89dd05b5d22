package rules

import (
	"context"

	"github.com/drover-ci/drover/internal/workers"
	"github.com/drover-ci/drover/schema"
)

// whole is a rule, or several, about the repository as a whole. What it found in
// the last one is found again unless the change touches what it looks at, so
// that a commit costs what it changes.
type whole struct {
	check   func(c *Checked, w *world) []schema.Problem
	touched func(changes *changes) bool
	// again is check where the change touches what a rule looks at, which found nothing
	// in the last repository. Default: check.
	again func(c *Checked, w *world, last *Checked, changes *changes) []schema.Problem
}

// wholes are the rules about the whole. Where the settings, the claims or the names
// of clusters change, all of them are asked anew.
func wholes() []whole {
	return []whole{
		{
			check:   func(c *Checked, _ *world) []schema.Problem { return checkTargets(c.Repo) },
			touched: func(*changes) bool { return false },
		},
		{
			check:   func(c *Checked, _ *world) []schema.Problem { return checkJobTemplate(c.Repo) },
			touched: func(*changes) bool { return false },
		},
		{
			check:   func(c *Checked, w *world) []schema.Problem { return checkProfiles(c.Repo, w) },
			touched: func(changes *changes) bool { return changes.profiles || changes.leaseTypes },
		},
		{
			check:   func(c *Checked, w *world) []schema.Problem { return checkComponents(c.Repo, w) },
			touched: func(changes *changes) bool { return changes.registry || changes.leaseTypes },
			again:   checkComponentsAgain,
		},
		{
			check:   func(c *Checked, w *world) []schema.Problem { return checkMetadata(c.Repo, w) },
			touched: func(changes *changes) bool { return changes.beyondText || changes.metadata },
		},
		{
			check:   func(c *Checked, _ *world) []schema.Problem { return checkBranches(c.Repo, c.Catalog) },
			touched: func(changes *changes) bool { return changes.inConfigs(branchOf) },
		},
		{
			check:   func(c *Checked, _ *world) []schema.Problem { return checkPromotions(c.Repo) },
			touched: func(changes *changes) bool { return changes.inConfigs(promotionsOf) },
		},
		{
			check: func(c *Checked, _ *world) []schema.Problem { return checkPeriodics(c) },
			touched: func(changes *changes) bool {
				return changes.handJobs[jobGroup{kind: schema.Periodics}] || changes.inConfigs(periodicsOf)
			},
			again: checkPeriodicsAgain,
		},
		{
			check:   func(c *Checked, _ *world) []schema.Problem { return checkQuotas(c.Repo) },
			touched: func(changes *changes) bool { return changes.quotas },
		},
	}
}

// checkWhole asks the rules about the whole.
func (c *Checked) checkWhole(ctx context.Context, w *world, last *Checked, since *changes) []schema.Problem {
	var problems []schema.Problem
	for i, rule := range wholes() {
		if ctx.Err() != nil {
			return problems
		}
		var found []schema.Problem
		switch {
		case since != nil && !rule.touched(since):
			found = last.whole[i]
		case since != nil && rule.again != nil && len(last.whole[i]) == 0:
			found = rule.again(c, w, last, since)
		default:
			found = rule.check(c, w)
		}
		workers.GiveWay()
		c.whole = append(c.whole, found)
		problems = append(problems, found...)
	}
	return problems
}
