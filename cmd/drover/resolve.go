package main

import (
	"bufio"
	"context"
	"fmt"
	"slices"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
)

type resolveCommand struct {
	repositoryFlags

	Config string `arg:"" name:"ORG/REPO@BRANCH[__VARIANT]" help:"Which configuration."`
}

// Help gives the examples.
func (resolveCommand) Help() string {
	return `Prints what a running job gets: the configuration with the steps of every test spelled out.

Examples:
  drover resolve acme/widget-server@main
  drover resolve --repo ../release acme/widget-server@main__nightly | jq '.tests[].as'`
}

// Run prints the resolved configuration.
func (c resolveCommand) Run(ctx context.Context, out *console) error {
	metadata, err := schema.ParseMetadata(c.Config)
	if err != nil {
		return err
	}
	files, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = files.close() }()
	repo, i, err := c.find(ctx, files, metadata)
	if err != nil {
		return err
	}
	if i < 0 {
		return fmt.Errorf("there is no configuration %s%s", metadata, schema.DidYouMean(metadata.String(), names(repo.Configs)))
	}
	resolved, problems := rules.Resolve(repo, repo.Configs[i])
	if schema.HasErrors(problems) {
		for _, problem := range problems {
			fmt.Fprintln(out.stderr, problem)
		}
		return errProblems
	}
	body, err := resolved.Body()
	if err != nil {
		return err
	}
	buffered := bufio.NewWriter(out.stdout)
	if err := body.Write(buffered); err != nil {
		return err
	}
	return buffered.Flush()
}

// find loads what a configuration is resolved from, and says which it is. One that is
// not in the folder of its component may be anywhere.
func (c resolveCommand) find(ctx context.Context, files *opened, metadata schema.Metadata) (*repolayout.Repo, int, error) {
	isIt := func(doc *rules.ConfigDoc) bool { return doc.Value.Metadata == metadata }
	saveMemory(room)
	repo, err := repolayout.LoadComponent(ctx, files.tree, metadata.Org, metadata.Repo)
	if err != nil {
		return nil, 0, err
	}
	if i := slices.IndexFunc(repo.Configs, isIt); i >= 0 {
		return repo, i, nil
	}
	repo, err = c.loadFrom(ctx, files, nil)
	if err != nil {
		return nil, 0, err
	}
	return repo, slices.IndexFunc(repo.Configs, isIt), nil
}

func names(docs []*rules.ConfigDoc) []string {
	all := make([]string, 0, len(docs))
	for _, doc := range docs {
		all = append(all, doc.Value.Metadata.String())
	}
	return all
}
