package rules

import (
	"context"
	"slices"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
)

// ConfigDoc is a configuration as a document of a repository.
type ConfigDoc = repolayout.Doc[schema.Config]

// Checked is a repository with all that is wrong with it. It is immutable.
type Checked struct {
	// Repo is the repository.
	Repo *repolayout.Repo
	// Catalog has the configurations that could be read in full, resolved.
	Catalog *resolver.Catalog
	// Problems are all there are, located and sorted.
	Problems []schema.Problem

	// registry are the findings of building the step registry.
	registry []resolver.Finding
	// sound are the configurations in which no rule about one alone found
	// anything.
	sound map[*ConfigDoc]bool
}

// Check finds every problem of a repository. What depends on nothing that
// changed since last, an earlier result or nil, is taken from it; the result
// is the same as without. Where the context ends early, so does the list.
func Check(ctx context.Context, last *Checked, next *repolayout.Repo) *Checked {
	if last == nil {
		last = &Checked{Catalog: &resolver.Catalog{}}
	}
	c := &Checked{Repo: next}
	registry := c.nextRegistry(last)
	c.Catalog = last.Catalog.Next(registry, readable(next.Configs))
	if last.Repo == nil || factsOf(last.Repo) != factsOf(next) {
		last = &Checked{}
	}
	problems := locate(next, nil, c.registry)
	for _, check := range []func(*Checked) []schema.Problem{
		c.checkConfigs, c.checkEntries,
	} {
		if ctx.Err() == nil {
			problems = append(problems, check(last)...)
		}
	}
	for _, check := range acrossFiles {
		if ctx.Err() == nil {
			problems = append(problems, check(next)...)
		}
	}
	c.Problems = schema.SortProblems(append(position(next, problems), next.Problems()...))
	return c
}

// acrossFiles are the checks that span files. Each goes through the repository
// once.
//
//nolint:gochecknoglobals // a table
var acrossFiles = []func(*repolayout.Repo) []schema.Problem{
	checkQuotas, checkJobNames, checkTargets,
}

// facts are the files by which every configuration is judged.
type facts struct {
	settings, profiles, clusters repolayout.ID
}

func factsOf(repo *repolayout.Repo) facts {
	return facts{settings: repo.Settings.ID, profiles: repo.Profiles.ID, clusters: repo.Clusters.ID}
}

// nextRegistry builds the step registry, or takes the last one where no
// component has changed.
func (c *Checked) nextRegistry(last *Checked) *resolver.Registry {
	var registry *resolver.Registry
	switch {
	case last.Repo == nil:
		registry, c.registry = resolver.NewRegistry(components(c.Repo))
	case sameComponents(last.Repo, c.Repo):
		registry, c.registry = last.Catalog.Registry(), last.registry
	default:
		registry, c.registry = last.Catalog.Registry().Next(components(c.Repo))
	}
	return registry
}

// sameComponents says whether two repositories have the same step registry,
// document for document.
func sameComponents(last, next *repolayout.Repo) bool {
	return slices.Equal(last.Refs, next.Refs) && slices.Equal(last.Chains, next.Chains) &&
		slices.Equal(last.Workflows, next.Workflows) && slices.Equal(last.Observers, next.Observers) &&
		last.Profiles.ID == next.Profiles.ID
}

// readable leaves out what could be read only in part: what it seems to refer
// to says nothing.
func readable(docs []*ConfigDoc) []*schema.Config {
	configs := make([]*schema.Config, 0, len(docs))
	for _, doc := range docs {
		if !schema.HasErrors(doc.Problems) {
			configs = append(configs, doc.Value)
		}
	}
	return configs
}

func components(repo *repolayout.Repo) resolver.Components {
	return resolver.Components{
		Refs:      values(repo.Refs),
		Chains:    values(repo.Chains),
		Workflows: values(repo.Workflows),
		Observers: values(repo.Observers),
		Profiles:  repo.Profiles.Value.ClusterProfiles,
	}
}

func values[T any](docs []*repolayout.Doc[T]) []*T {
	all := make([]*T, 0, len(docs))
	for _, doc := range docs {
		all = append(all, doc.Value)
	}
	return all
}

// checkEntries makes problems of what resolving the configurations found.
func (c *Checked) checkEntries(*Checked) []schema.Problem {
	var problems []schema.Problem
	for _, entry := range c.Catalog.Entries() {
		if len(entry.Findings) > 0 {
			file := configFile(c.Repo, entry)
			problems = append(problems, locate(c.Repo, &file, entry.Findings)...)
		}
	}
	return problems
}

// checkConfigs checks each configuration by itself.
func (c *Checked) checkConfigs(last *Checked) []schema.Problem {
	c.sound = make(map[*ConfigDoc]bool, len(c.Repo.Configs))
	var problems []schema.Problem
	for _, doc := range c.Repo.Configs {
		if schema.HasErrors(doc.Problems) {
			continue
		}
		if !last.sound[doc] {
			found := checkConfig(c.Repo, doc)
			problems = append(problems, found...)
			if len(found) > 0 {
				continue
			}
		}
		c.sound[doc] = true
	}
	return problems
}
