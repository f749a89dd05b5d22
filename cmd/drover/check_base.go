package main

import (
	"context"
	"fmt"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema/rules"
)

// judgeChange gives the problems that the change since the base causes. The
// base is only looked at where there are any, and only what differs is.
func (c checkCommand) judgeChange(ctx context.Context) (report, error) {
	repo, files, err := c.load(ctx)
	if err != nil {
		return report{}, err
	}
	defer func() { _ = files.close() }()
	head := rules.Check(ctx, nil, repo)
	problems := withMade(head.Problems, repo)
	result := report{Problems: problems, Files: repo.Documents(), Revision: files.revision.Hash}
	if len(problems) == 0 || ctx.Err() != nil {
		return result, ctx.Err()
	}
	before := c.repositoryFlags
	before.Rev = c.Base
	old, err := before.open(ctx)
	if err != nil {
		return report{}, fmt.Errorf("read the base: %w", err)
	}
	defer func() { _ = old.close() }()
	base, err := repolayout.Load(ctx, old.tree, repo)
	if err != nil {
		return report{}, err
	}
	result.Problems = rules.Since(withMade(rules.Check(ctx, head, base).Problems, base), problems)
	return result, ctx.Err()
}
