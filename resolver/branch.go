package resolver

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/drover-ci/drover/schema"
)

// variant is what a request says besides the branch.
type variant struct{ org, repo, name string }

func variantOf(m schema.Metadata) variant { return variant{m.Org, m.Repo, m.Variant} }

// branches are the configurations of a variant, by branch.
type branches struct {
	// named have a plain branch name.
	named map[string][]*Entry
	// patterns have a regular expression for a branch.
	patterns []pattern
}

type pattern struct {
	entry      *Entry
	expression *regexp.Regexp
}

func indexBranches(entries []*Entry) map[variant]*branches {
	index := map[variant]*branches{}
	for _, entry := range entries {
		key := variantOf(entry.Config.Metadata)
		if index[key] == nil {
			index[key] = &branches{named: map[string][]*Entry{}}
		}
		index[key].add(entry)
	}
	return index
}

// plainBranch tells names from regular expressions, as the job generator does.
var plainBranch = regexp.MustCompile(`^[\w\-.]+$`)

func (b *branches) add(entry *Entry) {
	branch := entry.Config.Metadata.Branch
	if !plainBranch.MatchString(branch) {
		if expression, err := regexp.Compile("^(?:" + branch + ")(?:$|-)"); err == nil {
			b.patterns = append(b.patterns, pattern{entry, expression})
			return
		}
	}
	b.named[branch] = append(b.named[branch], entry)
}

// match gives the configurations for a branch: those for the branch itself, and
// those of which it is a feature branch, named after it and a dash.
func (b *branches) match(branch string) []*Entry {
	matches := slices.Clone(b.named[branch])
	for i, char := range branch {
		if char == '-' {
			matches = append(matches, b.named[branch[:i]]...)
		}
	}
	for _, pattern := range b.patterns {
		if pattern.expression.MatchString(branch) {
			matches = append(matches, pattern.entry)
		}
	}
	return matches
}

// Find gives the one configuration for a branch: its own, or that of the branch
// of which it is a feature branch. It is an error if there is none, and if
// there are several.
func (c *Catalog) Find(m schema.Metadata) (*Entry, error) {
	index := c.branches[variantOf(m)]
	if index == nil {
		return nil, fmt.Errorf("could not find any config for %s", describe(m))
	}
	matches := index.match(m.Branch)
	switch len(matches) {
	case 0:
		return nil, fmt.Errorf("could not find any config for branch %s on %s", m.Branch, describe(m))
	case 1:
		return matches[0], nil
	default:
		return nil, fmt.Errorf("found more than one matching config for branch %s on %s: branches %s", m.Branch, describe(m), branchNames(matches))
	}
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
