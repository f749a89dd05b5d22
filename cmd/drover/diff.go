package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/diff"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/drover-ci/drover/generators/render"
	"github.com/drover-ci/drover/reconciler/apply"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
)

type diffCommand struct {
	repositoryFlags
	cacheFlags

	Kubeconfig string   `placeholder:"FILE" help:"The cluster. Default: that of $KUBECONFIG, else of drover up on this machine, else of kubectl."`
	Namespace  string   `default:"drover-system" placeholder:"NS" help:"Where the ConfigRepo is."`
	Owner      string   `default:"default" placeholder:"ID" help:"Whose objects to compare with: the ConfigRepo's name in a cluster, default for drover up."`
	Target     []string `placeholder:"NAME" help:"Compare this target only; may be given again. Default: all, the home of the jobs first."`
}

// diffPatience is for how long a cluster is asked again for somebody who waits.
const diffPatience = 5 * time.Second

// Help gives the examples.
func (diffCommand) Help() string {
	return `Asks the server what reconciling would change, and changes nothing. The values of Secrets are not shown.
A repository with problems is not compared; they are printed instead.
The targets of drover.yaml are compared too: those with a context by that of the kubeconfig, those with a Secret by the
Secret in the cluster.

Exit codes: 0 no differences, 1 differences or problems, 2 could not find out, if only of one target.

Examples:
  drover diff                                    the checkout in this folder, as it lies
  drover diff --repo ../release --rev my-branch --kubeconfig ~/.kube/config
  drover diff --target build01 --target build02   these two only`
}

// Run prints what would change.
func (c diffCommand) Run(ctx context.Context, out *console) error {
	progress := newProgress(out.stderr, "comparing")
	defer progress.end()
	files, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = files.close() }()
	memory := c.memory(c.store())
	repo, err := c.loadFrom(ctx, files, memory)
	if err != nil {
		return err
	}
	valid, problems := rules.AdmitWhole(ctx, nil, repo)
	if valid == nil {
		progress.end()
		return printProblems(out, problems)
	}
	rendering, problems, err := render.Render(ctx, valid, nil)
	memory.Keep()
	if err != nil {
		return err
	}
	if rendering == nil {
		progress.end()
		return printProblems(out, problems)
	}
	compared, err := c.compare(ctx, files.revision.Hash, valid.Repo.Settings.Value, rendering)
	progress.end()
	if err != nil {
		return err
	}
	return printComparisons(out, compared)
}

// printProblems prints why there is nothing to compare.
func printProblems(out *console, problems []schema.Problem) error {
	for _, problem := range problems {
		if _, err := fmt.Fprintln(out.stdout, strings.TrimPrefix(problem.String(), ": ")); err != nil {
			return err
		}
	}
	fmt.Fprintln(out.stderr, plural(len(problems), "problem"))
	return errProblems
}

// printComparisons prints what would change on each target, in order. Where
// there are several, each is printed under its name, and one that could not be
// asked keeps none of the others back.
func printComparisons(out *console, compared []comparison) error {
	if len(compared) == 1 {
		return compared[0].show(out, "")
	}
	differ, failed := false, 0
	for _, c := range compared {
		if len(c.differences) > 0 || c.refused() != nil {
			fmt.Fprintln(out.stdout, "target", c.target)
		}
		err := c.show(out, c.target+": ")
		switch {
		case errors.Is(err, errProblems):
			differ = true
		case err != nil:
			failed++
			fmt.Fprintf(out.stderr, "%s: %v\n", c.target, err)
		}
	}
	switch {
	case failed > 0:
		return fmt.Errorf("%d of %d targets could not be compared", failed, len(compared))
	case differ:
		return errProblems
	}
	return nil
}

// show prints what would change on one target, and a line for people that begins
// with a prefix.
func (c comparison) show(out *console, prefix string) error {
	if refused := c.refused(); refused != nil {
		problems := make([]schema.Problem, 0, len(refused.Refusals))
		for _, each := range refused.Refusals {
			problems = append(problems, each.Problem())
		}
		fmt.Fprint(out.stderr, prefix)
		return printProblems(out, problems)
	}
	if c.err != nil {
		return c.err
	}
	if err := printDifferences(out.stdout, c.differences); err != nil {
		return err
	}
	fmt.Fprintln(out.stderr, prefix+count(c.differences))
	if len(c.differences) > 0 {
		return errProblems
	}
	return nil
}

func count(differences []apply.Difference) string {
	created, updated, deleted := 0, 0, 0
	for _, d := range differences {
		switch {
		case d.Before == nil:
			created++
		case d.After == nil:
			deleted++
		default:
			updated++
		}
	}
	return fmt.Sprintf("%d would be created, %d changed, %d deleted", created, updated, deleted)
}

func printDifferences(out io.Writer, differences []apply.Difference) error {
	for _, d := range differences {
		before, err := yamlOf(d.Before)
		if err != nil {
			return err
		}
		after, err := yamlOf(d.After)
		if err != nil {
			return err
		}
		name := d.Object.String()
		from := "live " + name
		to := "revision " + name
		if d.Source != "" {
			to += " (" + d.Source + ")"
		}
		if _, err := out.Write(diff.Diff(from, before, to, after)); err != nil {
			return err
		}
	}
	return nil
}

func yamlOf(object *unstructured.Unstructured) ([]byte, error) {
	if object == nil {
		return nil, nil
	}
	return yaml.Marshal(object.Object)
}
