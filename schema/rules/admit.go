package rules

import (
	"context"
	"runtime"
	"slices"
	"sync"

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
	// Registry resolves configurations against the repository's step registry.
	Registry *resolver.Registry
	// checked are the configurations that were found right with this registry
	// and these quotas.
	checked map[*ConfigDoc]bool
}

// Admit checks a repository. Where nothing is wrong it gives a Valid and
// perhaps warnings; where anything is, the problems alone. What was checked
// for last, the Valid of an earlier revision or nil, and depends on nothing
// that changed since is not checked again.
func Admit(ctx context.Context, last *Valid, next *repolayout.Repo) (*Valid, []schema.Problem) {
	problems := next.Problems()
	valid := &Valid{Repo: next, checked: make(map[*ConfigDoc]bool, len(next.Configs))}
	sameRegistry := last != nil && sameComponents(last.Repo, next)
	if sameRegistry {
		valid.Registry = last.Registry
	} else {
		registry, findings := resolver.NewRegistry(components(next))
		valid.Registry = registry
		problems = append(problems, locate(next, nil, findings)...)
	}
	problems = append(problems, checkQuotas(next)...)
	if sameRegistry && sameQuotas(last.Repo, next) {
		valid.checked = last.checked
	}
	checked, found := valid.checkConfigs(ctx)
	valid.checked = checked
	problems = append(problems, found...)
	problems = append(problems, checkJobNames(next)...)
	problems = schema.SortProblems(problems)
	if schema.HasErrors(problems) || ctx.Err() != nil {
		return nil, problems
	}
	return valid, problems
}

func sameQuotas(last, next *repolayout.Repo) bool {
	return last.Quotas.ID == next.Quotas.ID && last.Settings.ID == next.Settings.ID
}

// sameComponents says whether two repositories have the same step registry,
// document for document.
func sameComponents(last, next *repolayout.Repo) bool {
	return slices.Equal(last.Refs, next.Refs) && slices.Equal(last.Chains, next.Chains) &&
		slices.Equal(last.Workflows, next.Workflows) && slices.Equal(last.Observers, next.Observers) &&
		last.Profiles.ID == next.Profiles.ID
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

// checkConfigs checks the configurations that are new on all processors. It
// gives those that are right.
func (v *Valid) checkConfigs(ctx context.Context) (map[*ConfigDoc]bool, []schema.Problem) {
	found := make([][]schema.Problem, len(v.Repo.Configs))
	work := make(chan int)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := range work {
				found[i] = v.checkConfig(v.Repo.Configs[i])
			}
		})
	}
	for i, doc := range v.Repo.Configs {
		if !v.checked[doc] && len(doc.Problems) == 0 && ctx.Err() == nil {
			work <- i
		}
	}
	close(work)
	workers.Wait()
	checked := make(map[*ConfigDoc]bool, len(found))
	for i, doc := range v.Repo.Configs {
		checked[doc] = len(found[i]) == 0 && len(doc.Problems) == 0
	}
	return checked, slices.Concat(found...)
}

// checkConfig checks one configuration, by itself and with the registry.
func (v *Valid) checkConfig(doc *ConfigDoc) []schema.Problem {
	c := &configCheck{repo: v.Repo, doc: doc}
	c.everything()
	_, findings := v.Registry.Resolve(doc.Value)
	return append(c.problems, locate(v.Repo, doc, findings)...)
}

// Resolve resolves one configuration of a repository, whatever is wrong with
// others. The problems are those of the configuration and of the step registry.
func Resolve(repo *repolayout.Repo, doc *ConfigDoc) (*resolver.Resolved, []schema.Problem) {
	problems := slices.Clone(doc.Problems)
	registry, findings := resolver.NewRegistry(components(repo))
	problems = append(problems, locate(repo, nil, findings)...)
	resolved, findings := registry.Resolve(doc.Value)
	problems = append(problems, locate(repo, doc, findings)...)
	return resolved, schema.SortProblems(problems)
}
