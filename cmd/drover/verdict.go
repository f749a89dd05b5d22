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

// verdict is what a run keeps for the next one: what a check found, or that there
// was nothing for a generation to write.
type verdict struct {
	Report report
	// Compared is how many files were up to date.
	Compared int
	// Trace is what was read of a folder. A commit needs none: it never changes.
	Trace *repolayout.Trace
}

// verdicts keeps verdicts from run to run.
type verdicts struct {
	store *memo.Store
	key   memo.Key
}

// newVerdicts finds where the verdict on a repository is kept that a command came
// to. The key has the commit, or for a folder its place.
func newVerdicts(store *memo.Store, command, repository string, files *opened) verdicts {
	place, err := filepath.Abs(repository)
	if program := memo.Program(); err == nil && program != "" {
		return verdicts{store: store, key: memo.NewKey(command, program, place, files.revision.Hash)}
	}
	return verdicts{}
}

// last gives the verdict of an earlier run, if nothing has changed since that
// counted then.
func (v verdicts) last(ctx context.Context, files *opened) (kept verdict, holds bool) {
	value, ok := v.store.Get(v.key)
	if !ok {
		return verdict{}, false
	}
	if err := gob.NewDecoder(bytes.NewReader(value)).Decode(&kept); err != nil {
		return verdict{}, false
	}
	if kept.Trace == nil {
		return kept, files.revision.Hash != ""
	}
	holds, renewed := kept.Trace.Holds(ctx, files.tree)
	if holds && renewed {
		v.keep(kept)
	}
	return kept, holds
}

// traced traces what is read of the files from now on, if that can be; what it
// gives is what was read.
func (o *opened) traced() (trace func() *repolayout.Trace) {
	tracer, ok := repolayout.NewTracer(o.tree)
	if !ok {
		return func() *repolayout.Trace { return nil }
	}
	o.tree = tracer
	return tracer.Trace
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
	store := c.store()
	kept := newVerdicts(store, "check", c.Repo, files)
	if found, ok := kept.last(ctx, files); ok {
		return found.Report, nil
	}
	trace := files.traced()
	memory := c.memory(store)
	repo, err := c.loadFrom(ctx, files, memory)
	if err != nil {
		return report{}, err
	}
	_, problems := rules.AdmitWhole(ctx, nil, repo)
	if err := ctx.Err(); err != nil {
		return report{}, err
	}
	problems = withMade(problems, repo)
	memory.Keep()
	found := verdict{Report: report{Problems: problems, Files: repo.Documents(), Revision: files.revision.Hash}, Trace: trace()}
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
