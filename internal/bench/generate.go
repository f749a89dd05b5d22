package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/drover-ci/drover/generators/render"
	"github.com/drover-ci/drover/reconciler/gitsource"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema/rules"
)

// measureGenerate makes all job files, and then looks whether a tree that has
// them is up to date.
func (b *bench) measureGenerate(ctx context.Context) error {
	err := b.command(ctx, "generate, cold, from an empty tree", "generate", "--no-clusters", "--repo", b.release, "--out", filepath.Join(b.work, "jobs"))
	if err != nil {
		return err
	}
	tree := filepath.Join(b.work, "tree")
	if err := os.CopyFS(tree, os.DirFS(b.release)); err != nil {
		return fmt.Errorf("copy the release repository: %w", err)
	}
	if err := b.command(ctx, "generate in place, with clusters", "generate", "--repo", tree); err != nil {
		return err
	}
	return b.command(ctx, "generate --check, with clusters", "generate", "--check", "--repo", tree)
}

// measureGenerateAgain times what a running process does about one changed
// configuration of a Git repository, from the commit's tree until all objects
// are there.
func (b *bench) measureGenerateAgain(ctx context.Context) error {
	repository, err := b.gitCopy(ctx)
	if err != nil {
		return err
	}
	source, err := gitsource.Open(ctx, gitsource.Options{Repository: repository})
	if err != nil {
		return err
	}
	file := filepath.Join(repository, filepath.FromSlash("ci-operator/config/openshift/must-gather/openshift-must-gather-release-4.14.yaml"))
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var now generation
	if err := now.advance(ctx, source); err != nil {
		return err
	}
	var whole, last []time.Duration
	for i := range changes {
		changed := bytes.Replace(content, []byte("\ntests:\n"), fmt.Appendf(nil, "\ntests:\n- as: bench-%d\n  commands: make\n  container:\n    from: src\n", i), 1)
		if err := os.WriteFile(file, changed, 0o600); err != nil {
			return err
		}
		if err := commit(ctx, repository, "changed", file); err != nil {
			return err
		}
		if err := now.advance(ctx, source); err != nil {
			return err
		}
		whole, last = append(whole, now.whole), append(last, now.last)
	}
	slices.Sort(whole)
	slices.Sort(last)
	b.row("one configuration changed, generated", atPercent(last, 50), memoryOf(os.Getpid()),
		fmt.Sprintf("median of %d, slowest %s; with load and check %s", changes, last[len(last)-1].Round(100*time.Microsecond),
			atPercent(whole, 50).Round(100*time.Microsecond)))
	return nil
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
