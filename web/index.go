package web

import (
	"bytes"
	"slices"
	"strings"

	"github.com/drover-ci/drover/generators/prowjobs"
	"github.com/drover-ci/drover/generators/render"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
)

// hitKind says what a hit is. Hits are shown in this order.
type hitKind uint8

const (
	hitWorkflow hitKind = iota
	hitChain
	hitStep
	hitObserver
	hitConfig
	hitJob
	hitProfile
	hitQuota
	hitField
	hitKinds
)

// String is the heading above hits of the kind.
func (k hitKind) String() string {
	return [...]string{
		"Workflows", "Chains", "Steps", "Observers", "Configurations", "Jobs", "Cluster profiles", "Lease types", "Fields",
	}[k]
}

// entry is one thing that search finds. There are tens of thousands, of which few are
// ever shown: what a hit shows is made then, and there is nothing in an entry that the
// collector would have to follow.
type entry struct {
	kind hitKind
	// job is the kind of a job, as a position in jobKinds.
	job uint8
	// test is the position of the test that a job runs; -1 for the images.
	test int32
	// config is the position of the document of a job or configuration.
	config int32
	// name and line are where its name and its line end.
	name, line int32
}

var jobKinds = []prowjobs.Kind{prowjobs.Presubmit, prowjobs.Postsubmit, prowjobs.Periodic} //nolint:gochecknoglobals // never changed

// shelf is the entries of one part of the repository, with the text in which
// they are looked for. It is immutable, and shared by all views for which the
// part is the same.
type shelf struct {
	entries []entry
	// names are those of all entries, one after another.
	names []byte
	// text has a line for each entry: its name, then what else it is found by,
	// both in the form of searchable.
	text []byte
	// docs are the configurations, where there are any.
	docs []*repolayout.Doc[schema.Config]
}

func (s *shelf) add(e entry, name, more string) {
	s.names = append(s.names, name...)
	s.text = append(s.text, searchable(name)...)
	if more != "" {
		s.text = append(s.text, ' ')
		s.text = append(s.text, searchable(more)...)
	}
	s.text = append(s.text, '\n')
	e.name, e.line = int32(len(s.names)), int32(len(s.text)) //nolint:gosec // a repository is smaller than 2 GiB
	s.entries = append(s.entries, e)
}

// close drops what was set aside while the shelf was filled.
func (s *shelf) close() *shelf {
	s.entries, s.names, s.text = slices.Clone(s.entries), bytes.Clone(s.names), bytes.Clone(s.text)
	return s
}

// name is that of an entry.
func (s *shelf) name(i int) []byte {
	if i == 0 {
		return s.names[:s.entries[0].name]
	}
	return s.names[s.entries[i-1].name:s.entries[i].name]
}

// searchable is text as it is looked for: in lower case, and with all that
// parts words as a dash, so that org/repo finds the job of org-repo.
func searchable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		case r == '/' || r == '@' || r == '_' || r == '.' || r == ' ' || r == ':' || r == '\n':
			return '-'
		default:
			return r
		}
	}, text)
}

// index is all shelves of a view.
type index struct {
	registry *shelf
	// components are by org/repo, in order.
	components []componentShelf
	others     *shelf

	// repo is what was indexed.
	repo *repolayout.Repo
}

type componentShelf struct {
	component render.Component
	*shelf
}

// newIndex indexes a view, and takes from an earlier index what is the same.
func newIndex(v *view, last *index) *index {
	if last == nil || last.repo.Settings.ID != v.Repo.Settings.ID {
		last = &index{}
	}
	next := &index{repo: v.Repo, registry: last.registry, others: last.others}
	if last.repo == nil || !sameRegistry(last.repo, v.Repo) {
		next.registry = registryShelf(v)
	}
	if last.repo == nil || last.repo.Profiles != v.Repo.Profiles || last.repo.Quotas != v.Repo.Quotas {
		next.others = otherShelf(v)
	}
	known := make(map[string]componentShelf, len(last.components))
	for _, each := range last.components {
		known[each.component.Name] = each
	}
	for _, component := range render.Components(v.Repo) {
		before, ok := known[component.Name]
		if !ok || !slices.Equal(before.component.Docs, component.Docs) {
			maker, _ := v.jobs() // without a generator there are no jobs to find
			before = componentShelf{component, newComponentShelf(component, maker)}
		}
		next.components = append(next.components, before)
	}
	return next
}

// sameRegistry says whether two repositories have the same step registry.
func sameRegistry(a, b *repolayout.Repo) bool {
	return slices.Equal(a.Refs, b.Refs) && slices.Equal(a.Chains, b.Chains) &&
		slices.Equal(a.Workflows, b.Workflows) && slices.Equal(a.Observers, b.Observers)
}

// shelves lists all of them.
func (x *index) shelves() []*shelf {
	all := []*shelf{x.registry, x.others, fieldShelf()}
	for _, each := range x.components {
		all = append(all, each.shelf)
	}
	return all
}

// size counts the entries.
func (x *index) size() int {
	total := 0
	for _, s := range x.shelves() {
		total += len(s.entries)
	}
	return total
}

func registryShelf(v *view) *shelf {
	s := &shelf{}
	for _, doc := range v.Repo.Workflows {
		s.add(entry{kind: hitWorkflow}, doc.Value.As, doc.Value.Documentation)
	}
	for _, doc := range v.Repo.Chains {
		s.add(entry{kind: hitChain}, doc.Value.As, doc.Value.Documentation)
	}
	for _, doc := range v.Repo.Refs {
		s.add(entry{kind: hitStep}, doc.Value.As, doc.Value.Documentation)
	}
	for _, doc := range v.Repo.Observers {
		s.add(entry{kind: hitObserver}, doc.Value.Name, doc.Value.Documentation)
	}
	return s.close()
}

func otherShelf(v *view) *shelf {
	s := &shelf{}
	for _, profile := range v.Repo.Profiles.Value.ClusterProfiles {
		s.add(entry{kind: hitProfile}, profile.Name, profile.LeaseType)
	}
	for leaseType := range v.Repo.Quotas.Value.Quotas {
		s.add(entry{kind: hitQuota}, leaseType, "")
	}
	return s.close()
}

func newComponentShelf(component render.Component, maker *render.Maker) *shelf {
	s := &shelf{docs: component.Docs}
	for i, doc := range component.Docs {
		config := doc.Value
		at := int32(i)
		s.add(entry{kind: hitConfig, config: at}, config.Metadata.String(), "")
		for _, job := range jobsOf(maker, config) {
			kind := uint8(slices.Index(jobKinds, job.Kind)) //nolint:gosec // one of three
			test := int32(testOf(config, job))              //nolint:gosec // a file has not as many
			s.add(entry{kind: hitJob, job: kind, test: test, config: at}, job.Name, "")
		}
	}
	return s.close()
}

// jobsOf makes the jobs of one configuration; none where they cannot be made.
func jobsOf(maker *render.Maker, config *schema.Config) []*prowjobs.Job {
	if maker == nil {
		return nil
	}
	files, err := maker.Generator.Jobs([]*schema.Config{config})
	if err != nil {
		return nil
	}
	return jobsIn(files)
}

func jobsIn(files []prowjobs.JobFile) []*prowjobs.Job {
	var jobs []*prowjobs.Job
	for _, file := range files {
		for _, group := range file.Groups {
			jobs = append(jobs, group.Jobs...)
		}
	}
	return jobs
}

// testOf gives the position of the test that a job runs, or -1.
func testOf(config *schema.Config, job *prowjobs.Job) int {
	_, name, _ := strings.Cut(job.Name, "-ci-")
	return slices.IndexFunc(config.Tests, func(test schema.Test) bool {
		_, full, _ := strings.Cut(config.Metadata.JobName("", test.As), "-ci-")
		rest, ok := strings.CutPrefix(name, full)
		return ok && (rest == "" || isShard(rest, test.ShardCount))
	})
}

// isShard says whether the end of a job's name is that of one of several shards:
// -1of3.
func isShard(end string, count *int) bool {
	if count == nil || len(end) < 2 || end[0] != '-' {
		return false
	}
	number, total, ok := strings.Cut(end[1:], "of")
	return ok && strings.Trim(number+total, "0123456789") == ""
}
