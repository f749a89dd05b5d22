package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"time"

	"github.com/drover-ci/drover/generators/render"
	"github.com/drover-ci/drover/reconciler/gitsource"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema/rules"
)

// measureGenerateAgain times what a running process does about one changed
// configuration of a Git repository.
func (b *bench) measureGenerateAgain(ctx context.Context) error {
	repository, err := b.repository(ctx, whole())
	if err != nil {
		return err
	}
	commits, err := configChange().prepare(ctx, repository, growthChanges)
	if err != nil {
		return err
	}
	process, err := startGenerating(ctx, repository)
	if err != nil {
		return err
	}
	defer process.stop()
	var all, generated []time.Duration
	for _, commit := range commits {
		cost, err := process.change(commit)
		if err != nil {
			return err
		}
		all, generated = append(all, cost.all), append(generated, cost.generated)
	}
	slices.Sort(all)
	slices.Sort(generated)
	b.row("one configuration changed, generated", atPercent(generated, 50), memoryOf(process.pid),
		fmt.Sprintf("median of %d, slowest %s; with load and check %s", len(generated), tenth(generated[len(generated)-1]), tenth(atPercent(all, 50))))
	return nil
}

// generating is a process of its own that goes from revision to revision of a
// repository, so that several may be measured in turn and none has another's
// memory to look through.
type generating struct {
	repository string
	pid        int
	input      io.Writer
	output     *bufio.Reader
	stop       func()
}

// againFlag makes this program such a process.
const againFlag = "--again"

// startGenerating starts this program as such a process, and waits until it has the
// objects of the newest revision.
func startGenerating(ctx context.Context, repository string) (*generating, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, program, againFlag, repository)
	command.Stderr = os.Stderr
	input, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	output, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	g := &generating{
		repository: repository, pid: command.Process.Pid, input: input, output: bufio.NewReader(output),
		stop: func() { _ = command.Process.Kill(); _ = command.Wait() },
	}
	if _, err := g.answer(); err != nil {
		g.stop()
		return nil, err
	}
	return g, nil
}

// step is what a change took: from the commit's tree until the objects were there, of
// that the generation alone, and processor time.
type step struct{ all, generated, cpu time.Duration }

// change puts the branch on a commit, and waits until the objects are there.
func (g *generating) change(commit string) (step, error) {
	if err := moveTo(g.repository, commit); err != nil {
		return step{}, err
	}
	before := cpuOf(g.pid)
	if _, err := fmt.Fprintln(g.input); err != nil {
		return step{}, err
	}
	took, err := g.answer()
	took.cpu = cpuOf(g.pid) - before
	return took, err
}

func (g *generating) answer() (step, error) {
	var took step
	if _, err := fmt.Fscanln(g.output, &took.all, &took.generated); err != nil {
		return took, fmt.Errorf("read what generating took: %w", err)
	}
	return took, nil
}

// generateAgain is that process: for each line that comes it goes on to the newest
// revision, and says how long that took.
func generateAgain(ctx context.Context, repository string, lines io.Reader, out io.Writer) error {
	source, err := gitsource.Open(ctx, gitsource.Options{Repository: repository})
	if err != nil {
		return err
	}
	var now generation
	for input := bufio.NewScanner(lines); ; {
		if err := now.advance(ctx, source); err != nil {
			return err
		}
		fmt.Fprintln(out, now.whole.Nanoseconds(), now.last.Nanoseconds())
		if !input.Scan() {
			return input.Err()
		}
	}
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
