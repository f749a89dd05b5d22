package main

import (
	"github.com/drover-ci/drover/generators/metadata"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
)

// generateMetadata collects the files that say who owns the components of the
// step registry, where the repository itself is brought up to date. Components
// that nobody owns are problems.
func (c generateCommand) generateMetadata(repo *repolayout.Repo, target *writer) ([]schema.Problem, error) {
	if c.Out != "" {
		return nil, nil
	}
	files, problems, err := metadata.Files(repo)
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		if err := target.put(file.Path, file.Content); err != nil {
			return nil, err
		}
	}
	return problems, nil
}
