package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/drover-ci/drover/internal/scaffold"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
)

type initCommand struct { //nolint:recvcheck // only ask changes it
	Component string   `arg:"" optional:"" name:"ORG/REPO" help:"The new component."`
	Repo      string   `default:"." placeholder:"DIR" help:"The release repository, or an empty folder for a new one."`
	Branch    string   `default:"main" help:"The component's branch."`
	BuildRoot string   `placeholder:"NAMESPACE/NAME:TAG" help:"The image to build in. Default: the component's own .ci-operator.yaml says it."`
	Test      []string `placeholder:"NAME=COMMANDS" sep:"none" help:"A test; may be given again."`
	Image     []string `placeholder:"NAME[=DOCKERFILE]" help:"An image to build; may be given again."`
	Promote   string   `placeholder:"NAMESPACE/NAME" help:"The ImageStream that images go to after a merge."`
	Private   bool     `help:"The component's repository is private."`
}

// Help gives the examples.
func (initCommand) Help() string {
	return `Adds a component to a release repository: its configuration, and its entries for Prow where the repository
has such files. In an empty folder it makes a new release repository around the component. What is not given is asked
for on a terminal. Files that are there are never overwritten.

Examples:
  drover init                                            asks
  drover init acme/widget --test unit='make test'
  drover init acme/widget --image widget --promote acme/latest --build-root openshift/release:golang-1.26
  drover init --repo new-folder acme/widget --test unit='make test'`
}

// Run makes the files.
func (c initCommand) Run(ctx context.Context, out *console) error {
	if c.Component == "" {
		if err := c.ask(ctx, os.Stdin, out.stderr); err != nil {
			return err
		}
	}
	component, err := c.answers()
	if err != nil {
		return err
	}
	if err := component.Validate(); err != nil {
		return err
	}
	files, notes, err := c.files(ctx, component)
	if err != nil {
		return err
	}
	left, err := c.judge(ctx, files)
	if err != nil {
		return err
	}
	if mine := ofFiles(left, files); len(mine) > 0 {
		for _, problem := range mine {
			fmt.Fprintln(out.stderr, problem)
		}
		return errors.New("nothing was written: the files would have problems")
	}
	if err := c.write(files); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintln(out.stdout, name)
	}
	for _, note := range notes {
		fmt.Fprintln(out.stderr, "note:", note)
	}
	if schema.HasErrors(left) {
		fmt.Fprintln(out.stderr, "note: other files of the repository have problems; drover check names them")
		return nil
	}
	fmt.Fprintln(out.stderr, "the repository has no problems; next: drover generate")
	return nil
}

// answers makes a component of the flags.
func (c initCommand) answers() (*scaffold.Component, error) {
	org, repo, ok := strings.Cut(c.Component, "/")
	if !ok {
		return nil, fmt.Errorf("%q does not name a component: want ORG/REPO", c.Component)
	}
	component := &scaffold.Component{Metadata: schema.Metadata{Org: org, Repo: repo, Branch: c.Branch}, Private: c.Private}
	for _, test := range c.Test {
		name, commands, ok := strings.Cut(test, "=")
		if !ok || commands == "" {
			return nil, fmt.Errorf("--test %q: want NAME=COMMANDS", test)
		}
		component.Tests = append(component.Tests, scaffold.Test{Name: name, Commands: commands})
	}
	for _, image := range c.Image {
		name, dockerfile, _ := strings.Cut(image, "=")
		component.Images = append(component.Images, scaffold.Image{Name: name, Dockerfile: dockerfile})
	}
	if c.BuildRoot != "" {
		namespace, rest, ok := strings.Cut(c.BuildRoot, "/")
		name, tag, ok2 := strings.Cut(rest, ":")
		if !ok || !ok2 {
			return nil, fmt.Errorf("--build-root %q: want NAMESPACE/NAME:TAG", c.BuildRoot)
		}
		component.BuildRoot = &schema.ImageStreamTagReference{Namespace: namespace, Name: name, Tag: tag}
	}
	if c.Promote != "" {
		namespace, name, ok := strings.Cut(c.Promote, "/")
		if !ok {
			return nil, fmt.Errorf("--promote %q: want NAMESPACE/NAME", c.Promote)
		}
		component.Promote = &schema.PromotionTarget{Namespace: namespace, Name: name}
	}
	return component, nil
}

// files are those to write, by path, and what a person has to do besides.
func (c initCommand) files(ctx context.Context, component *scaffold.Component) (files map[string][]byte, notes []string, err error) {
	config, err := component.Config()
	if err != nil {
		return nil, nil, err
	}
	entries, err := os.ReadDir(c.Repo)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	empty := !slices.ContainsFunc(entries, func(entry os.DirEntry) bool { return entry.Name() != ".git" })
	if empty {
		files = component.Repository()
		files[path.Join(repolayout.LayoutOf(&schema.Settings{}).Config, component.Metadata.Path())] = config
		return files, nil, nil
	}
	repo, opened, err := repositoryFlags{Repo: c.Repo}.load(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = opened.close() }()
	name := path.Join(repo.Layout.Config, component.Metadata.Path())
	if _, err := repo.Read(name); !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("%s is there already", name)
	}
	files = map[string][]byte{name: config}
	notes, err = addProw(repo, component, files)
	return files, notes, err
}

// write writes all files or none. It follows no link that leads elsewhere.
func (c initCommand) write(files map[string][]byte) error {
	targets := make(map[string][]byte, len(files))
	for name, content := range files {
		targets[filepath.Join(c.Repo, filepath.FromSlash(name))] = content
	}
	if err := replaceFiles(targets); err != nil {
		return fmt.Errorf("write: %w; nothing was changed", err)
	}
	return nil
}

// judge finds the problems that the repository would have with the files.
func (c initCommand) judge(ctx context.Context, files map[string][]byte) ([]schema.Problem, error) {
	tree := repolayout.FromFS(new(embed.FS))
	if _, err := os.Stat(c.Repo); err == nil {
		folder, closeFolder, err := repolayout.OpenFolder(c.Repo)
		if err != nil {
			return nil, err
		}
		defer func() { _ = closeFolder() }()
		tree = folder
	}
	repo, err := repolayout.Load(ctx, overlay{tree, files}, nil)
	if err != nil {
		return nil, err
	}
	_, problems := rules.AdmitWhole(ctx, nil, repo)
	return problems, ctx.Err()
}

// ofFiles are the errors among problems that are in some files.
func ofFiles(problems []schema.Problem, files map[string][]byte) []schema.Problem {
	var all []schema.Problem
	for _, problem := range problems {
		if _, ok := files[problem.File]; ok && problem.Severity != schema.Warning {
			all = append(all, problem)
		}
	}
	return all
}

// ask fills in what was not given. What cannot be is asked again.
func (c *initCommand) ask(ctx context.Context, in io.Reader, out io.Writer) error {
	q := newQuestions(ctx, in, out)
	q.set(&c.Component, "Component (ORG/REPO)", c.names)
	q.set(&c.Branch, "Branch", c.names)
	q.set(&c.BuildRoot, "Image to build in (NAMESPACE/NAME:TAG; empty: the repository's .ci-operator.yaml says it)", c.names)
	for {
		name := q.ask("Name of a test (empty: no more)", "")
		if name == "" {
			break
		}
		c.Test = append(c.Test, name+"="+q.ask("Its commands", "make "+name))
	}
	for {
		name := q.ask("Name of an image to build (empty: no more)", "")
		if name == "" {
			break
		}
		c.Image = append(c.Image, name+"="+q.ask("Its Dockerfile", "Dockerfile"))
	}
	if len(c.Image) > 0 {
		q.set(&c.Promote, "ImageStream that images go to after a merge (NAMESPACE/NAME; empty: none)", c.names)
	}
	private := map[bool]string{false: "no", true: "yes"}[c.Private]
	q.set(&private, "Is the repository private? (yes or no)", func() error {
		if private != "yes" && private != "no" {
			return fmt.Errorf("want yes or no (found %q)", private)
		}
		return nil
	})
	c.Private = private == "yes"
	return q.err
}

// names finds what cannot be among the answers so far.
func (c *initCommand) names() error {
	component, err := c.answers()
	if err != nil {
		return err
	}
	return component.ValidateNames()
}
