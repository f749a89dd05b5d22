package resolver

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/drover-ci/drover/schema"
)

// Find gives the one configuration for a branch: its own, or that of the branch
// of which it is a feature branch, named after it and a dash. It is an error if
// there is none, and if there are several.
func (c *Catalog) Find(m schema.Metadata) (*Entry, error) {
	variants := 0
	var matches []*Entry
	for _, entry := range c.repository(m.Org, m.Repo) {
		if entry.Config.Metadata.Variant != m.Variant {
			continue
		}
		variants++
		if entry.isFor(m.Branch) {
			matches = append(matches, entry)
		}
	}
	switch {
	case len(matches) == 1:
		return matches[0], nil
	case len(matches) > 1:
		return nil, fmt.Errorf("found more than one matching config for branch %s on %s: branches %s",
			m.Branch, describe(m), branchNames(matches))
	case variants > 0:
		return nil, fmt.Errorf("could not find any config for branch %s on %s", m.Branch, describe(m))
	default:
		return nil, fmt.Errorf("could not find any config for %s", describe(m))
	}
}

// repository gives a repository's entries: they are side by side.
func (c *Catalog) repository(org, repo string) []*Entry {
	var all []*Entry
	for entry := range c.entries.From(placeOf(schema.Metadata{Org: org, Repo: repo})) {
		if entry.Config.Metadata.Org != org || entry.Config.Metadata.Repo != repo {
			break
		}
		all = append(all, entry)
	}
	return all
}

// Overlap is a branch for which there are two configurations.
type Overlap struct {
	// Entry is the branch's own, or that of the branch nearer to it.
	Entry *Entry
	// Other is used for it too.
	Other *Entry
	// Branch is the branch, or the expression for it.
	Branch string
}

// Overlaps finds the branches that a configuration is named after for which
// there is another one too, in the order of the entries.
func (c *Catalog) Overlaps() []Overlap {
	var overlaps []Overlap
	var last schema.Metadata
	for entry := range c.entries.All() {
		if m := entry.Config.Metadata; m.Org != last.Org || m.Repo != last.Repo {
			last = m
			overlaps = append(overlaps, overlapsIn(c.repository(m.Org, m.Repo))...)
		}
	}
	return overlaps
}

// overlapsIn looks at each branch, and at each name that it is a feature branch
// of: it takes no longer the more branches there are.
func overlapsIn(entries []*Entry) []Overlap {
	type key struct{ branch, variant string }
	byBranch := make(map[key]*Entry, len(entries))
	var expressions []*Entry
	for _, entry := range entries {
		byBranch[key{entry.Config.Metadata.Branch, entry.Config.Metadata.Variant}] = entry
		if entry.branches != nil {
			expressions = append(expressions, entry)
		}
	}
	var overlaps []Overlap
	for _, entry := range entries {
		branch, variant := entry.Config.Metadata.Branch, entry.Config.Metadata.Variant
		for i := range len(branch) {
			if branch[i] != '-' || entry.branches != nil {
				continue
			}
			if other := byBranch[key{branch[:i], variant}]; other != nil && other.branches == nil {
				overlaps = append(overlaps, Overlap{entry, other, branch})
			}
		}
		for _, other := range expressions {
			if other != entry && other.Config.Metadata.Variant == variant && entry.branches == nil && other.isFor(branch) {
				overlaps = append(overlaps, Overlap{entry, other, branch})
			}
		}
	}
	return overlaps
}

// isFor says whether the entry's branch is a branch, or the one of which it is a
// feature branch.
func (e *Entry) isFor(branch string) bool {
	if e.branches != nil {
		return e.branches.MatchString(branch)
	}
	rest, ok := strings.CutPrefix(branch, e.Config.Metadata.Branch)
	return ok && (rest == "" || rest[0] == '-')
}

// branchExpression is the expression that a configuration has in the place of a
// branch's name, or nil: for a name, and for what is no expression after all.
func branchExpression(branch string) *regexp.Regexp {
	isPlain := func(r rune) bool {
		return r == '-' || r == '_' || r == '.' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	}
	if !strings.ContainsFunc(branch, func(r rune) bool { return !isPlain(r) }) {
		return nil
	}
	expression, err := regexp.Compile("^(?:" + branch + ")(?:$|-)")
	if err != nil {
		return nil
	}
	return expression
}

func describe(m schema.Metadata) string {
	repo := "repo " + m.Component()
	if m.Variant != "" {
		repo += " in variant " + m.Variant
	}
	return repo
}

func branchNames(entries []*Entry) string {
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Config.Metadata.Branch)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
