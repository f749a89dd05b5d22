package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/migrate"
)

type migrateCommand struct {
	Repo  string `default:"." placeholder:"DIR" help:"The release repository: a checkout or a plain folder."`
	Check bool   `help:"Write nothing; exit 1 if a file would change."`
}

// Help gives the examples.
func (migrateCommand) Help() string {
	return `Rewrites older forms of files into today's, as "drover check" names them: images as a list, flat promotion,
build_images_if_affected, bare lists of cluster profiles, and .config.prowgen files, which it removes. Comments, the
order of fields and all else stay. The files say afterwards what they said before; one that cannot be rewritten so
is named, and then none is written.

Examples:
  drover migrate                        this checkout
  drover migrate --repo ../release --check`
}

// Run rewrites the repository's files.
func (c migrateCommand) Run(ctx context.Context, out *console) error {
	progress := newProgress(out.stderr, "rewriting")
	defer progress.end()
	repo, files, err := repositoryFlags{Repo: c.Repo}.load(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = files.close() }()
	m := &migration{repo: repo, changed: map[string][]byte{}, prowgen: map[string]*repolayout.ProwgenDoc{}}
	if err := m.run(); err != nil {
		return err
	}
	progress.end()
	if len(m.refused) > 0 {
		for _, problem := range schema.SortProblems(m.refused) {
			fmt.Fprintln(out.stdout, problem)
		}
		fmt.Fprintln(out.stderr, "nothing was written")
		return errProblems
	}
	return c.finish(m, out)
}

// finish writes, and says what was done.
func (c migrateCommand) finish(m *migration, out *console) error {
	for _, line := range m.done {
		fmt.Fprintln(out.stdout, line)
	}
	if c.Check {
		fmt.Fprintf(out.stderr, "%d files would change\n", len(m.changed))
		if len(m.changed) > 0 {
			return errProblems
		}
		return nil
	}
	targets := make(map[string][]byte, len(m.changed))
	for _, file := range slices.Sorted(maps.Keys(m.changed)) {
		target, err := filepath.EvalSymlinks(filepath.Join(c.Repo, filepath.FromSlash(file)))
		if err != nil {
			return err
		}
		targets[target] = m.changed[file]
	}
	if err := replaceFiles(targets); err != nil {
		return fmt.Errorf("write: %w; nothing was changed", err)
	}
	_, err := fmt.Fprintf(out.stderr, "%d files rewritten\n", len(m.changed))
	return err
}

// migration collects what becomes of a repository's files.
type migration struct {
	repo *repolayout.Repo
	// prowgen are the .config.prowgen files by folder.
	prowgen map[string]*repolayout.ProwgenDoc
	// changed are the new contents; nil is a file to remove.
	changed map[string][]byte
	done    []string
	refused []schema.Problem
}

func (m *migration) run() error {
	for _, doc := range m.repo.Prowgen {
		if schema.HasErrors(doc.Problems) {
			m.refused = append(m.refused, doc.Problems...)
			continue
		}
		m.prowgen[path.Dir(doc.Path)] = doc
		m.changed[doc.Path] = nil
		m.done = append(m.done, doc.Path+": removed; its options are in the configurations")
	}
	for doc := range m.repo.Configs.All() {
		files := m.prowgenOf(doc.Path)
		if len(files) == 0 && !concerns(doc.Problems) {
			continue
		}
		err := m.file(doc.Path, func(data []byte) (migrate.Result, []schema.Problem) {
			return migrate.Config(doc.Path, data, files...)
		})
		if err != nil {
			return err
		}
	}
	if doc := m.repo.Profiles; concerns(doc.Problems) {
		return m.file(doc.Path, func(data []byte) (migrate.Result, []schema.Problem) {
			return migrate.ClusterProfiles(doc.Path, data)
		})
	}
	return nil
}

// concerns says whether a file's problems leave anything to rewrite or to
// refuse.
func concerns(problems []schema.Problem) bool {
	return slices.ContainsFunc(problems, func(p schema.Problem) bool {
		return p.Rule == schema.RuleDeprecated || p.Severity != schema.Warning
	})
}

// prowgenOf gives the .config.prowgen files of a configuration: that of its
// repository, and that of its organization.
func (m *migration) prowgenOf(file string) []*schema.ProwgenFile {
	var files []*schema.ProwgenFile
	dir := path.Dir(file)
	for _, folder := range []string{dir, path.Dir(dir)} {
		if doc := m.prowgen[folder]; doc != nil {
			files = append(files, doc.Value)
		}
	}
	return files
}

// file rewrites one file.
func (m *migration) file(name string, rewrite func(data []byte) (migrate.Result, []schema.Problem)) error {
	data, err := m.repo.Read(name)
	if err != nil {
		return err
	}
	result, problems := rewrite(data)
	if len(problems) > 0 {
		m.refused = append(m.refused, problems...)
		return nil
	}
	if bytes.Equal(result.Content, data) {
		return nil
	}
	m.changed[name] = result.Content
	m.done = append(m.done, name+": "+summaryOf(result.Changes))
	return nil
}

// summaryOf names the fields that were rewritten.
func summaryOf(changes []schema.Problem) string {
	if len(changes) == 0 {
		return "options of .config.prowgen"
	}
	var fields []string
	for _, change := range changes {
		field := change.Path
		if field == "" {
			field = "the whole"
		}
		fields = append(fields, field)
	}
	return strings.Join(fields, ", ")
}
