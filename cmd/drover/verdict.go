package main

import (
	"bytes"
	"context"
	"encoding/gob"
	"path/filepath"
	"slices"

	"github.com/drover-ci/drover/generators/render"
	"github.com/drover-ci/drover/internal/memo"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
)

// verdict is what is kept of a check for the next run.
type verdict struct {
	Report report
	// Trace is what was read of a folder. A commit needs none: it never changes.
	Trace *repolayout.Trace
}

// verdicts keeps verdicts from run to run.
type verdicts struct {
	store *memo.Store
	key   memo.Key
}

// newVerdicts finds where the verdict on a repository is kept. The key has the
// commit, or for a folder its place.
func newVerdicts(store *memo.Store, repository string, files *opened) verdicts {
	place, err := filepath.Abs(repository)
	if program := memo.Program(); err == nil && program != "" {
		return verdicts{store: store, key: memo.NewKey("check", program, place, files.revision.Hash)}
	}
	return verdicts{}
}

// last gives the verdict of an earlier run, if nothing has changed since that
// counted then.
func (v verdicts) last(ctx context.Context, files *opened) (report, bool) {
	value, ok := v.store.Get(v.key)
	if !ok {
		return report{}, false
	}
	var kept verdict
	if err := gob.NewDecoder(bytes.NewReader(value)).Decode(&kept); err != nil {
		return report{}, false
	}
	if kept.Trace == nil {
		return kept.Report, files.revision.Hash != ""
	}
	holds, renewed := kept.Trace.Holds(ctx, files.tree)
	if holds && renewed {
		v.keep(kept)
	}
	return kept.Report, holds
}

// keep keeps a verdict. One that cannot be kept is found again.
func (v verdicts) keep(found verdict) {
	if v.store == nil {
		return
	}
	var value bytes.Buffer
	if gob.NewEncoder(&value).Encode(found) == nil {
		v.store.Put(v.key, value.Bytes())
	}
}

// judge gives the verdict on a repository, an earlier run's where it still
// holds.
func (c checkCommand) judge(ctx context.Context) (report, error) {
	files, err := c.open(ctx)
	if err != nil {
		return report{}, err
	}
	defer func() { _ = files.close() }()
	var store *memo.Store
	if !c.NoCache {
		store = memo.UserStore()
	}
	kept := newVerdicts(store, c.Repo, files)
	if found, ok := kept.last(ctx, files); ok {
		return found, nil
	}
	tracer, traced := repolayout.NewTracer(files.tree)
	if traced {
		files.tree = tracer
	}
	repo, err := c.loadFrom(ctx, files)
	if err != nil {
		return report{}, err
	}
	_, problems := rules.AdmitWhole(ctx, nil, repo)
	if err := ctx.Err(); err != nil {
		return report{}, err
	}
	problems = withMade(problems, repo)
	found := verdict{Report: report{Problems: problems, Files: repo.Documents(), Revision: files.revision.Hash}}
	if traced {
		found.Trace = tracer.Trace()
	}
	kept.keep(found)
	return found.Report, nil
}

// withMade adds what only shows in what is made of a repository.
func withMade(problems []schema.Problem, repo *repolayout.Repo) []schema.Problem {
	made := render.Check(repo)
	if len(made) == 0 {
		return problems
	}
	return schema.SortProblems(slices.Concat(problems, made))
}
