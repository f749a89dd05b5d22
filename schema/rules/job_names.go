package rules

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
)

// RuleDuplicateJob is the rule that no two jobs have one name, or are reported under
// one, where Prow would not know which is meant.
const RuleDuplicateJob = schema.RuleDuplicateJob

// jobGroup is jobs that must not have one name: the periodics, and others of one kind
// that are for one repository.
type jobGroup struct {
	kind schema.JobKind
	repo string
}

// foundJob is a job with what it comes from: the file that people wrote it into, or
// the configuration that it is made of.
type foundJob struct {
	*schema.Job

	hand *repolayout.Judged
	made *ConfigDoc
}

func (j foundJob) file() string {
	if j.hand != nil {
		return j.hand.Path
	}
	return j.made.Path
}

// handJobs are the jobs that people wrote, in the order of files. They are kept with
// the documents, so that no file is read for them.
func handJobs(repo *repolayout.Repo) map[jobGroup][]foundJob {
	groups := map[jobGroup][]foundJob{}
	for _, doc := range repo.Judged {
		for i := range doc.Jobs {
			job := &doc.Jobs[i]
			group := jobGroup{job.Kind, job.Repo}
			groups[group] = append(groups[group], foundJob{Job: job, hand: doc})
		}
	}
	return groups
}

// nextHandJobs are those of a repository; the last one's where it has the same files.
func nextHandJobs(last *Checked, next *repolayout.Repo) map[jobGroup][]foundJob {
	if last.Repo != nil && len(repolayout.Differences(last.Repo.Judged, next.Judged)) == 0 {
		return last.handJobs
	}
	return handJobs(next)
}

// differingGroups are those of which people wrote other jobs, or elsewhere.
func differingGroups(last, next map[jobGroup][]foundJob) map[jobGroup]bool {
	differing := map[jobGroup]bool{}
	for group, jobs := range next {
		if !slices.Equal(last[group], jobs) {
			differing[group] = true
		}
	}
	for group := range last {
		if next[group] == nil {
			differing[group] = true
		}
	}
	return differing
}

// checkJobNames checks the jobs of each component, for a generated job's name begins
// with it, and Prow tells presubmits and postsubmits of different repositories apart.
// Those in which nothing changed are not looked at again. Periodics are a rule about
// the whole.
func (c *Checked) checkJobNames(last *Checked, since *changes) []schema.Problem {
	components := map[string]bool{}
	if since == nil {
		c.jobNames = map[string][]schema.Problem{}
		for doc := range c.Repo.Configs.All() {
			components[doc.Value.Metadata.Component()] = true
		}
		for group := range c.handJobs {
			components[group.repo] = true
		}
	} else {
		c.jobNames = maps.Clone(last.jobNames)
		for _, change := range since.configs {
			for _, doc := range []*ConfigDoc{change.Before, change.After} {
				if doc != nil {
					components[doc.Value.Metadata.Component()] = true
				}
			}
		}
		for group := range since.handJobs {
			components[group.repo] = true
		}
	}
	delete(components, "") // that of periodics
	for component := range components {
		delete(c.jobNames, component)
		if problems := c.sameJobNames(component); len(problems) > 0 {
			c.jobNames[component] = problems
		}
	}
	return slices.Concat(slices.Collect(maps.Values(c.jobNames))...)
}

// sameJobNames finds jobs of one name among those of a component.
func (c *Checked) sameJobNames(component string) []schema.Problem {
	var docs []*ConfigDoc
	if strings.Count(component, "/") == 1 { // people may write anything
		docs = repolayout.InFolder(c.Repo.Configs, c.Repo.Layout.Config+"/"+component+"/")
	}
	problems := sameGeneratedNames(docs)
	for _, kind := range []schema.JobKind{schema.Presubmits, schema.Postsubmits} {
		if byHand := c.handJobs[jobGroup{kind, component}]; len(byHand) > 0 {
			problems = append(problems, c.clashes(generatedJobs(docs, kind), byHand)...)
		}
	}
	return problems
}

// sameGeneratedNames finds what is made of different configurations of a component and
// would get the same job name: variant "a" with test "b-c", and variant "a-b" with test
// "c". Within one the names of tests and images see to it.
//
// Of two names that are the same, how the one begins that has more in it of branch and
// variant begins the other: few pairs of configurations can have such.
func sameGeneratedNames(docs []*ConfigDoc) []schema.Problem {
	if len(docs) < 2 {
		return nil
	}
	starts := make([]string, len(docs))
	for i, doc := range docs {
		starts[i] = startOf(doc)
	}
	var problems []schema.Problem
	reported := map[string]bool{}
	report := func(doc, before *ConfigDoc, job, other schema.MadeJob) {
		name := doc.Value.Metadata.JobName(job.Kind.Prefix(), job.Target)
		if key := name + " " + doc.Path; !reported[key] {
			reported[key] = true
			problems = append(problems, sameName(name, doc.Path, job.Field(), before.Path, other.Field()))
		}
	}
	for i, doc := range docs {
		for j, before := range docs[:i] {
			if more, ok := strings.CutPrefix(starts[i], starts[j]); ok {
				eachSame(before, doc, more, func(other, job schema.MadeJob) { report(doc, before, job, other) })
			} else if more, ok := strings.CutPrefix(starts[j], starts[i]); ok {
				eachSame(doc, before, more, func(job, other schema.MadeJob) { report(doc, before, job, other) })
			}
		}
	}
	return problems
}

// startOf is what the names of a configuration's jobs have before the target, behind the
// component.
func startOf(doc *ConfigDoc) string {
	return doc.Value.Metadata.Branch + "-" + doc.Value.Metadata.TestName("")
}

// eachSame finds jobs of one name where the names of one configuration's jobs begin as
// those of another and with more.
func eachSame(short, long *ConfigDoc, more string, do func(short, long schema.MadeJob)) {
	for job := range short.Value.Jobs() {
		target, may := strings.CutPrefix(job.Target, more)
		if !may {
			continue
		}
		for other := range long.Value.Jobs() {
			if other.Kind == job.Kind && other.Target == target {
				do(job, other)
			}
		}
	}
}

// sameName is the problem of what would get a name that another has got.
func sameName(name, file, field, otherFile, otherField string) schema.Problem {
	found := problem(file, field, RuleDuplicateJob, fmt.Sprintf(
		"the job gets a name that is taken (found %s, which %s of %s has too, want another name)", name, otherField, otherFile))
	found.Related = []schema.Place{place(otherFile, otherField)}
	return found
}

// generatedJobs are the jobs of a kind that configurations are made into.
func generatedJobs(docs []*ConfigDoc, kind schema.JobKind) []foundJob {
	var jobs []foundJob
	for _, doc := range docs {
		for made := range doc.Value.Jobs() {
			if made.Kind == kind {
				job := made.Job(doc.Value.Metadata)
				jobs = append(jobs, foundJob{Job: &job, made: doc})
			}
		}
	}
	return jobs
}

// clashes finds jobs of one group, written by hand, that have the name of another or
// are reported under it. In one file that is found when the file is read.
func (c *Checked) clashes(generated, byHand []foundJob) []schema.Problem {
	names, contexts := map[string][]foundJob{}, map[string][]foundJob{}
	add := func(job foundJob) {
		names[job.Name] = append(names[job.Name], job)
		contexts[job.Context] = append(contexts[job.Context], job)
	}
	for _, job := range generated {
		add(job)
	}
	var problems []schema.Problem
	for _, job := range byHand {
		if c.givesWay(job, names[job.Name]) {
			continue
		}
		if other := job.clash(names[job.Name]); other != nil {
			problems = append(problems, job.sameName(other))
		} else if other := job.clash(contexts[job.Context]); other != nil && other.Name != job.Name && job.Kind != schema.Periodics {
			problems = append(problems, job.sameContext(other))
		}
		add(job)
	}
	return problems
}

// givesWay says whether a job is in the file of a generated one of its name: then it is
// replaced by that one.
func (c *Checked) givesWay(job foundJob, others []foundJob) bool {
	return slices.ContainsFunc(others, func(other foundJob) bool {
		if other.made == nil {
			return false
		}
		metadata := other.made.Value.Metadata
		return job.file() == path.Join(c.Repo.Layout.Jobs, schema.JobFile(metadata.Component(), metadata.Branch, job.Kind))
	})
}

// clash is the first job, not of the same file, that is for a branch that this one is
// for too. There is one for every periodic.
func (j foundJob) clash(others []foundJob) *foundJob {
	for i := range others {
		if other := &others[i]; (other.made != nil || other.hand != j.hand) && other.Meets(j.Job) {
			return other
		}
	}
	return nil
}

func (j foundJob) sameName(other *foundJob) schema.Problem {
	c := &collector{file: j.file()}
	want := "another name, or other branches"
	if j.Kind == schema.Periodics {
		want = "another name"
	}
	at := place(other.file(), other.Field)
	if other.made != nil {
		c.alsof([]schema.Place{at}, j.Field, RuleDuplicateJob,
			"the job has the name of one that is generated (found %s, which is made of %s, want %s)", j.Name, unlocated(at), want)
	} else {
		c.alsof([]schema.Place{at}, j.Field, RuleDuplicateJob, "two jobs have one name (found %s, which the job at %s has, want %s)", j.Name, unlocated(at), want)
	}
	return c.problems[0]
}

func (j foundJob) sameContext(other *foundJob) schema.Problem {
	c := &collector{file: j.file()}
	field := j.Field
	if j.Context != j.Name {
		field = strings.TrimSuffix(field, "name") + "context"
	}
	at := place(other.file(), other.Field)
	c.alsof([]schema.Place{at}, field, RuleDuplicateJob,
		"two jobs are reported under one name (found %s, which %s at %s is reported under, want another context)", j.Context, other.Name, unlocated(at))
	return c.problems[0]
}
