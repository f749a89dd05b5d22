package rules

import (
	"fmt"
	"maps"
	"slices"

	"sigs.k8s.io/yaml"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
)

// Rules about what Boskos is told.
const (
	// RuleLeaseName is the rule that every lease has a name of its own, which a
	// cluster object can have too.
	RuleLeaseName = "lease-name"
	// RuleDefaultSlice is the rule that the slice "default" is a type's only one.
	RuleDefaultSlice = "default-slice"
	// RuleLeaseChange is the rule that a lease type in use does not become another
	// kind of thing.
	RuleLeaseChange = "lease-change"
	// RuleLeaseCount is the rule that a lease type has a lease.
	RuleLeaseCount = "lease-count"
)

// defaultSlice is the slice that stands for leases without names.
const defaultSlice = "default"

// longestName is how long the name of a cluster object may be.
const longestName = 253

// names checks the names and numbers of leases. A slice with one lease gives it
// its own name, and so only such slices of two types can give the same.
func (q *quotaCheck) names() {
	first := map[string]string{}
	quotas := q.repo.Quotas.Value.Quotas
	for _, leaseType := range slices.Sorted(maps.Keys(quotas)) {
		quota := quotas[leaseType]
		q.count(leaseType, quota)
		for _, slice := range slices.Sorted(maps.Keys(quota)) {
			if isOnDemand(quota) {
				continue
			}
			q.length(leaseType, slice, quota[slice])
			if quota[slice] != 1 {
				continue
			}
			if other, taken := first[slice]; taken {
				q.report(leaseType, slice, RuleLeaseName, fmt.Sprintf(
					"a slice with one lease gives it its own name, which no other may have (found %q in %s too, want another name, or more leases)", slice, other))
				continue
			}
			first[slice] = leaseType
		}
	}
}

// count checks that a type has leases, which are either all named or all on
// demand.
func (q *quotaCheck) count(leaseType string, quota schema.Quota) {
	total := 0
	for _, count := range quota {
		total += count
	}
	if total == 0 && !schema.HasErrors(q.repo.Quotas.Problems) { // what cannot be read is not counted
		q.report(leaseType, "", RuleLeaseCount, "there are no leases of the type, which Boskos refuses (found 0, want at least 1); "+
			"remove the type where nobody uses it")
	}
	if _, ok := quota[defaultSlice]; ok && len(quota) > 1 {
		q.report(leaseType, defaultSlice, RuleDefaultSlice, fmt.Sprintf(
			`the slice "default" stands for leases without names, and is a type's only one (found it among %d slices, want a region's name, or no others)`, len(quota)))
	}
}

// length checks that the longest name of a slice's leases is one that a cluster
// object can have.
func (q *quotaCheck) length(leaseType, slice string, count int) {
	name := slice
	if count > 1 {
		name = fmt.Sprintf("%s--%s-%d", slice, leaseType, count-1)
	}
	if len(name) > longestName {
		q.report(leaseType, slice, RuleLeaseName, fmt.Sprintf(
			"the names of the leases are too long (found %d characters in %q, want at most %d)", len(name), name, longestName))
	}
}

// isOnDemand says whether a type's leases have no names.
func isOnDemand(quota schema.Quota) bool {
	_, ok := quota[defaultSlice]
	return ok && len(quota) == 1
}

// leaseChange is a lease type that would become something else, and what is wrong
// with that while anybody uses it.
type leaseChange struct {
	leaseType string
	problem   schema.Problem
}

// checkLeaseChanges finds lease types in use that would become something else.
func (c *Checked) checkLeaseChanges(last *Checked, since *changes) []schema.Problem {
	if since != nil && !since.quotas && last.boskos.id == c.boskos.id {
		c.leaseChanges = last.leaseChanges
	} else {
		q := &quotaCheck{repo: c.Repo}
		c.leaseChanges = q.changes(c.boskos.resources)
	}
	var problems []schema.Problem
	for _, change := range c.leaseChanges { // mostly none, and then nobody has to know who uses what
		if c.uses(change.leaseType) {
			problems = append(problems, change.problem)
		}
	}
	return problems
}

// uses says whether a profile, a component of the step registry or a test asks for
// leases of a type.
func (c *Checked) uses(leaseType string) bool {
	dependents, lease := c.Catalog.Dependents(), leaseOf(leaseType)
	return len(dependents.Within(lease)) > 0 || len(dependents.Naming(lease)) > 0
}

func leaseOf(leaseType string) resolver.Component {
	return resolver.Component{Kind: resolver.KindLease, Name: leaseType}
}

// changes compares the quotas with the Boskos configuration in the repository,
// which says what was in force before. A Boskos does not take a lease from who
// holds it, and so cannot do what a new configuration says of it: it does not
// start again then, and until the lease is given back no other type is looked
// after either.
func (q *quotaCheck) changes(before []boskosResource) []leaseChange {
	quotas := q.repo.Quotas.Value.Quotas
	var all []leaseChange
	for _, old := range before {
		quota, stays := quotas[old.Type]
		if !stays || q.mayChange(old.Type) {
			continue
		}
		if was := len(old.Names) == 0; was != isOnDemand(quota) {
			all = append(all, leaseChange{old.Type, q.problem(old.Type, "", RuleLeaseChange, fmt.Sprintf(
				"leases that jobs use would change from %s to %s, which stops a Boskos while any of them is held; %s",
				kindOf(was), kindOf(!was), q.wayOut("the leases a type of another name and let the jobs use that", old.Type)))})
		}
	}
	return append(all, q.moves(before)...)
}

// moves finds leases that would keep their name but change their type.
func (q *quotaCheck) moves(before []boskosResource) []leaseChange {
	var all []leaseChange
	owner := map[string]string{}
	for _, old := range before {
		for _, name := range old.Names {
			owner[name] = old.Type
		}
	}
	for leaseType, quota := range q.repo.Quotas.Value.Quotas {
		for slice, count := range quota {
			from, known := owner[slice]
			if count != 1 || isOnDemand(quota) || !known || from == leaseType || q.mayChange(from) {
				continue
			}
			all = append(all, leaseChange{from, q.problem(leaseType, slice, RuleLeaseChange, fmt.Sprintf(
				"the lease would change its type from %s, which jobs use, and stops a Boskos while it is held; %s",
				from, q.wayOut("it another name", from)))})
		}
	}
	return all
}

// mayChange says whether the settings let a lease type become something else.
func (q *quotaCheck) mayChange(leaseType string) bool {
	return slices.Contains(q.repo.Settings.Value.Changing, leaseType)
}

func (q *quotaCheck) wayOut(instead, leaseType string) string {
	return fmt.Sprintf("give %s, or list %s under changing in %s once nobody holds a lease of it (before: %s)",
		instead, leaseType, q.repo.Settings.Path, q.repo.Layout.Boskos)
}

func kindOf(onDemand bool) string { //nolint:revive // the kind is what it is about
	if onDemand {
		return "leases on demand"
	}
	return "named leases"
}

// boskosConfig is the Boskos configuration of a repository, as far as it
// matters.
type boskosConfig struct {
	id        repolayout.ID
	resources []boskosResource
}

// boskosResource is what matters of a type in Boskos's configuration.
type boskosResource struct {
	Type  string   `json:"type"`
	Names []string `json:"names"`
}

// nextBoskos reads the Boskos configuration that is in the repository, or takes
// the last one where it is the same. One that is not there, or cannot be read,
// says nothing: it is made anew.
func nextBoskos(last boskosConfig, repo *repolayout.Repo) boskosConfig {
	if last.id != (repolayout.ID{}) && last.id == repo.IDOf(repo.Layout.Boskos) {
		return last
	}
	content, err := repo.Read(repo.Layout.Boskos)
	if err != nil {
		return boskosConfig{}
	}
	id := repolayout.BlobID(content)
	if id == last.id {
		return last
	}
	var file struct {
		Resources []boskosResource `json:"resources"`
	}
	if yaml.Unmarshal(content, &file) != nil {
		return boskosConfig{}
	}
	return boskosConfig{id: id, resources: file.Resources}
}

func (q *quotaCheck) report(leaseType, slice, rule, message string) {
	q.problems = append(q.problems, q.problem(leaseType, slice, rule, message))
}

func (q *quotaCheck) problem(leaseType, slice, rule, message string) schema.Problem {
	field := fmt.Sprintf("quotas[%q]", leaseType)
	if slice != "" {
		field += fmt.Sprintf("[%q]", slice)
	}
	return problem(q.repo.Quotas.Path, field, rule, message)
}
