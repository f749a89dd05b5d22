package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"

	"github.com/drover-ci/drover/generators/boskos"
	"github.com/drover-ci/drover/generators/render"
	"github.com/drover-ci/drover/internal/memo"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
)

type generateCommand struct {
	repositoryFlags
	cacheFlags

	Out        string `placeholder:"DIR" help:"Write the job files to this folder, as from an empty tree, and touch nothing else."`
	Check      bool   `help:"Write nothing; exit 1 if a file would change."`
	NoClusters bool   `help:"Leave out which cluster a job runs on."`
	KeepGoing  bool   `help:"Generate from what stands by itself even if there are problems elsewhere; exit 1 then."`
}

// Help gives the examples.
func (generateCommand) Help() string {
	return `Without --out the jobs, the Boskos configuration and the metadata of the step registry, which says who owns
what, are brought up to date in the repository.
A repository with problems is not generated from, unless --keep-going is given: then every component is that has none.
A job file in which something would change but that cannot be read is a problem, and stays as it is.

Examples:
  drover generate                       update this checkout
  drover generate --check               in CI: is the checkout up to date?
  drover generate --out /tmp/jobs       the job files alone, into an empty folder`
}

// Run generates.
func (c generateCommand) Run(ctx context.Context, out *console) error {
	progress := newProgress(out.stderr, "generating")
	defer progress.end()
	files, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = files.close() }()
	if files.revision.Hash != "" && c.Out == "" && !c.Check {
		return errors.New("a revision cannot be brought up to date where it is: give a folder with --out, or only --check it")
	}
	kept := newVerdicts(c.store(), c.kind(), c.Repo, files)
	if found, ok := kept.last(ctx, files); ok {
		progress.end()
		target := c.target(files.tree.ReadFile)
		target.known(found.Compared)
		return c.finish(found.Report, target, out)
	}
	trace := files.traced()
	found, target, err := c.make(ctx, files)
	progress.end()
	if err != nil {
		return err
	}
	if err := c.finish(found, target, out); err != nil {
		return err
	}
	if c.Out == "" && len(target.changed) == 0 {
		kept.keep(verdict{Report: found, Compared: target.total, Trace: trace()})
	}
	return nil
}

// kind is what commands are called that come to the same.
func (c generateCommand) kind() string { return fmt.Sprintf("generate, clusters %t", !c.NoClusters) }

// store is where what is found is kept; nil for nowhere. Into another folder
// everything is made.
func (c generateCommand) store() *memo.Store {
	if c.Out != "" {
		return nil
	}
	return c.cacheFlags.store()
}

// make makes all files, and collects those that differ.
func (c generateCommand) make(ctx context.Context, files *opened) (report, *writer, error) {
	memory := c.memory(c.store())
	repo, err := c.loadFrom(ctx, files, memory)
	if err != nil {
		return report{}, nil, err
	}
	_, problems := rules.AdmitWhole(ctx, nil, repo)
	memory.Keep()
	if err := ctx.Err(); err != nil {
		return report{}, nil, err
	}
	go runtime.GC() // what the rules needed is garbage now: else it stays until the jobs' is twice as much
	target := c.target(repo.Read)
	lacking, err := c.generateMetadata(repo, target)
	if err != nil {
		return report{}, nil, err
	}
	problems = append(problems, lacking...)
	if !schema.HasErrors(problems) || c.KeepGoing {
		further, err := c.generate(ctx, repo, problems, target)
		if err != nil {
			return report{}, nil, err
		}
		problems = append(problems, further...)
	}
	return report{Problems: schema.SortProblems(problems), Files: repo.Documents()}, target, nil
}

// target is where the files go.
func (c generateCommand) target(read func(string) ([]byte, error)) *writer {
	if c.Out != "" {
		return newWriter(c.Out, !c.Check, c.Check, nil)
	}
	return newWriter(c.Repo, false, c.Check, read)
}

// finish reports problems, and writes the files if there are none, or all that
// could be made if that was asked for.
func (c generateCommand) finish(found report, target *writer, out *console) error {
	failed := schema.HasErrors(found.Problems)
	if failed {
		if err := found.printText(out); err != nil {
			return err
		}
		if !c.KeepGoing {
			return errProblems
		}
	}
	if err := target.finish(); err != nil {
		return err
	}
	if err := target.summary(out); err != nil {
		return err
	}
	if !failed {
		found.printMade(out)
	}
	if failed || c.Check && len(target.changed) > 0 {
		return errProblems
	}
	return nil
}

// printMade prints the warnings that only making files shows: check prints the
// others.
func (r report) printMade(out *console) {
	for _, problem := range r.Problems {
		if rule, _ := rules.Find(problem.Rule); rule.By == rules.ByMaking {
			fmt.Fprintln(out.stderr, problem)
		}
	}
}

// generate makes every file that can be made. Problems are those that only
// making them shows.
func (c generateCommand) generate(
	ctx context.Context, repo *repolayout.Repo, problems []schema.Problem, target *writer,
) ([]schema.Problem, error) {
	maker, found, err := render.NewMaker(repo)
	if err != nil {
		return nil, err
	}
	if c.NoClusters {
		maker.Dispatcher, found = nil, nil
	}
	if len(found) > 0 {
		return found, nil // jobs without clusters would not be what is asked for
	}
	if c.Out != "" {
		maker.Read = nil
	}
	var labels render.Labels
	known := openUpToDate(c.store(), c.kind(), c.Repo, repo)
	fresh := known.without(withoutProblems(repo, problems), func(component render.Component, jobs []string) {
		target.known(len(component.Jobs))
		labels.Add(component.Name, jobs)
	})
	found, err = maker.All(ctx, fresh, func(made render.Made) error {
		names := made.Names()
		labels.Add(made.Component.Name, names)
		if maker.Read == nil {
			return target.putAll(made.Files)
		}
		if target.replace(maker.Folder, made.Existing, made.Files) {
			known.add(made.Component, names)
		}
		return nil
	})
	if err == nil && c.Out == "" {
		err = c.generateBoskos(repo, target)
	}
	known.keep()
	return append(unknownFiles(found, problems), labels.Problems(repo.Layout)...), err
}

// unknownFiles leaves out problems of files of which there is one already.
func unknownFiles(problems, known []schema.Problem) []schema.Problem {
	broken := brokenFiles(known)
	return slices.DeleteFunc(problems, func(problem schema.Problem) bool { return broken[problem.File] })
}

func (c generateCommand) generateBoskos(repo *repolayout.Repo, target *writer) error {
	if repo.Quotas.ID == (repolayout.ID{}) || schema.HasErrors(repo.Quotas.Problems) {
		return nil
	}
	now, err := repo.Read(repo.Layout.Boskos)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	content, err := boskos.New(repo.Quotas.Value).Render(now)
	if err != nil {
		return err
	}
	return target.put(repo.Layout.Boskos, content)
}

// withoutProblems gives the components that have no problem of their own. One of
// which a file cannot be read, or has a name that says nothing, may look as if it
// had been dropped.
func withoutProblems(repo *repolayout.Repo, problems []schema.Problem) []render.Component {
	broken := map[string]bool{}
	for file, isBroken := range brokenFiles(problems) {
		if unit := repo.UnitOf(file); isBroken && unit.Kind == repolayout.ComponentUnit {
			broken[unit.Name] = true
		}
	}
	all := append(render.Components(repo), render.Elsewhere(repo))
	return slices.DeleteFunc(all, func(component render.Component) bool { return broken[component.Name] })
}

// brokenFiles are those with problems that are more than warnings.
func brokenFiles(problems []schema.Problem) map[string]bool {
	broken := map[string]bool{}
	for _, problem := range problems {
		broken[problem.File] = broken[problem.File] || problem.Severity != schema.Warning
	}
	return broken
}
