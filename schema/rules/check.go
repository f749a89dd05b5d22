package rules

import (
	"context"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/drover-ci/drover/internal/longlist"
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
	// unsound are the repository's documents that could not be read in full, or in
	// which a rule about one configuration found something. They are few.
	unsound map[*ConfigDoc]bool
	// terms and optional are those of the world they were checked in.
	terms    *terms
	optional map[resolver.Component]string
	// handJobs are the jobs that people wrote, and jobNames the problems of the names of
	// a component's jobs.
	handJobs map[jobGroup][]foundJob
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
	c := &Checked{Repo: next, boskos: nextBoskos(last.boskos, next), handJobs: nextHandJobs(last, next)}
	registry := c.nextRegistry(last)
	var since *changes // nil where nothing counts any more that was found before
	configs := configsBetween(last.Repo, next)
	if last.complete && factsOf(last.Repo) == factsOf(next) {
		since = changesBetween(last, c, configs)
	}
	workers.GiveWay()
	c.Catalog = nextCatalog(last.Catalog, registry, configs)
	if c.terms = last.terms; since == nil {
		c.terms = newTerms(next.Settings.Value)
	}
	w := newWorld(next, registry, c.terms)
	if since != nil && !since.beyondText {
		w.optional = last.optional
	} else {
		w.optional = optionalSteps(next, registry)
	}
	c.optional = w.optional
	workers.GiveWay()
	problems := w.locate(nil, c.registry)
	problems = append(problems, c.checkWhole(ctx, w, last, since)...)
	problems = append(problems, c.checkConfigs(ctx, w, last, since)...)
	workers.GiveWay()
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

// nextCatalog is the last catalog with what differs. What could be read only in part
// is in none: what it seems to refer to says nothing.
func nextCatalog(last *resolver.Catalog, registry *resolver.Registry, configs []longlist.Difference[*ConfigDoc]) *resolver.Catalog {
	var gone, come []*schema.Config
	for _, each := range configs {
		if config := readable(each.Before); config != nil {
			gone = append(gone, config)
		}
		if config := readable(each.After); config != nil {
			come = append(come, config)
		}
	}
	return last.Next(registry, gone, come)
}

// readable is the value of a document that is there and could be read in full; nil
// for others.
func readable(doc *ConfigDoc) *schema.Config {
	if doc == nil || schema.HasErrors(doc.Problems) {
		return nil
	}
	return doc.Value
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
	docs, reshaped := c.toCheck(last, since)
	c.judged = len(docs)
	found, unsound := make([][]schema.Problem, len(docs)), make([]bool, len(docs))
	workers.Each(ctx, len(docs), func(i int) {
		doc := docs[i]
		entry := c.Catalog.Entry(readable(doc))
		if reshaped[doc] {
			found[i] = c.checkResolved(w, doc, entry, namesOf(doc.Value))
		} else {
			found[i] = c.checkConfig(w, doc, entry)
		}
		unsound[i] = len(found[i]) > 0 || entry == nil || entry.Shape() == nil
	})
	c.unsound = map[*ConfigDoc]bool{}
	for i, doc := range docs {
		if unsound[i] {
			c.unsound[doc] = true
		}
	}
	c.noteSound(ctx)
	return slices.Concat(found...)
}

// toCheck are the documents to be checked, in the order of paths, and those of them
// of which only what they resolve to is another.
func (c *Checked) toCheck(last *Checked, since *changes) (docs []*ConfigDoc, reshaped map[*ConfigDoc]bool) {
	if since == nil {
		sound := soundBefore(c.Repo)
		for doc := range c.Repo.Configs.All() {
			if !c.isKnownSound(doc, sound) {
				docs = append(docs, doc)
			}
		}
		return docs, nil
	}
	again := map[*ConfigDoc]bool{}
	for doc := range last.unsound {
		again[doc] = true
	}
	for _, each := range since.configs {
		delete(again, each.Before)
		if each.After != nil {
			again[each.After] = true
		}
	}
	for config := range c.reachedBy(since, last) {
		again[c.docOf(config)] = true
	}
	reshaped = map[*ConfigDoc]bool{}
	for config := range c.Catalog.Reshaped() {
		if doc := c.docOf(config); !again[doc] {
			again[doc], reshaped[doc] = true, true
		}
	}
	byPath := func(a, b *ConfigDoc) int { return strings.Compare(a.Path, b.Path) }
	return slices.SortedFunc(maps.Keys(again), byPath), reshaped
}

// docOf is the document of a configuration of the catalog.
func (c *Checked) docOf(config *schema.Config) *ConfigDoc {
	file := path.Join(c.Repo.Layout.Config, config.Metadata.Path())
	doc, _ := c.Repo.Configs.Find(func(doc *ConfigDoc) int { return strings.Compare(doc.Path, file) })
	return doc
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
