package render

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
)

// RuleJobLabel is the rule that Prow gives each job a label of its own.
const RuleJobLabel = "job-label"

// How many labels with several jobs are reported one by one. A repository with
// more has too many to rename, and is told of all at once.
const shownLabels = 10

// shownNames is how many jobs of a label are named.
const shownNames = 3

// longestLabel is as long as Kubernetes lets a label's value be.
const longestLabel = 63

// Labels finds jobs that Prow gives one label. It puts the name of a job, cut
// to what a label holds, into prow.k8s.io/job of everything that it makes for
// it, and never asks whether another job's name begins so too. The zero Labels
// is ready for use, by several goroutines at once.
type Labels struct {
	mu     sync.Mutex
	labels map[string]*labelled
	jobs   int
}

// labelled are the jobs of one label.
type labelled struct {
	component, first string
	others           []string
}

// Add takes the names of the jobs of a component.
func (l *Labels) Add(component string, names []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, name := range names {
		l.add(component, name)
	}
}

// Names are those of the jobs that were made.
func (m Made) Names() []string {
	var names []string
	for _, file := range m.Jobs {
		for _, group := range file.Groups {
			for _, job := range group.Jobs {
				names = append(names, job.Name)
			}
		}
	}
	return names
}

func (l *Labels) add(component, name string) {
	if l.labels == nil {
		l.labels = map[string]*labelled{}
	}
	l.jobs++
	label := labelOf(name)
	known := l.labels[label]
	switch {
	case known == nil:
		l.labels[label] = &labelled{component: component, first: name}
	case known.first != name && !slices.Contains(known.others, name):
		known.others = append(known.others, name)
		known.component = min(known.component, component) // components come in any order
	}
}

// labelOf is what Prow makes of a job's name.
func labelOf(name string) string {
	if len(name) <= longestLabel {
		return name
	}
	return strings.TrimRight(name[:longestLabel], "._-")
}

// names are the jobs in order, the first three of many.
func (l *labelled) names() string {
	names := slices.Sorted(slices.Values(append([]string{l.first}, l.others...)))
	if more := len(names) - shownNames; more > 0 {
		names = append(names[:shownNames], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
}

// Problems are warnings of the labels that several jobs have.
func (l *Labels) Problems(layout repolayout.Layout) []schema.Problem {
	l.mu.Lock()
	defer l.mu.Unlock()
	var problems []schema.Problem
	jobs, example := 0, ""
	for _, label := range slices.Sorted(maps.Keys(l.labels)) {
		of := l.labels[label]
		if len(of.others) == 0 {
			continue
		}
		found := fmt.Sprintf("prow.k8s.io/job=%s for %s, want names that differ in their first %d letters", label, of.names(), longestLabel)
		example = cmp.Or(example, found)
		jobs += 1 + len(of.others)
		problems = append(problems, schema.Problem{
			File: path.Join(layout.Config, of.component), Rule: RuleJobLabel, Severity: schema.Warning,
			Message: fmt.Sprintf("Prow labels %d jobs alike (found %s)", 1+len(of.others), found),
		})
	}
	if len(problems) <= shownLabels {
		return problems
	}
	return []schema.Problem{{
		File: layout.Config, Rule: RuleJobLabel, Severity: schema.Warning,
		Message: fmt.Sprintf("Prow labels %d of %d jobs as others (found %d labels that several have, such as %s)",
			jobs, l.jobs, len(problems), example),
	}}
}
