package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/drover-ci/drover/schema"
)

type checkCommand struct {
	repositoryFlags
	cacheFlags

	Output string `short:"o" default:"text" enum:"text,json,github,sarif" help:"How to print problems: ${enum}."`
	Base   string `placeholder:"REV" help:"Report only what the change since this revision causes, wherever it surfaces. Where both went on, since they parted."`
}

// Help gives the examples.
func (checkCommand) Help() string {
	return `Exit codes: 0 no problems, 1 problems, 2 could not run.

Examples:
  drover check                          the checkout in this folder, as it lies
  drover check --repo ../release --rev main
  drover check -o json | jq '.problems[].file'
  drover check --base origin/main       what the change since then causes
  drover check -o github                annotations, in a GitHub workflow
  drover check -o sarif > drover.sarif  for code scanning`
}

// report is what `check -o json` prints. Scripts depend on it.
type report struct {
	Problems []schema.Problem `json:"problems"`
	Files    int              `json:"files"`
	Revision string           `json:"revision"`

	// excerpts are shown on a terminal; nil elsewhere.
	excerpts *excerpts
}

// Run checks the repository.
func (c checkCommand) Run(ctx context.Context, out *console) error {
	progress := newProgress(out.stderr, "checking")
	defer progress.end()
	judge := c.judge
	if c.Base != "" {
		judge = c.judgeChange
	}
	result, err := judge(ctx)
	progress.end()
	if err != nil {
		return err
	}
	if c.Output == "text" && len(result.Problems) > 0 && isTerminal(out.stdout) {
		files, openErr := c.open(ctx)
		if openErr != nil {
			return openErr
		}
		defer func() { _ = files.close() }()
		result.excerpts = &excerpts{read: files.tree.ReadFile, lines: map[string][]string{}}
	}
	if err := result.print(out, c.Output); err != nil {
		return err
	}
	if schema.HasErrors(result.Problems) {
		return errProblems
	}
	return nil
}

func (r report) print(out *console, form string) error {
	switch form {
	case "json":
		if r.Problems == nil {
			r.Problems = []schema.Problem{}
		}
		encoder := json.NewEncoder(out.stdout)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(r)
	case "sarif":
		return r.printSARIF(out)
	case "github":
		return r.printAnnotations(out)
	default:
		return r.printText(out)
	}
}

func (r report) printText(out *console) error {
	for _, problem := range r.Problems {
		text := problem.String() + "\n"
		if r.excerpts != nil {
			text += r.excerpts.of(problem)
		}
		if _, err := io.WriteString(out.stdout, text); err != nil {
			return err
		}
	}
	problems := "no problems"
	if len(r.Problems) > 0 {
		problems = plural(len(r.Problems), "problem")
	}
	_, err := fmt.Fprintf(out.stderr, "%s, %s\n", plural(r.Files, "file"), problems)
	return err
}

// plural counts things whose name takes an s.
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// printAnnotations prints the workflow commands that GitHub shows beside the
// lines of a pull request.
func (r report) printAnnotations(out *console) error {
	for _, p := range r.Problems {
		message := p.Message + " [" + p.Rule + "]"
		if p.Path != "" {
			message = p.Path + ": " + message
		}
		_, err := fmt.Fprintf(out.stdout, "::%s file=%s,line=%d,col=%d::%s\n",
			p.Severity, escapeProperty(p.File), max(p.Line, 1), max(p.Column, 1), escapeData(message))
		if err != nil {
			return err
		}
	}
	return nil
}

// escapeData keeps a message on the one line that a workflow command is.
func escapeData(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(text)
}

func escapeProperty(text string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(escapeData(text))
}
