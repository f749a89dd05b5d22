package rules

import (
	"context"
	"maps"
	"slices"

	"github.com/drover-ci/drover/internal/workers"
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
	// whole are the problems that rules about the whole found, by rule, without
	// their lines.
	whole [][]schema.Problem
	// sound are the configurations in which no rule about one found anything, each
	// with what it resolves to.
	sound map[*ConfigDoc]*resolver.Shape
	// optional is that of the world they were sound in.
	optional map[resolver.Component]string
	// jobNames are what was found of the jobs of each component.
	jobNames map[string]jobNames
	// boskos is what the repository's Boskos configuration says.
	boskos boskosConfig
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
	c.boskos = nextBoskos(last.boskos, next)
	w := newWorld(next, registry)
	c.optional = w.optional
	problems := w.locate(nil, c.registry)
	problems = append(problems, c.checkWhole(ctx, w, last)...)
	problems = append(problems, c.checkConfigs(ctx, w, last)...)
	if ctx.Err() == nil {
		problems = append(problems, c.checkJobNames(last)...)
	}
	c.Problems = schema.SortProblems(append(position(next, problems), next.Problems()...))
	return c
}

// facts are the files by which every configuration is judged.
type facts struct {
	settings, profiles, clusters, claims repolayout.ID
}

func factsOf(repo *repolayout.Repo) facts {
	return facts{settings: repo.Settings.ID, profiles: repo.Profiles.ID, clusters: repo.Clusters.ID, claims: repo.ClaimOwners.ID}
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

// checkConfigs checks each configuration: by itself, and with the steps of its
// tests spelled out. Those that were sound before are so still where they
// resolve to the same, but for the text of commands.
func (c *Checked) checkConfigs(ctx context.Context, w *world, last *Checked) []schema.Problem {
	entries := make(map[*schema.Config]*resolver.Entry, len(c.Repo.Configs))
	for _, entry := range c.Catalog.Entries() {
		entries[entry.Config] = entry
	}
	sameAlone := maps.Equal(last.optional, w.optional)
	found := make([][]schema.Problem, len(c.Repo.Configs))
	sound := make([]*resolver.Shape, len(c.Repo.Configs))
	workers.Each(ctx, len(c.Repo.Configs), func(i int) {
		doc := c.Repo.Configs[i]
		entry, before := entries[doc.Value], last.sound[doc]
		if before == nil || !sameAlone {
			found[i] = c.checkConfig(w, doc, entry)
		} else if entry != nil && before != entry.Shape() {
			found[i] = c.checkResolved(w, doc, entry, namesOf(doc.Value))
		}
		if entry != nil && len(found[i]) == 0 {
			sound[i] = entry.Shape()
		}
	})
	c.sound = make(map[*ConfigDoc]*resolver.Shape, len(c.Repo.Configs))
	for i, doc := range c.Repo.Configs {
		if sound[i] != nil {
			c.sound[doc] = sound[i]
		}
	}
	return slices.Concat(found...)
}

// checkConfig checks one configuration. The entry is nil where the document
// could not be read in full.
func (c *Checked) checkConfig(w *world, doc *ConfigDoc, entry *resolver.Entry) []schema.Problem {
	names := namesOf(doc.Value)
	problems := checkConfig(w, names, doc)
	if entry == nil {
		return problems
	}
	return append(problems, c.checkResolved(w, doc, entry, names)...)
}

// checkResolved checks what a configuration resolves to.
func (c *Checked) checkResolved(w *world, doc *ConfigDoc, entry *resolver.Entry, names *imageNames) []schema.Problem {
	if entry.Shape() == nil {
		return w.locate(doc, c.ofThisConfig(entry.Findings))
	}
	graph := &graphCheck{collector: collector{file: doc.Path}, world: w, registry: c.Catalog.Registry(), names: names}
	return graph.checkTests(entry)
}

// ofThisConfig leaves out what is wrong with the step registry itself: that is
// reported once, not for every test that it is in the way of.
func (c *Checked) ofThisConfig(findings []resolver.Finding) []resolver.Finding {
	if len(c.registry) == 0 {
		return findings
	}
	var own []resolver.Finding
	for _, finding := range findings {
		if !slices.ContainsFunc(c.registry, finding.SaysTheSame) {
			own = append(own, finding)
		}
	}
	return own
}
