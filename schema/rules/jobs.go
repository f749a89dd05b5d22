package rules

import (
	"fmt"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
)

// RuleDuplicateJob is the rule that two tests do not become one job.
const RuleDuplicateJob = "duplicate-job"

// checkJobNames finds tests of different configurations that would get the
// same job name: variant "a" with test "b-c", and variant "a-b" with test "c".
func checkJobNames(repo *repolayout.Repo) []schema.Problem {
	type position struct{ file, field string }
	first := map[string]position{}
	var problems []schema.Problem
	for _, doc := range repo.Configs {
		metadata := doc.Value.Metadata
		for i, test := range doc.Value.Tests {
			name := metadata.Component() + " " + metadata.JobName("pull", test.As)
			here := position{doc.Path, fmt.Sprintf("tests[%d].as", i)}
			before, taken := first[name]
			if !taken {
				first[name] = here
				continue
			}
			if before.file != here.file {
				c := &collector{file: here.file}
				c.alsof([]schema.Place{place(before.file, before.field)}, here.field, RuleDuplicateJob,
					"the test gets a job name that is taken (found %s, which %s of %s has too, want another name)",
					metadata.JobName("pull", test.As), before.field, before.file)
				problems = append(problems, c.problems...)
			}
		}
	}
	return problems
}
