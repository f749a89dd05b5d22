package rules

import (
	"iter"
	"slices"

	"github.com/drover-ci/drover/schema"
)

// RuleDuplicateJob is the rule that two tests do not become one job.
const RuleDuplicateJob = "duplicate-job"

// jobNames are the problems of the names of a component's jobs, with the
// documents that they follow from.
type jobNames struct {
	docs     []*ConfigDoc
	problems []schema.Problem
}

// checkJobNames checks each component, for a job's name begins with it. Those
// that have the documents that they had are not looked at again.
func (c *Checked) checkJobNames(last *Checked) []schema.Problem {
	c.jobNames = map[string]jobNames{}
	var problems []schema.Problem
	for docs := range byComponent(c.Repo.Configs) {
		component := docs[0].Value.Metadata.Component()
		names := last.jobNames[component]
		if !slices.Equal(names.docs, docs) {
			names = jobNames{docs: docs, problems: sameJobNames(docs)}
		}
		c.jobNames[component] = names
		problems = append(problems, names.problems...)
	}
	return problems
}

// byComponent gives the configurations of one component after the other. In
// the order of paths they stand together.
func byComponent(docs []*ConfigDoc) iter.Seq[[]*ConfigDoc] {
	return func(yield func([]*ConfigDoc) bool) {
		var end int
		for start := 0; start < len(docs); start = end {
			first := docs[start].Value.Metadata
			for end = start; end < len(docs); end++ {
				if next := docs[end].Value.Metadata; next.Org != first.Org || next.Repo != first.Repo {
					break
				}
			}
			if !yield(docs[start:end:end]) {
				return
			}
		}
	}
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
