package dispatch

import (
	"fmt"
	"strconv"

	"github.com/drover-ci/drover/schema"
)

// Rules that dispatching checks. Each is the Rule of the problems it finds.
const (
	// RuleTwice is that a job, a file or a cluster is listed in one place.
	RuleTwice = "cluster-listed-twice"
	// RulePattern is that the expressions of groups can be read.
	RulePattern = "cluster-path-pattern"
	// RuleNoCluster is that there is a cluster to run jobs on.
	RuleNoCluster = "cluster-missing"
	// RuleJobCluster is that the rules say one cluster for a job.
	RuleJobCluster = "job-cluster"
)

// findings collects problems.
type findings struct{ problems []schema.Problem }

// in is where to report problems of a file.
func (f *findings) in(file string) report {
	return func(at, rule, message string) {
		f.problems = append(f.problems, schema.Problem{File: file, Path: at, Rule: rule, Severity: schema.Error, Message: message})
	}
}

// report takes a problem of a file.
type report func(at, rule, message string)

// claims are things that only one owner may list.
type claims struct {
	twice  string
	owners map[string]claim
	found  report
}

// claim is who lists a thing, and where.
type claim struct{ owner, at string }

// newClaims has a message for what two owners list.
func newClaims(twice string, found report) claims {
	return claims{twice: twice, owners: map[string]claim{}, found: found}
}

// add lets an owner list a thing. It is the first's if two do.
func (c claims) add(thing, owner, at string) {
	first, taken := c.owners[thing]
	if !taken {
		c.owners[thing] = claim{owner: owner, at: at}
		return
	}
	if first.owner != owner {
		c.found(at, RuleTwice, fmt.Sprintf("%s (found %q at %s and at %s, want it in one of them)", c.twice, thing, first.at, at))
	}
}

// byThing gives the owner of each thing.
func (c claims) byThing() map[string]string {
	owners := make(map[string]string, len(c.owners))
	for thing, claim := range c.owners {
		owners[thing] = claim.owner
	}
	return owners
}

// field is the path of a field, as problems name it.
func field(parent, name string) string {
	if schema.NeedsQuotes(name) {
		return parent + "[" + strconv.Quote(name) + "]"
	}
	if parent == "" {
		return name
	}
	return parent + "." + name
}

// item is the path of an item of a list.
func item(list string, index int) string { return list + "[" + strconv.Itoa(index) + "]" }
