package rules

import (
	"cmp"
	"maps"
	"path"
	"slices"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
)

// RuleDuplicateJob is the rule that two tests do not become one job.
const RuleDuplicateJob = schema.RuleDuplicateJob

// checkJobNames checks each component, for a job's name begins with it. Those
// in which nothing changed are not looked at again.
func (c *Checked) checkJobNames(last *Checked, since *changes) []schema.Problem {
	folders := map[string]bool{} // one is a component's
	if since == nil {
		c.jobNames = map[string][]schema.Problem{}
		for doc := range c.Repo.Configs.All() {
			folders[path.Dir(doc.Path)] = true
		}
	} else {
		c.jobNames = maps.Clone(last.jobNames)
		for _, change := range since.configs {
			folders[path.Dir(cmp.Or(change.Before, change.After).Path)] = true
		}
	}
	for folder := range folders {
		delete(c.jobNames, folder)
		if problems := sameJobNames(repolayout.InFolder(c.Repo.Configs, folder+"/")); len(problems) > 0 {
			c.jobNames[folder] = problems
		}
	}
	return slices.Concat(slices.Collect(maps.Values(c.jobNames))...)
}

// sameJobNames finds tests of different configurations that would get the same
// job name: variant "a" with test "b-c", and variant "a-b" with test "c".
func sameJobNames(docs []*ConfigDoc) []schema.Problem {
	type position struct{ file, field string }
	first := map[string]position{}
	var problems []schema.Problem
	for _, doc := range docs {
		metadata := doc.Value.Metadata
		for i := range doc.Value.Tests {
			name := metadata.JobName("pull", doc.Value.Tests[i].As)
			here := position{doc.Path, item("tests", i) + ".as"}
			before, taken := first[name]
			if !taken {
				first[name] = here
				continue
			}
			if before.file != here.file {
				c := &collector{file: here.file}
				c.alsof([]schema.Place{place(before.file, before.field)}, here.field, RuleDuplicateJob,
					"the test gets a job name that is taken (found %s, which %s of %s has too, want another name)",
					name, before.field, before.file)
				problems = append(problems, c.problems...)
			}
		}
	}
	return problems
}
