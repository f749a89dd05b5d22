package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/drover-ci/drover/schema"
)

type checkCommand struct {
	repositoryFlags

	Output  string `short:"o" default:"text" enum:"text,json,github" help:"How to print problems: ${enum}."`
	NoCache bool   `help:"Look at everything again, whatever an earlier run found."`
}

// Help gives the examples.
func (checkCommand) Help() string {
	return `Exit codes: 0 no problems, 1 problems, 2 could not run.

Examples:
  drover check                          the checkout in this folder, as it lies
  drover check --repo ../release --rev main
  drover check -o json | jq '.problems[].file'
  drover check -o github                annotations, in a GitHub workflow`
}

// report is what `check -o json` prints. Scripts depend on it.
type report struct {
	Problems []schema.Problem `json:"problems"`
	Files    int              `json:"files"`
	Revision string           `json:"revision"`
}

// Run checks the repository.
func (c checkCommand) Run(ctx context.Context, out *console) error {
	progress := newProgress(out.stderr, "checking")
	defer progress.end()
	result, err := c.judge(ctx)
	progress.end()
	if err != nil {
		return err
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
	case "github":
		return r.printAnnotations(out)
	default:
		return r.printText(out)
	}
}

func (r report) printText(out *console) error {
	for _, problem := range r.Problems {
		if _, err := fmt.Fprintln(out.stdout, problem); err != nil {
			return err
		}
	}
	summary := fmt.Sprintf("%d files, no problems", r.Files)
	if len(r.Problems) > 0 {
		summary = fmt.Sprintf("%d files, %d problems", r.Files, len(r.Problems))
	}
	_, err := fmt.Fprintln(out.stderr, summary)
	return err
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
