package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/drover-ci/drover/internal/scaffold"
	repolayout "github.com/drover-ci/drover/repo-layout"
)

// Names of the files that hold Prow's configuration of one repository.
const (
	pluginsPart = "_pluginconfig.yaml"
	configPart  = "_prowconfig.yaml"
)

// addProw adds a component's entries to Prow's configuration: in files of its
// own where other repositories have such, else in the file for all. What it
// cannot add it notes.
func addProw(repo *repolayout.Repo, component *scaffold.Component, files map[string][]byte) (notes []string, err error) {
	folder := path.Dir(repo.Layout.Plugins)
	own := path.Join(folder, component.Metadata.Org, component.Metadata.Repo)
	if slices.ContainsFunc(repo.Judged, func(doc *repolayout.Judged) bool { return path.Base(doc.Path) == pluginsPart }) {
		for name, content := range map[string][]byte{pluginsPart: component.PluginsPart(), configPart: component.ConfigPart()} {
			if _, err := repo.Read(path.Join(own, name)); err != nil {
				files[path.Join(own, name)] = content
			}
		}
		return nil, nil
	}
	content, err := repo.Read(repo.Layout.Plugins)
	if err != nil {
		return nil, nil //nolint:nilerr // a repository without plugins gets none
	}
	notes = []string{fmt.Sprintf("let Tide merge for %s: add it to a query in %s", component.Metadata.Component(), repo.Layout.Prow)}
	var has struct {
		Plugins map[string]any `json:"plugins"`
	}
	if err := yaml.Unmarshal(content, &has); err != nil {
		return nil, fmt.Errorf("read %s: %w", repo.Layout.Plugins, err)
	}
	if has.Plugins[component.Metadata.Org] != nil || has.Plugins[component.Metadata.Component()] != nil {
		return notes, nil
	}
	if added, ok := component.AddToPlugins(content); ok {
		files[repo.Layout.Plugins] = added
		return notes, nil
	}
	return append(notes, fmt.Sprintf("give %s its plugins in %s", component.Metadata.Component(), repo.Layout.Plugins)), nil
}

// questions asks one after the other, until the answers end.
type questions struct {
	ctx   context.Context //nolint:containedctx // of one conversation
	lines <-chan string
	out   io.Writer
	err   error
}

// errNoAnswer says that there is nobody to ask.
var errNoAnswer = errors.New("the answers end before the questions do: give ORG/REPO and flags, or answer on a terminal; nothing was written")

// newQuestions reads answers by a goroutine of its own, so that an interrupted
// program does not wait for one.
func newQuestions(ctx context.Context, in io.Reader, out io.Writer) *questions {
	lines := make(chan string)
	go func() {
		defer close(lines)
		scanner := bufio.NewScanner(in)
		for scanner.Scan() {
			select {
			case lines <- scanner.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	return &questions{ctx: ctx, lines: lines, out: out}
}

// set asks for a value until it is valid. What it is at first stands for no
// answer.
func (q *questions) set(value *string, question string, valid func() error) {
	standard := *value
	for q.err == nil {
		*value = q.ask(question, standard)
		err := valid()
		if err == nil || q.err != nil {
			return
		}
		fmt.Fprintln(q.out, err)
	}
}

// ask gives the answer, or the one that stands for none. Answers that end
// before the questions do are an error.
func (q *questions) ask(question, standard string) string {
	if q.err != nil {
		return ""
	}
	if standard != "" {
		question += " [" + standard + "]"
	}
	fmt.Fprint(q.out, question+": ")
	select {
	case line, ok := <-q.lines:
		if ok {
			return cmp.Or(strings.TrimSpace(line), standard)
		}
		q.err = errNoAnswer
	case <-q.ctx.Done():
		q.err = q.ctx.Err()
	}
	fmt.Fprintln(q.out)
	return ""
}
