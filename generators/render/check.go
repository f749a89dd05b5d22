package render

import (
	"slices"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/generators/configmaps"
	"github.com/drover-ci/drover/generators/manifests"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
)

// Check gives the problems of what would be made of a repository as far as they
// show without making jobs and without reading what is only published: those of
// clusters, of the names of job files, of what is published where, and of manifests. It asks nothing of a
// file that could not be read itself, which is reported already.
func Check(repo *repolayout.Repo) []schema.Problem {
	var problems []schema.Problem
	if !schema.HasErrors(repo.Dispatch.Problems) && !schema.HasErrors(repo.Clusters.Problems) {
		_, problems = newDispatcher(repo)
	}
	if schema.HasErrors(repo.Settings.Problems) {
		return problems
	}
	problems = append(problems, checkFileNames(repo)...)
	parts := recallParts(repo)
	for _, target := range targets(repo) {
		publication := publicationFor(repo, target, nil)
		published, found := publication.Check(publishRules(repo))
		problems = append(problems, found...)
		declared, found := manifests.Build(manifestFiles(repo), folders(repo, target), parts)
		problems = append(problems, found...)
		problems = append(problems, generators.Clashes(slices.Concat(published, declared))...)
	}
	noteParts(repo, parts)
	return located(repo, problems)
}

// targets are the home of the jobs, and those that the settings name besides.
func targets(repo *repolayout.Repo) []string {
	all := []string{home(repo)}
	for _, target := range repo.Settings.Value.Targets {
		if !rules.IsHome(target) {
			all = append(all, target.Name)
		}
	}
	return all
}

// located gives problems of fields their lines, in order.
func located(repo *repolayout.Repo, problems []schema.Problem) []schema.Problem {
	for i, p := range problems {
		if p.Line == 0 && p.Path != "" {
			problems[i] = repo.Problem(p.File, p.Path, p.Rule, p.Message)
		}
	}
	return schema.SortProblems(problems)
}

// publicationFor is what may be published on a target, with the generated Boskos
// configuration in the place of the file in the repository.
func publicationFor(repo *repolayout.Repo, target string, boskos []byte) configmaps.Publication {
	return configmaps.Publication{
		Settings: repo.Settings.Path, Paths: publishable(repo), Groups: repo.Settings.Value.Groups, Target: target, Home: home(repo),
		Read: func(file string) ([]byte, error) {
			if file == repo.Layout.Boskos {
				return boskos, nil
			}
			return repo.Read(file)
		},
	}
}
