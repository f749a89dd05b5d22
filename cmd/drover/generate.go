package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/generators/boskos"
	"github.com/drover-ci/drover/generators/render"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
)

type generateCommand struct {
	repositoryFlags

	Out        string `placeholder:"DIR" help:"Write the job files to this folder, as from an empty tree, and touch nothing else."`
	Check      bool   `help:"Write nothing; exit 1 if a file would change."`
	NoClusters bool   `help:"Leave out which cluster a job runs on."`
	KeepGoing  bool   `help:"Generate from what stands by itself even if there are problems elsewhere; exit 1 then."`
}

// Help gives the examples.
func (generateCommand) Help() string {
	return `Without --out the jobs, the Boskos configuration and the metadata of the step registry, which says who owns
what, are brought up to date in the repository.
A repository with problems is not generated from, unless --keep-going is given.

Examples:
  drover generate                       update this checkout
  drover generate --check               in CI: is the checkout up to date?
  drover generate --out /tmp/jobs       the job files alone, into an empty folder`
}

// Run generates.
func (c generateCommand) Run(ctx context.Context, out *console) error {
	progress := newProgress(out.stderr, "generating")
	defer progress.end()
	repo, files, err := c.load(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = files.close() }()
	_, problems := rules.AdmitWhole(ctx, nil, repo)
	if err := ctx.Err(); err != nil {
		return err
	}
	target := newWriter(c.Out != "" && !c.Check, c.Check)
	lacking, err := c.generateMetadata(repo, target)
	if err != nil {
		return err
	}
	problems = schema.SortProblems(append(problems, lacking...))
	if schema.HasErrors(problems) {
		progress.end()
		if err := (report{Problems: problems, Files: repo.Documents()}).printText(out); err != nil {
			return err
		}
		if !c.KeepGoing {
			return errProblems
		}
	}
	err = c.generate(ctx, repo, problems, target)
	progress.end()
	if wrong, ok := errors.AsType[*render.JobsError](err); ok {
		err = report{Problems: []schema.Problem{wrong.Problem(repo)}, Files: repo.Documents()}.printText(out)
		return cmp.Or(err, errProblems)
	}
	if err != nil {
		return err
	}
	if err := target.summary(out); err != nil {
		return err
	}
	if schema.HasErrors(problems) || c.Check && len(target.changed) > 0 {
		return errProblems
	}
	return nil
}

// generate makes every file that can be made. In place nothing is written
// unless everything could be made.
func (c generateCommand) generate(ctx context.Context, repo *repolayout.Repo, problems []schema.Problem, target *writer) error {
	maker, found, err := render.NewMaker(repo)
	if err != nil {
		return err
	}
	if len(found) > 0 {
		return fmt.Errorf("%d problems with clusters, first: %s; --no-clusters leaves them out", len(found), found[0])
	}
	if c.NoClusters {
		maker.Dispatcher = nil
	}
	base := filepath.Join(c.Repo, filepath.FromSlash(repo.Layout.Jobs))
	if c.Out != "" {
		maker.Read, base = nil, c.Out
	}
	sound := withoutProblems(render.Components(repo), problems)
	err = maker.All(ctx, sound, func(component render.Component, files []generators.File) error {
		kept := map[string]bool{}
		for _, file := range files {
			kept[file.Path] = true
			if err := target.put(filepath.Join(base, filepath.FromSlash(file.Path)), file.Content); err != nil {
				return err
			}
		}
		if maker.Read == nil {
			return nil
		}
		for _, file := range component.Jobs {
			if below := strings.TrimPrefix(file.Path, maker.Folder+"/"); !kept[below] {
				target.remove(filepath.Join(base, filepath.FromSlash(below)))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if c.Out == "" {
		if err := c.generateBoskos(repo, target); err != nil {
			return err
		}
	}
	return target.finish()
}

func (c generateCommand) generateBoskos(repo *repolayout.Repo, target *writer) error {
	if repo.Quotas.ID == (repolayout.ID{}) || schema.HasErrors(repo.Quotas.Problems) {
		return nil
	}
	path := filepath.Join(c.Repo, filepath.FromSlash(repo.Layout.Boskos))
	now, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	content, err := boskos.New(repo.Quotas.Value).Render(now)
	if err != nil {
		return err
	}
	return target.put(path, content)
}

// withoutProblems leaves out components that have a problem of their own.
func withoutProblems(components []render.Component, problems []schema.Problem) []render.Component {
	broken := map[string]bool{}
	for _, problem := range problems {
		broken[problem.File] = broken[problem.File] || problem.Severity != schema.Warning
	}
	return slices.DeleteFunc(components, func(component render.Component) bool {
		return slices.ContainsFunc(component.Docs, func(doc *rules.ConfigDoc) bool { return broken[doc.Path] })
	})
}
