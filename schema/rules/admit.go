package rules

import (
	"context"
	"slices"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
)

// Valid is a repository without problems. It is immutable.
type Valid struct {
	// Repo is the repository.
	Repo *repolayout.Repo
	// Catalog has its configurations, resolved.
	Catalog *resolver.Catalog

	checked *Checked
}

// Admit checks a repository. Where nothing is wrong it gives a Valid and
// perhaps warnings; where anything is, the problems alone. What depends on
// nothing that changed since last, the Valid of an earlier revision or nil, is
// taken from it.
func Admit(ctx context.Context, last *Valid, next *repolayout.Repo) (*Valid, []schema.Problem) {
	var before *Checked
	if last != nil {
		before = last.checked
	}
	checked := Check(ctx, before, next)
	if schema.HasErrors(checked.Problems) || ctx.Err() != nil {
		return nil, checked.Problems
	}
	return &Valid{Repo: next, Catalog: checked.Catalog, checked: checked}, checked.Problems
}

// Resolve resolves one configuration of a repository, whatever is wrong with
// others. The problems are those of the configuration and of the step registry.
func Resolve(repo *repolayout.Repo, doc *ConfigDoc) (*resolver.Resolved, []schema.Problem) {
	registry, findings := resolver.NewRegistry(components(repo))
	problems := locate(repo, nil, findings)
	resolved, findings := registry.Resolve(doc.Value)
	problems = append(problems, locate(repo, &doc.Path, findings)...)
	return resolved, schema.SortProblems(append(position(repo, problems), slices.Clone(doc.Problems)...))
}
