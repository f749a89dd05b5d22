package rules

import (
	"context"

	"github.com/drover-ci/drover/schema"
)

// whole is a rule, or several, about the repository as a whole. What it found in
// the last one is found again unless the change touches what it looks at, so
// that a commit costs what it changes.
type whole struct {
	check   func(c *Checked, w *world) []schema.Problem
	touched func(changes *changes) bool
}

// wholes are the rules about the whole. Where the settings, the claims or the names
// of clusters change, all of them are asked anew.
func wholes() []whole {
	return []whole{
		{
			func(c *Checked, _ *world) []schema.Problem { return checkTargets(c.Repo) },
			func(*changes) bool { return false },
		},
		{
			func(c *Checked, _ *world) []schema.Problem { return checkJobTemplate(c.Repo) },
			func(*changes) bool { return false },
		},
		{
			func(c *Checked, w *world) []schema.Problem { return checkProfiles(c.Repo, w) },
			func(changes *changes) bool { return changes.profiles || changes.leaseTypes },
		},
		{
			func(c *Checked, w *world) []schema.Problem { return checkComponents(c.Repo, w) },
			func(changes *changes) bool { return changes.registry || changes.leaseTypes },
		},
		{
			func(c *Checked, w *world) []schema.Problem { return checkMetadata(c.Repo, w) },
			func(changes *changes) bool { return changes.beyondText || changes.metadata },
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
			func(c *Checked, _ *world) []schema.Problem { return checkQuotas(c.Repo) },
			func(changes *changes) bool { return changes.quotas },
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
		if since != nil && !rule.touched(since) {
			found = last.whole[i]
		} else {
			found = rule.check(c, w)
		}
		c.whole = append(c.whole, found)
		problems = append(problems, found...)
	}
	return problems
}
