package rules

import (
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
)

// RuleAmbiguousBranch is the rule that a branch has one configuration.
const RuleAmbiguousBranch = "ambiguous-branch"

// checkBranches finds configurations that two branches' files would both be
// used for: a configuration is also used for feature branches, which are named
// after its branch and a dash.
func checkBranches(repo *repolayout.Repo, catalog *resolver.Catalog) []schema.Problem {
	var problems []schema.Problem
	for _, overlap := range catalog.Overlaps() {
		file, other := configFile(repo, overlap.Entry), configFile(repo, overlap.Other)
		c := &collector{file: file}
		c.alsof([]schema.Place{place(other, "zz_generated_metadata.branch")}, "zz_generated_metadata.branch", RuleAmbiguousBranch,
			"two configurations are for one branch (found %s and %s for %q, want one of them renamed or removed)",
			file, other, overlap.Branch)
		problems = append(problems, c.problems...)
	}
	return problems
}
