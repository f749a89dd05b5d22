package rules

import (
	"context"
	"slices"
	"strings"

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
	// configs are the values of the repository's documents that could be read in
	// full; nil for others.
	configs []*schema.Config
	// sound says for each of the repository's documents, in their order, what it
	// resolves to, where no rule about one configuration found anything; nil for
	// others.
	sound []*resolver.Shape
	// optional is that of the world they were sound in.
	optional map[resolver.Component]string
	// jobNames are the problems of the names of a component's jobs, by its folder.
	jobNames map[string][]schema.Problem
	// boskos is what the repository's Boskos configuration says, and leaseChanges are
	// where the quotas say otherwise.
	boskos       boskosConfig
	leaseChanges []leaseChange
	// fields are where those of the problems are.
	fields map[fieldOf]position
	// judged counts the configurations that had to be checked.
	judged int
	// complete says that the context lasted until all was checked.
	complete bool
}

// Check finds every problem of a repository. What depends on nothing that
// changed since last, an earlier result or nil, is taken from it; the result
// is the same as without. Where the context ends early, so does the list.
func Check(ctx context.Context, last *Checked, next *repolayout.Repo) *Checked {
	if last == nil {
		last = &Checked{Catalog: &resolver.Catalog{}}
	}
	c := &Checked{Repo: next, boskos: nextBoskos(last.boskos, next)}
	registry := c.nextRegistry(last)
	var since *changes // nil where nothing counts any more that was found before
	if last.complete && factsOf(last.Repo) == factsOf(next) {
		since = changesBetween(last, c)
	}
	c.configs = readable(last.configs, next.Configs, since)
	c.Catalog = last.Catalog.Next(registry, withoutNil(c.configs))
	w := newWorld(next, registry)
	if since != nil && !since.registry {
		w.optional = last.optional
	} else {
		w.optional = optionalSteps(next, registry)
	}
	c.optional = w.optional
	problems := w.locate(nil, c.registry)
	problems = append(problems, c.checkWhole(ctx, w, last, since)...)
	problems = append(problems, c.checkConfigs(ctx, w, last, since)...)
	problems = append(problems, c.checkJobNames(last, since)...)
	problems = append(problems, c.checkLeaseChanges(last, since)...)
	finder := newFieldFinder(next, last.fields)
	c.Problems = schema.SortProblems(append(finder.addTo(problems), next.Problems()...))
	c.fields = finder.found
	c.complete = ctx.Err() == nil
	return c
}

// facts are what every configuration is judged by: the content of files, and the
// names of clusters.
type facts struct {
	settings, claims repolayout.ID
	clusters         string
}

func factsOf(repo *repolayout.Repo) facts {
	return facts{settings: repo.Settings.ID, claims: repo.ClaimOwners.ID, clusters: strings.Join(clusterNames(repo), " ")}
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

// readable are the values of documents, nil for what could be read only in part:
// what it seems to refer to says nothing.
func readable(last []*schema.Config, docs []*ConfigDoc, since *changes) []*schema.Config {
	configs := make([]*schema.Config, len(docs))
	if since != nil {
		configs = repolayout.Carry(since.configs, last, len(docs))
	}
	for i, doc := range docs {
		if configs[i] == nil && !schema.HasErrors(doc.Problems) {
			configs[i] = doc.Value
		}
	}
	return configs
}

func withoutNil[T any](all []*T) []*T {
	if slices.Contains(all, nil) {
		return slices.DeleteFunc(slices.Clone(all), func(each *T) bool { return each == nil })
	}
	return all
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
// tests spelled out. Those that were sound before are so still where no change
// reaches them, and they resolve to the same, but for the text of commands.
func (c *Checked) checkConfigs(ctx context.Context, w *world, last *Checked, since *changes) []schema.Problem {
	docs := c.Repo.Configs
	c.sound = make([]*resolver.Shape, len(docs))
	var reached, reshaped map[*schema.Config]bool
	if since != nil {
		c.sound = repolayout.Carry(since.configs, last.sound, len(docs))
		reached, reshaped = c.reachedBy(since, last), c.Catalog.Reshaped()
	}
	c.recallSound()
	var again []int
	for i := range docs {
		if reached[docs[i].Value] {
			c.sound[i] = nil
		}
		if c.sound[i] == nil || reshaped[docs[i].Value] {
			again = append(again, i)
		}
	}
	c.judged = len(again)
	found := make([][]schema.Problem, len(again))
	workers.Each(ctx, len(again), func(n int) {
		i := again[n]
		entry := c.Catalog.Entry(c.configs[i])
		if c.sound[i] == nil {
			found[n] = c.checkConfig(w, docs[i], entry)
		} else {
			found[n] = c.checkResolved(w, docs[i], entry, namesOf(docs[i].Value))
		}
		c.sound[i] = nil
		if entry != nil && len(found[n]) == 0 {
			c.sound[i] = entry.Shape()
		}
	})
	c.noteSound(ctx)
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
