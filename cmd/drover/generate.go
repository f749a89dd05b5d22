package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

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
	return `Without --out the jobs and the Boskos configuration in the repository are brought up to date.
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
	_, problems := rules.Admit(ctx, nil, repo)
	if err := ctx.Err(); err != nil {
		return err
	}
	if schema.HasErrors(problems) {
		progress.end()
		if err := (report{Problems: problems, Files: repo.Documents()}).printText(out); err != nil {
			return err
		}
		if !c.KeepGoing {
			return errProblems
		}
	}
	target := newWriter(c.Out, c.Check)
	if err := c.generate(ctx, repo, problems, target); err != nil {
		return err
	}
	progress.end()
	if err := target.summary(out, c.Check); err != nil {
		return err
	}
	if schema.HasErrors(problems) || c.Check && len(target.changed) > 0 {
		return errProblems
	}
	return nil
}

// generate makes every file that can be made.
func (c generateCommand) generate(ctx context.Context, repo *repolayout.Repo, problems []schema.Problem, target *writer) error {
	generator, err := render.NewGenerator(repo)
	if err != nil {
		return err
	}
	base := c.Out
	if base == "" {
		base = filepath.Join(c.Repo, filepath.FromSlash(repo.Layout.Jobs))
	}
	sound := withoutProblems(render.Components(repo), problems)
	err = render.JobFiles(ctx, generator, sound, func(_ render.Component, files []generators.File) error {
		for _, file := range files {
			if err := target.write(filepath.Join(base, filepath.FromSlash(file.Path)), file.Content); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || c.Out != "" {
		return err
	}
	return c.generateBoskos(repo, target)
}

func (c generateCommand) generateBoskos(repo *repolayout.Repo, target *writer) error {
	if repo.Quotas.ID == (repolayout.ID{}) || len(repo.Quotas.Problems) > 0 {
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
	return target.write(path, content)
}

// withoutProblems leaves out components that have a problem of their own.
func withoutProblems(components []render.Component, problems []schema.Problem) []render.Component {
	broken := map[string]bool{}
	for _, problem := range problems {
		broken[problem.File] = true
	}
	return slices.DeleteFunc(components, func(component render.Component) bool {
		return slices.ContainsFunc(component.Docs, func(doc *rules.ConfigDoc) bool { return broken[doc.Path] })
	})
}

// writer writes files that differ from what is there, or only notes them.
type writer struct {
	fresh bool
	check bool

	mu      sync.Mutex
	total   int
	changed []string
	folders map[string]bool
}

// newWriter makes a writer. In a folder given with --out every file is written
// without a look at what is there.
func newWriter(out string, check bool) *writer {
	return &writer{fresh: out != "" && !check, check: check, folders: map[string]bool{}}
}

func (w *writer) write(path string, content []byte) error {
	same := false
	if !w.fresh {
		now, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		same = err == nil && bytes.Equal(now, content)
	}
	if err := w.note(path, same); err != nil || same || w.check {
		return err
	}
	return os.WriteFile(path, content, 0o644) //nolint:gosec // generated files are for everyone
}

// note counts a file, and makes its folder if it is to be written.
func (w *writer) note(path string, same bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.total++
	if same {
		return nil
	}
	w.changed = append(w.changed, path)
	folder := filepath.Dir(path)
	if w.check || w.folders[folder] {
		return nil
	}
	w.folders[folder] = true
	return os.MkdirAll(folder, 0o755) //nolint:gosec // generated files are for everyone
}

func (w *writer) summary(out *console, check bool) error {
	slices.Sort(w.changed)
	if check {
		for _, path := range w.changed {
			if _, err := fmt.Fprintln(out.stdout, "would change:", path); err != nil {
				return err
			}
		}
		_, err := fmt.Fprintf(out.stderr, "%d files, %d would change\n", w.total, len(w.changed))
		return err
	}
	_, err := fmt.Fprintln(out.stderr, strings.TrimSpace(fmt.Sprintf("%d files, %d written", w.total, len(w.changed))))
	return err
}
