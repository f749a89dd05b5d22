package rules

import (
	"context"
	"slices"
	"sync"

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

	// Held are the units that are not as the revision has them, in order.
	Held []Held

	checked *Checked
	// base is the revision, with nothing held.
	base *repolayout.Repo
	// files are those of the step registry's components, listed when first asked for.
	files func() map[resolver.Component][]string
}

// AdmitWhole checks a repository and holds nothing back. Where nothing is wrong
// it gives a Valid and perhaps warnings; where anything is, the problems alone.
// What depends on nothing that changed since last, the Valid of an earlier
// revision or nil, is taken from it.
func AdmitWhole(ctx context.Context, last *Valid, next *repolayout.Repo) (*Valid, []schema.Problem) {
	var before *Checked
	if last != nil {
		before = last.checked
	}
	checked := Check(ctx, before, next)
	if schema.HasErrors(checked.Problems) || ctx.Err() != nil {
		return nil, checked.Problems
	}
	return newValid(checked), checked.Problems
}

func newValid(checked *Checked) *Valid {
	return &Valid{
		Repo: checked.Repo, Catalog: checked.Catalog, checked: checked, base: checked.Repo,
		files: sync.OnceValue(func() map[resolver.Component][]string { return componentFiles(checked.Repo) }),
	}
}

// Resolve resolves one configuration of a repository, whatever is wrong with
// others. The problems are those of the configuration and of the step registry.
func Resolve(repo *repolayout.Repo, doc *ConfigDoc) (*resolver.Resolved, []schema.Problem) {
	registry, findings := resolver.NewRegistry(components(repo))
	w := newWorld(repo, registry, newTerms(repo.Settings.Value))
	problems := w.locate(nil, findings)
	resolved, findings := registry.Resolve(doc.Value)
	problems = append(problems, w.locate(doc, findings)...)
	return resolved, schema.SortProblems(append(newFieldFinder(repo, nil).addTo(problems), slices.Clone(doc.Problems)...))
}
