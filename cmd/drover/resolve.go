package main

import (
	"bufio"
	"context"
	"fmt"

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
	repo, doc, err := c.find(ctx, files, metadata)
	if err != nil {
		return err
	}
	if doc == nil {
		return fmt.Errorf("there is no configuration %s%s", metadata, schema.DidYouMean(metadata.String(), names(repo)))
	}
	resolved, problems := rules.Resolve(repo, doc)
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

// find loads what a configuration is resolved from, and gives it, or nil where there
// is none. One that is not in the folder of its component may be anywhere.
func (c resolveCommand) find(ctx context.Context, files *opened, metadata schema.Metadata) (*repolayout.Repo, *rules.ConfigDoc, error) {
	saveMemory()
	repo, err := repolayout.LoadComponent(ctx, files.tree, metadata.Org, metadata.Repo)
	if err != nil {
		return nil, nil, err
	}
	if doc := named(repo, metadata); doc != nil {
		return repo, doc, nil
	}
	repo, err = c.loadFrom(ctx, files, nil)
	if err != nil {
		return nil, nil, err
	}
	return repo, named(repo, metadata), nil
}

// named is the configuration of a name; nil where there is none.
func named(repo *repolayout.Repo, metadata schema.Metadata) *rules.ConfigDoc {
	for doc := range repo.Configs.All() {
		if doc.Value.Metadata == metadata {
			return doc
		}
	}
	return nil
}

func names(repo *repolayout.Repo) []string {
	var all []string
	for doc := range repo.Configs.All() {
		all = append(all, doc.Value.Metadata.String())
	}
	return all
}
