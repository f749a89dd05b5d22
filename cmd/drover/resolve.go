package main

import (
	"bufio"
	"context"
	"fmt"
	"slices"

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
	repo, files, err := c.load(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = files.close() }()
	i := slices.IndexFunc(repo.Configs, func(doc *rules.ConfigDoc) bool { return doc.Value.Metadata == metadata })
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

func names(docs []*rules.ConfigDoc) []string {
	all := make([]string, 0, len(docs))
	for _, doc := range docs {
		all = append(all, doc.Value.Metadata.String())
	}
	return all
}
