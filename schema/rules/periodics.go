package rules

import (
	"iter"
	"maps"
	"strings"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
)

// checkPeriodics finds periodics of one name: Prow has them all side by side. Within a
// component, generated ones are held against each other with all its jobs.
func checkPeriodics(c *Checked) []schema.Problem {
	var problems []schema.Problem
	first := map[string]*ConfigDoc{} // by name, of which there are thousands
	for doc := range c.Repo.Configs.All() {
		for name, made := range periodics(doc) {
			before := first[name]
			switch {
			case before == nil:
				first[name] = doc
			case before.Value.Metadata.Component() != doc.Value.Metadata.Component():
				problems = append(problems, sameName(name, doc.Path, made.Field(), before.Path, periodicNamed(before, name).Field))
			}
		}
	}
	byHand := c.handJobs[jobGroup{kind: schema.Periodics}]
	var generated []foundJob
	for _, job := range byHand {
		if doc := first[job.Name]; doc != nil {
			generated = append(generated, foundJob{Job: periodicNamed(doc, job.Name), made: doc})
		}
	}
	return append(problems, c.clashes(generated, byHand)...)
}

// checkPeriodicsAgain looks at the names that a change brings, where no two were the same.
func checkPeriodicsAgain(c *Checked, _ *world, last *Checked, since *changes) []schema.Problem {
	for name := range c.newPeriodics(last, since) {
		if c.countPeriodics(name) > 1 {
			return checkPeriodics(c)
		}
	}
	return nil
}

// newPeriodics are the names of periodics that there were not, or elsewhere; and those
// that a configuration has no more, as another job may have given way to it.
func (c *Checked) newPeriodics(last *Checked, since *changes) map[string]bool {
	names := map[string]bool{}
	for _, each := range since.configs {
		before, after := maps.Collect(periodics(each.Before)), maps.Collect(periodics(each.After))
		for _, made := range []map[string]schema.MadeJob{before, after} {
			for name := range made {
				_, was := before[name]
				if _, is := after[name]; was != is {
					names[name] = true
				}
			}
		}
	}
	group := jobGroup{kind: schema.Periodics}
	if !since.handJobs[group] {
		return names
	}
	known := map[foundJob]bool{}
	for _, job := range last.handJobs[group] {
		known[job] = true
	}
	for _, job := range c.handJobs[group] {
		if !known[job] {
			names[job.Name] = true
		}
	}
	return names
}

// periodics goes through those that a configuration, or nil, is made into, by name.
func periodics(doc *ConfigDoc) iter.Seq2[string, schema.MadeJob] {
	return func(yield func(string, schema.MadeJob) bool) {
		if doc == nil {
			return
		}
		for made := range doc.Value.Jobs() {
			if made.Kind == schema.Periodics && !yield(doc.Value.Metadata.JobName(made.Kind.Prefix(), made.Target), made) {
				return
			}
		}
	}
}

// countPeriodics counts the periodics of a name.
func (c *Checked) countPeriodics(name string) int {
	count := 0
	for _, job := range c.handJobs[jobGroup{kind: schema.Periodics}] {
		if job.Name == name {
			count++
		}
	}
	for doc, target := range c.targets(name) {
		for made := range doc.Value.Jobs() {
			if made.Kind == schema.Periodics && made.Target == target {
				count++
			}
		}
	}
	return count
}

// targets are the configurations that a periodic of a name may be made of, each with the
// target that it would have: the name is joined of organization, repository and branch
// by dashes, which these may have in them too.
func (c *Checked) targets(name string) iter.Seq2[*ConfigDoc, string] {
	return func(yield func(*ConfigDoc, string) bool) {
		rest, mayBeMade := strings.CutPrefix(name, schema.Periodics.Prefix()+"-ci-")
		if !mayBeMade {
			return
		}
		for org, below := range cuts(rest) {
			folder := c.Repo.Layout.Config + "/" + org + "/"
			if !c.hasConfigs(folder) {
				continue
			}
			for repo, end := range cuts(below) {
				for _, doc := range repolayout.InFolder(c.Repo.Configs, folder+repo+"/") {
					if target, may := strings.CutPrefix(end, startOf(doc)); may && !yield(doc, target) {
						return
					}
				}
			}
		}
	}
}

// cuts are the ways to cut a name in two at a dash.
func cuts(name string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for i := range len(name) {
			if name[i] == '-' && !yield(name[:i], name[i+1:]) {
				return
			}
		}
	}
}

// hasConfigs says whether there are configurations in a folder, whose name ends in "/".
func (c *Checked) hasConfigs(folder string) bool {
	for doc := range c.Repo.Configs.From(func(doc *ConfigDoc) int { return strings.Compare(doc.Path, folder) }) {
		return strings.HasPrefix(doc.Path, folder)
	}
	return false
}

// periodicNamed is the periodic of a name that a configuration is made into, among
// others.
func periodicNamed(doc *ConfigDoc, name string) *schema.Job {
	for each, made := range periodics(doc) {
		if each == name {
			job := made.Job(doc.Value.Metadata)
			return &job
		}
	}
	return nil
}

// periodicsOf are what a configuration's periodics are called; nil for none.
func periodicsOf(doc *ConfigDoc) any {
	var names []string
	for name, made := range periodics(doc) {
		names = append(names, name+" "+made.Field())
	}
	if len(names) == 0 {
		return nil
	}
	return names
}
