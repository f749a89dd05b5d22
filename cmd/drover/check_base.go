package main

import (
	"cmp"
	"context"
	"fmt"

	"github.com/drover-ci/drover/reconciler/gitsource"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema/rules"
)

// judgeChange gives the problems that the change since the base causes. The
// base is only looked at where there are any, and only what differs is.
func (c checkCommand) judgeChange(ctx context.Context) (report, error) {
	files, err := c.open(ctx)
	if err != nil {
		return report{}, err
	}
	defer func() { _ = files.close() }()
	memory := c.memory(c.store())
	repo, err := c.loadFrom(ctx, files, memory)
	if err != nil {
		return report{}, err
	}
	source, since, err := c.base(ctx, files.revision)
	if err != nil {
		return report{}, fmt.Errorf("--base: %w", err)
	}
	head := rules.Check(ctx, nil, repo)
	problems := withMade(head.Problems, repo)
	memory.Keep()
	result := report{Problems: problems, Files: repo.Documents(), Revision: files.revision.Hash}
	if len(problems) == 0 || ctx.Err() != nil {
		return result, ctx.Err()
	}
	old, err := c.openRevision(source, since)
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

// base is the revision that the change began at: the newest that both the one
// that was asked for and the one that is checked have in their histories, so
// that what was mended on a branch meanwhile is not laid at the change's door.
// Where a shallow clone does not have it, it is the former itself. A checkout
// as it lies is taken for what HEAD is and some more.
func (c checkCommand) base(ctx context.Context, checked gitsource.Revision) (*gitsource.Source, gitsource.Revision, error) {
	flags := c.repositoryFlags
	flags.Rev = c.Base
	source, err := flags.source(ctx)
	if err != nil {
		return nil, gitsource.Revision{}, err
	}
	asked, err := source.Resolve(c.Base)
	if err != nil {
		return nil, gitsource.Revision{}, err
	}
	head, err := source.Resolve(cmp.Or(checked.Hash, "HEAD"))
	if err != nil {
		return nil, gitsource.Revision{}, err
	}
	common, found, err := source.MergeBase(asked, head)
	if err != nil {
		return nil, gitsource.Revision{}, err
	}
	if found {
		return source, common, nil
	}
	return source, asked, nil
}
