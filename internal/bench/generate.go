package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"time"

	"github.com/drover-ci/drover/generators/render"
	"github.com/drover-ci/drover/reconciler/gitsource"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema/rules"
)

// measureGenerate makes all job files, and then looks whether a tree that has
// them is up to date: from nothing, with what an earlier run found, and when one
// configuration has changed since.
func (b *bench) measureGenerate(ctx context.Context) error {
	err := b.command(ctx, "generate, cold, from an empty tree", "generate", "--no-clusters", "--repo", b.release, "--out", filepath.Join(b.work, "jobs"))
	if err != nil {
		return err
	}
	tree := filepath.Join(b.work, "tree")
	if err := os.CopyFS(tree, os.DirFS(b.release)); err != nil {
		return fmt.Errorf("copy the release repository: %w", err)
	}
	for _, run := range [][]string{
		{"generate in place, with clusters", "--no-cache"},
		{"generate --check, with clusters", "--check", "--no-cache"},
		{"generate --check, the first that remembers", "--check"},
		{"generate --check, nothing changed", "--check"},
		{"generate in place, nothing changed"},
	} {
		if err := b.command(ctx, run[0], append([]string{"generate", "--repo", tree}, run[1:]...)...); err != nil {
			return err
		}
	}
	file := filepath.Join(tree, filepath.FromSlash(changedConfig))
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if content, err = configChange().edit(content, configChange().mark(0)); err != nil {
		return err
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		return err
	}
	return b.command(ctx, "generate in place, one configuration changed", "generate", "--repo", tree)
}

// measureGenerateAgain times what a running process does about one changed
// configuration of a Git repository.
func (b *bench) measureGenerateAgain(ctx context.Context) error {
	all, generated, err := b.generatedAgain(ctx, whole())
	if err != nil {
		return err
	}
	all.sort()
	slices.Sort(generated)
	b.row("one configuration changed, generated", atPercent(generated, 50), memoryOf(os.Getpid()),
		fmt.Sprintf("median of %d, slowest %s; with load and check %s", len(generated), tenth(generated[len(generated)-1]), tenth(atPercent(all.took, 50))))
	return nil
}

// generatedAgain times that in a repository of a size: all from the commit's tree
// until the objects are there, and the generation alone.
func (b *bench) generatedAgain(ctx context.Context, of size) (all costs, generated []time.Duration, err error) {
	repository, err := b.repository(ctx, of)
	if err != nil {
		return all, nil, err
	}
	commits, err := configChange().prepare(ctx, repository, growthChanges)
	if err != nil {
		return all, nil, err
	}
	source, err := gitsource.Open(ctx, gitsource.Options{Repository: repository})
	if err != nil {
		return all, nil, err
	}
	debug.FreeOSMemory() // what the last size left
	var now generation
	if err := now.advance(ctx, source); err != nil {
		return all, nil, err
	}
	for _, commit := range commits {
		if err := moveTo(repository, commit); err != nil {
			return all, nil, err
		}
		before := cpuOf(os.Getpid())
		if err := now.advance(ctx, source); err != nil {
			return all, nil, err
		}
		all.add(now.whole, cpuOf(os.Getpid())-before)
		generated = append(generated, now.last)
	}
	return all, generated, nil
}

// generation is what a running process has of the last revision.
type generation struct {
	valid     *rules.Valid
	rendering *render.Rendering
	// whole is how long the last step took, last its last part, which is the
	// generation alone.
	whole, last time.Duration
}

// advance goes on to the newest revision.
func (g *generation) advance(ctx context.Context, source *gitsource.Source) error {
	revision, err := source.Fetch(ctx)
	if err != nil {
		return err
	}
	tree, err := source.Tree(revision)
	if err != nil {
		return err
	}
	start := time.Now()
	var before *repolayout.Repo
	if g.valid != nil {
		before = g.valid.Repo
	}
	repo, err := repolayout.Load(ctx, tree, before)
	if err != nil {
		return err
	}
	valid, problems := rules.AdmitWhole(ctx, g.valid, repo)
	if valid == nil {
		return fmt.Errorf("the release repository is not valid, first: %s", problems[0])
	}
	admitted := time.Now()
	rendering, problems, err := render.Render(ctx, valid, g.rendering)
	if err != nil {
		return err
	}
	if rendering == nil {
		return fmt.Errorf("nothing was generated, first: %s", problems[0])
	}
	if rendering.Jobs == 0 {
		return errors.New("there are no jobs")
	}
	g.valid, g.rendering, g.whole, g.last = valid, rendering, time.Since(start), time.Since(admitted)
	return nil
}
