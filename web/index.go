package web

import (
	"bytes"
	"cmp"
	"net/url"
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

// entry is one thing that search finds.
type entry struct {
	kind hitKind
	name string
	thing
}

// thing tells what a hit shows besides the name. There are tens of thousands, of
// which few are ever shown.
type thing interface {
	// detail is a line below the name.
	detail() string
	url() string
}

// described has both written out.
type described struct{ line, at string }

func (d *described) detail() string { return d.line }
func (d *described) url() string    { return d.at }

// indexedConfig is a configuration.
type indexedConfig struct{ *schema.Config }

func (c indexedConfig) detail() string { return plural(len(c.Tests), "test") }
func (c indexedConfig) url() string    { return configURL(c.Metadata) }

// indexedJob is a job of a configuration.
type indexedJob struct {
	config *schema.Config
	kind   prowjobs.Kind
	// test is the position of the test that it runs; -1 for the images.
	test int
}

func (j *indexedJob) detail() string {
	if j.test < 0 {
		return string(j.kind)
	}
	return string(j.kind) + ", test " + j.config.Tests[j.test].As
}

func (j *indexedJob) url() string {
	if j.test < 0 {
		return configURL(j.config.Metadata) + "#images"
	}
	return testURL(j.config.Metadata, j.config.Tests[j.test].As)
}

// shelf is the entries of one part of the repository, with the text in which
// they are looked for. It is immutable, and shared by all views for which the
// part is the same.
type shelf struct {
	entries []entry
	// text has a line for each entry: its name, then what else it is found by,
	// both in the form of searchable. Ends are the lines' ends.
	text []byte
	ends []int32
}

func (s *shelf) add(e entry, more string) {
	s.entries = append(s.entries, e)
	s.text = append(s.text, searchable(e.name)...)
	if more != "" {
		s.text = append(s.text, ' ')
		s.text = append(s.text, searchable(more)...)
	}
	s.text = append(s.text, '\n')
	s.ends = append(s.ends, int32(len(s.text))) //nolint:gosec // a repository is smaller than 2 GiB
}

// close drops what was set aside while the shelf was filled, and has all names in
// one piece of memory: the fewer pieces, the less there is for the collector to do.
func (s *shelf) close() *shelf {
	s.entries, s.text, s.ends = slices.Clip(s.entries), bytes.Clone(s.text), slices.Clip(s.ends)
	size := 0
	for i := range s.entries {
		size += len(s.entries[i].name)
	}
	var names strings.Builder
	names.Grow(size)
	for i := range s.entries {
		names.WriteString(s.entries[i].name)
	}
	rest := names.String()
	for i := range s.entries {
		length := len(s.entries[i].name)
		s.entries[i].name, rest = rest[:length], rest[length:]
	}
	return s
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
	all := []*shelf{x.registry, x.others}
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
		s.add(entry{hitWorkflow, doc.Value.As, &described{firstLine(doc.Value.Documentation), "/workflow/" + doc.Value.As}}, doc.Value.Documentation)
	}
	for _, doc := range v.Repo.Chains {
		s.add(entry{hitChain, doc.Value.As, &described{firstLine(doc.Value.Documentation), "/chain/" + doc.Value.As}}, doc.Value.Documentation)
	}
	for _, doc := range v.Repo.Refs {
		s.add(entry{hitStep, doc.Value.As, &described{firstLine(doc.Value.Documentation), "/reference/" + doc.Value.As}}, doc.Value.Documentation)
	}
	for _, doc := range v.Repo.Observers {
		s.add(entry{hitObserver, doc.Value.Name, &described{firstLine(doc.Value.Documentation), "/observer/" + doc.Value.Name}}, doc.Value.Documentation)
	}
	return s.close()
}

func otherShelf(v *view) *shelf {
	s := &shelf{}
	for _, profile := range v.Repo.Profiles.Value.ClusterProfiles {
		s.add(entry{hitProfile, profile.Name, &described{profile.ClusterType, "/profile/" + url.PathEscape(profile.Name)}}, profile.LeaseType)
	}
	for leaseType := range v.Repo.Quotas.Value.Quotas {
		s.add(entry{hitQuota, leaseType, &described{"", "/quotas/" + leaseType}}, "")
	}
	for _, field := range fieldEntries() {
		s.add(field, field.detail())
	}
	return s.close()
}

func newComponentShelf(component render.Component, maker *render.Maker) *shelf {
	s := &shelf{}
	for _, doc := range component.Docs {
		config := doc.Value
		s.add(entry{hitConfig, config.Metadata.String(), indexedConfig{config}}, "")
		jobs := jobsOf(maker, config)
		indexed := make([]indexedJob, len(jobs))
		for i, job := range jobs {
			indexed[i] = indexedJob{config, job.Kind, testOf(config, job)}
			s.add(entry{hitJob, job.Name, &indexed[i]}, "")
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

// hits are what a search found of one kind.
type hits struct {
	Kind string
	Hits []hit
	// Total counts those that are left out too.
	Total int
}

// hit is one thing that was found.
type hit struct {
	Name   string `json:"name"`
	Detail string `json:"detail,omitempty"`
	URL    string `json:"url"`
}

// maxQuery limits what is looked for, in bytes and in words.
const (
	maxQuery = 200
	maxWords = 8
)

// search finds what has all words of a query, the best first, at most so many
// of each kind.
func (v *view) search(query string, most int) []hits {
	words := wordsOf(query)
	if len(words) == 0 {
		return nil
	}
	var found [hitKinds]finder
	for _, s := range v.index().shelves() {
		s.find(words, &found, most)
	}
	var all []hits
	for kind, f := range found {
		if f.total > 0 {
			all = append(all, hits{hitKind(kind).String(), f.hits(most), f.total})
		}
	}
	return all
}

// word is one of a query's, in the form of searchable.
type word struct {
	text []byte
	// part is the word where another does not end in it: behind a dash.
	part []byte
}

// wordsOf are the words of a query, each once, the longest first: it is the
// rarest, mostly.
func wordsOf(query string) []word {
	texts := strings.Fields(strings.ToValidUTF8(query[:min(len(query), maxQuery)], ""))
	texts = texts[:min(len(texts), maxWords)]
	for i := range texts {
		texts[i] = searchable(texts[i])
	}
	slices.SortFunc(texts, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	var words []word
	for _, text := range slices.Compact(texts) {
		words = append(words, word{[]byte(text), []byte("-" + text)})
	}
	return words
}

// find looks for the first word in all lines at once, and for the others in the
// lines that have it.
func (s *shelf) find(words []word, found *[hitKinds]finder, most int) {
	i, begin := 0, 0 // the line that start is in, and where it begins
	for start := 0; start < len(s.text); {
		at := bytes.Index(s.text[start:], words[0].text)
		if at < 0 {
			return
		}
		for int(s.ends[i]) <= start+at {
			begin = int(s.ends[i])
			i++
		}
		end := int(s.ends[i])
		line := s.text[begin:end]
		if hasAll(line, words[1:]) {
			e := &s.entries[i]
			found[e.kind].add(e, rank(line[:len(e.name)], words), most)
		}
		start = end
	}
}

func hasAll(line []byte, words []word) bool {
	for _, word := range words {
		if !bytes.Contains(line, word.text) {
			return false
		}
	}
	return true
}

// rank is lower for what is more likely meant: the name itself, one that begins
// with a word, one that has it at the begin of a part, one that has it
// anywhere, one that is only described by it.
func rank(name []byte, words []word) int {
	total := 0
	for _, word := range words {
		at := bytes.Index(name, word.text)
		switch {
		case at < 0:
			total += 4
		case len(name) == len(word.text):
		case at == 0:
			total++
		case name[at-1] == '-' || bytes.Contains(name, word.part):
			total += 2
		default:
			total += 3
		}
	}
	return total
}

// finder keeps the best of what was found of a kind.
type finder struct {
	best  []ranked
	total int
	// last is the last of the best once there are enough: what is no better need
	// not be kept.
	last ranked
}

type ranked struct {
	*entry

	rank int
}

func (a ranked) compare(b ranked) int {
	return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(len(a.name), len(b.name)), cmp.Compare(a.name, b.name))
}

func (f *finder) add(e *entry, rank, most int) {
	f.total++
	r := ranked{e, rank}
	if f.last.entry != nil && r.compare(f.last) >= 0 {
		return
	}
	f.best = append(f.best, r)
	if len(f.best) >= 4*most+64 {
		slices.SortFunc(f.best, ranked.compare)
		f.best = f.best[:most]
		f.last = f.best[most-1]
	}
}

func (f *finder) hits(most int) []hit {
	slices.SortFunc(f.best, ranked.compare)
	var list []hit
	for _, r := range f.best[:min(len(f.best), most)] {
		list = append(list, hit{r.name, r.detail(), r.url()})
	}
	return list
}
