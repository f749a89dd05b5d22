package rules

import (
	"iter"
	"maps"
	"path"
	"slices"

	"github.com/drover-ci/drover/schema"
)

// RuleDuplicateJob is the rule that two tests do not become one job.
const RuleDuplicateJob = "duplicate-job"

// checkJobNames checks each component, for a job's name begins with it. Those
// in which nothing changed are not looked at again.
func (c *Checked) checkJobNames(last *Checked, since *changes) []schema.Problem {
	docs := c.Repo.Configs
	if since == nil {
		c.jobNames = map[string][]schema.Problem{}
		for each := range byComponent(docs) {
			c.checkJobNamesOf(each)
		}
	} else {
		c.jobNames = maps.Clone(last.jobNames)
		for _, change := range since.configs {
			if change.Before != nil {
				delete(c.jobNames, path.Dir(change.Before.Path))
			}
		}
		for _, change := range since.configs {
			for _, i := range []int{change.To - 1, change.To} { // where one went, its neighbours
				if i >= 0 && i < len(docs) {
					c.checkJobNamesOf(componentAt(docs, i))
				}
			}
		}
	}
	return slices.Concat(slices.Collect(maps.Values(c.jobNames))...)
}

// checkJobNamesOf checks the configurations of one component.
func (c *Checked) checkJobNamesOf(docs []*ConfigDoc) {
	folder := path.Dir(docs[0].Path)
	delete(c.jobNames, folder)
	if problems := sameJobNames(docs); len(problems) > 0 {
		c.jobNames[folder] = problems
	}
}

// byComponent gives the configurations of one component, which are those of a
// folder, after the other. In the order of paths they stand together.
func byComponent(docs []*ConfigDoc) iter.Seq[[]*ConfigDoc] {
	return func(yield func([]*ConfigDoc) bool) {
		for i := 0; i < len(docs); {
			each := componentAt(docs, i)
			if !yield(each) {
				return
			}
			i += len(each)
		}
	}
}

// componentAt gives the configurations of the component that one is of.
func componentAt(docs []*ConfigDoc, i int) []*ConfigDoc {
	folder := path.Dir(docs[i].Path)
	same := func(j int) bool { return path.Dir(docs[j].Path) == folder }
	first, end := i, i+1
	for first > 0 && same(first-1) {
		first--
	}
	for end < len(docs) && same(end) {
		end++
	}
	return docs[first:end:end]
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
