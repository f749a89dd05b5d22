package main

import (
	"context"
	"errors"
	"fmt"
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

	Kubeconfig string `placeholder:"FILE" help:"The cluster. Default: that of $KUBECONFIG, else of drover up on this machine, else of kubectl."`
	Namespace  string `default:"drover-system" placeholder:"NS" help:"Where the ConfigRepo is."`
	Owner      string `default:"default" placeholder:"ID" help:"Whose objects to compare with: the ConfigRepo's name in a cluster, default for drover up."`
}

// diffPatience is how long a cluster may take to answer somebody who waits.
const diffPatience = 5 * time.Second

// Help gives the examples.
func (diffCommand) Help() string {
	return `Asks the server what reconciling would change, and changes nothing. The values of Secrets are not shown.
A repository with problems is not compared; they are printed instead.

Exit codes: 0 no differences, 1 differences or problems, 2 could not find out.

Examples:
  drover diff                                    the checkout in this folder, as it lies
  drover diff --repo ../release --rev my-branch --kubeconfig ~/.kube/config`
}

// Run prints what would change.
func (c diffCommand) Run(ctx context.Context, out *console) error {
	progress := newProgress(out.stderr, "comparing")
	defer progress.end()
	repo, files, err := c.load(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = files.close() }()
	valid, problems := rules.AdmitWhole(ctx, nil, repo)
	if valid == nil {
		return c.problems(out, progress.end, problems)
	}
	rendering, problems, err := render.Render(ctx, valid, nil)
	if err != nil {
		return err
	}
	if rendering == nil {
		return c.problems(out, progress.end, problems)
	}
	config, err := clusterFlags{Kubeconfig: c.Kubeconfig}.config()
	if err != nil {
		return err
	}
	target, err := apply.New(config, apply.WithOwner(ownerOf(c.Owner)), apply.WithNamespace(c.Namespace), apply.WithPatience(diffPatience))
	if err != nil {
		return err
	}
	differences, err := target.Diff(ctx, files.revision.Hash, rendering.Objects)
	progress.end()
	if refused, ok := errors.AsType[*apply.RefusedError](err); ok {
		fmt.Fprintln(out.stdout, refused)
		return errProblems
	}
	if err != nil {
		return err
	}
	return printDifferences(out, differences)
}

func (c diffCommand) problems(out *console, end func(), problems []schema.Problem) error {
	end()
	return errors.Join(report{Problems: problems}.printText(out), errProblems)
}

func printDifferences(out *console, differences []apply.Difference) error {
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
		if _, err := out.stdout.Write(diff.Diff(from, before, to, after)); err != nil {
			return err
		}
	}
	fmt.Fprintf(out.stderr, "%d would be created, %d changed, %d deleted\n", created, updated, deleted)
	if len(differences) > 0 {
		return errProblems
	}
	return nil
}

func yamlOf(object *unstructured.Unstructured) ([]byte, error) {
	if object == nil {
		return nil, nil
	}
	return yaml.Marshal(object.Object)
}
