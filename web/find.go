package web

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/drover-ci/drover/resolver"
)

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
	for kind := range found {
		f := &found[kind]
		if f.total == 0 {
			continue
		}
		group := hits{Kind: hitKind(kind).String(), Total: f.total}
		for _, each := range f.sorted(most) {
			group.Hits = append(group.Hits, v.hit(each.shelf, each.at))
		}
		all = append(all, group)
	}
	return all
}

// hit is what is shown of an entry.
func (v *view) hit(s *shelf, at int) hit {
	e, name := &s.entries[at], string(s.name(at))
	switch e.kind {
	case hitConfig:
		config := s.docs[e.config].Value
		return hit{name, plural(len(config.Tests), "test"), configURL(config.Metadata)}
	case hitJob:
		config, kind := s.docs[e.config].Value, string(jobKinds[e.job])
		if e.test < 0 {
			return hit{name, kind, configURL(config.Metadata) + "#images"}
		}
		test := config.Tests[e.test].As
		return hit{name, kind + ", test " + test, testURL(config.Metadata, test)}
	case hitField:
		return hit{name, fieldLine(name), fieldURL(name)}
	default:
		component := resolver.Component{Kind: e.kind.component(), Name: name}
		return hit{name, firstLine(v.describe(component)), componentURL(component)}
	}
}

// component is the kind of component that hits of a kind are.
func (k hitKind) component() resolver.Kind {
	return [hitKinds]resolver.Kind{
		hitWorkflow: resolver.KindWorkflow, hitChain: resolver.KindChain, hitStep: resolver.KindStep,
		hitObserver: resolver.KindObserver, hitProfile: resolver.KindProfile, hitQuota: resolver.KindLease,
	}[k]
}

// describe is the documentation of a component, or what there is like it.
func (v *view) describe(c resolver.Component) string {
	registry := v.Catalog.Registry()
	switch c.Kind {
	case resolver.KindWorkflow:
		return registry.Workflow(c.Name).Documentation
	case resolver.KindChain:
		return registry.Chain(c.Name).Documentation
	case resolver.KindStep:
		return registry.Ref(c.Name).Documentation
	case resolver.KindObserver:
		return registry.Observer(c.Name).Documentation
	case resolver.KindProfile:
		return registry.Profile(c.Name).ClusterType
	default:
		return ""
	}
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
		for int(s.entries[i].line) <= start+at {
			begin = int(s.entries[i].line)
			i++
		}
		end := int(s.entries[i].line)
		line := s.text[begin:end]
		if hasAll(line, words[1:]) {
			name := s.name(i)
			found[s.entries[i].kind].add(ranked{s, i, name, rank(line[:len(name)], words)}, most)
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
	last   ranked
	enough bool
}

// ranked is an entry that was found.
type ranked struct {
	shelf *shelf
	at    int
	name  []byte
	rank  int
}

func (a ranked) compare(b ranked) int {
	return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(len(a.name), len(b.name)), bytes.Compare(a.name, b.name))
}

func (f *finder) add(r ranked, most int) {
	f.total++
	if f.enough && r.compare(f.last) >= 0 {
		return
	}
	f.best = append(f.best, r)
	if len(f.best) >= 4*most+64 {
		f.best = f.sorted(most)
		f.last, f.enough = f.best[most-1], true
	}
}

// sorted are so many of the best, in order.
func (f *finder) sorted(most int) []ranked {
	slices.SortFunc(f.best, ranked.compare)
	return f.best[:min(len(f.best), most)]
}
