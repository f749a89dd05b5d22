package rules

import (
	"context"
	"path"
	"slices"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
)

// ConfigDoc is a configuration as a document of a repository.
type ConfigDoc = repolayout.Doc[schema.Config]

// Valid is a repository without problems. It is immutable.
type Valid struct {
	// Repo is the repository.
	Repo *repolayout.Repo
	// Catalog has its configurations, resolved.
	Catalog *resolver.Catalog
	// sound are the configurations in which no rule about one alone found
	// anything.
	sound map[*ConfigDoc]bool
}

// Admit checks a repository. Where nothing is wrong it gives a Valid and
// perhaps warnings; where anything is, the problems alone. What depends on
// nothing that changed since last, the Valid of an earlier revision or nil, is
// taken from it.
func Admit(ctx context.Context, last *Valid, next *repolayout.Repo) (*Valid, []schema.Problem) {
	if last == nil {
		last = &Valid{Catalog: &resolver.Catalog{}}
	}
	registry, findings := nextRegistry(last, next)
	valid := &Valid{Repo: next, Catalog: last.Catalog.Next(registry, readable(next.Configs))}
	problems := next.Problems()
	problems = append(problems, locate(next, nil, findings)...)
	problems = append(problems, checkEntries(next, valid.Catalog)...)
	problems = append(problems, valid.checkConfigs(last)...)
	problems = append(problems, checkQuotas(next)...)
	problems = append(problems, checkJobNames(next)...)
	problems = schema.SortProblems(problems)
	if schema.HasErrors(problems) || ctx.Err() != nil {
		return nil, problems
	}
	return valid, problems
}

// nextRegistry builds the step registry, or takes the last one where no
// component has changed.
func nextRegistry(last *Valid, next *repolayout.Repo) (*resolver.Registry, []resolver.Finding) {
	switch {
	case last.Repo == nil:
		return resolver.NewRegistry(components(next))
	case sameComponents(last.Repo, next):
		return last.Catalog.Registry(), nil
	default:
		return last.Catalog.Registry().Next(components(next))
	}
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
		if len(doc.Problems) == 0 {
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
func checkEntries(repo *repolayout.Repo, catalog *resolver.Catalog) []schema.Problem {
	var problems []schema.Problem
	for _, entry := range catalog.Entries() {
		if len(entry.Findings) > 0 {
			file := path.Join(repo.Layout.Config, entry.Config.Metadata.Path())
			problems = append(problems, locate(repo, &file, entry.Findings)...)
		}
	}
	return problems
}

// checkConfigs checks each configuration by itself.
func (v *Valid) checkConfigs(last *Valid) []schema.Problem {
	v.sound = make(map[*ConfigDoc]bool, len(v.Repo.Configs))
	var problems []schema.Problem
	for _, doc := range v.Repo.Configs {
		if !last.sound[doc] && len(doc.Problems) == 0 {
			found := checkConfig(v.Repo, doc)
			v.sound[doc] = len(found) == 0
			problems = append(problems, found...)
			continue
		}
		v.sound[doc] = last.sound[doc]
	}
	return problems
}

// Resolve resolves one configuration of a repository, whatever is wrong with
// others. The problems are those of the configuration and of the step registry.
func Resolve(repo *repolayout.Repo, doc *ConfigDoc) (*resolver.Resolved, []schema.Problem) {
	problems := slices.Clone(doc.Problems)
	registry, findings := resolver.NewRegistry(components(repo))
	problems = append(problems, locate(repo, nil, findings)...)
	resolved, findings := registry.Resolve(doc.Value)
	problems = append(problems, locate(repo, &doc.Path, findings)...)
	return resolved, schema.SortProblems(problems)
}
