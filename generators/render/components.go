package render

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"path"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/generators/dispatch"
	"github.com/drover-ci/drover/generators/prowjobs"
	"github.com/drover-ci/drover/internal/workers"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
)

// Component is what there is of one org/repo. Its configurations are made into
// jobs together, because variants of a branch share files.
type Component struct {
	// Name is org/repo. What is in no component's place has none.
	Name string
	// Docs are its configurations, in the order of paths. There are none of a
	// component that was dropped but has jobs still.
	Docs []*repolayout.Doc[schema.Config]
	// Jobs are the job files that the repository has of it, in the order of paths.
	Jobs []repolayout.Raw
}

// Components groups a repository's configurations and job files, in the order
// of names.
func Components(repo *repolayout.Repo) []Component {
	names := map[string]bool{}
	addNames(names, repo.Configs.All(), func(doc *repolayout.Doc[schema.Config]) string { return doc.Path }, repo.Layout.Config)
	addNames(names, slices.Values(repo.Jobs), func(file repolayout.Raw) string { return file.Path }, repo.Layout.Jobs)
	delete(names, elsewhere)
	all := make([]Component, 0, len(names))
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if component := componentNamed(repo, name); !component.isEmpty() {
			all = append(all, component)
		}
	}
	return all
}

// elsewhere stands for the name of what is in no component's place.
const elsewhere = ""

// Elsewhere are the job files that are in no component's place. People wrote them.
func Elsewhere(repo *repolayout.Repo) Component {
	return Component{Jobs: jobFiles(repo.Jobs, func(file string) bool { return nameIn(repo.Layout.Jobs, file) == elsewhere })}
}

// addNames adds the names of the components that files below a folder are of. Those
// of one component come together.
func addNames[T any](names map[string]bool, files iter.Seq[T], pathOf func(T) string, folder string) {
	var last string
	for file := range files {
		if dir := path.Dir(pathOf(file)); dir != last {
			names[nameIn(folder, pathOf(file))] = true
			last = dir
		}
	}
}

// nameIn is the name of the component that a file below a folder is of, which is
// in FOLDER/ORG/REPO; those in other places are nobody's.
func nameIn(folder, file string) string {
	below, inside := strings.CutPrefix(path.Dir(file), folder+"/")
	if !inside || strings.Count(below, "/") != 1 {
		return elsewhere
	}
	return below
}

// componentNamed is what there is of the name.
func componentNamed(repo *repolayout.Repo, name string) Component {
	if name == elsewhere {
		return Elsewhere(repo)
	}
	folder := repo.Layout.Jobs + "/" + name
	return Component{
		Name: name, Docs: repolayout.InFolder(repo.Configs, repo.Layout.Config+"/"+name+"/"),
		Jobs: jobFiles(repolayout.Below(repo.Jobs, folder+"/"), func(file string) bool { return path.Dir(file) == folder }),
	}
}

// jobFiles are those among files that Prow takes, in the right places.
func jobFiles(files []repolayout.Raw, inPlace func(file string) bool) []repolayout.Raw {
	isNone := func(file repolayout.Raw) bool { return !strings.HasSuffix(file.Path, ".yaml") || !inPlace(file.Path) }
	if !slices.ContainsFunc(files, isNone) {
		return files
	}
	return slices.DeleteFunc(slices.Clone(files), isNone)
}

func (c Component) isEmpty() bool { return len(c.Docs)+len(c.Jobs) == 0 }

// isElsewhere says whether these are files of no component, in which nothing is
// made or dropped.
func (c Component) isElsewhere() bool { return c.Name == elsewhere }

// Inputs are what the job files of components are made of besides the components.
type Inputs struct {
	settings []string
	registry prowjobs.Registry
}

// NewInputs are those of a repository.
func NewInputs(repo *repolayout.Repo) Inputs {
	in := Inputs{registry: registryOf(repo)}
	for _, id := range settingsOf(repo) {
		in.settings = append(in.settings, id.String())
	}
	return in
}

// Of names all that the job files of a component are made of by its content: where
// it is the same, they are. It is false where the content of a job file is not known.
func (in Inputs) Of(c Component) (contents []string, known bool) {
	contents = append(slices.Clip(in.settings), c.Name)
	for _, doc := range c.Docs {
		contents = append(contents, doc.Path, doc.ID.String())
		for i := range doc.Value.Tests {
			profile, clusterType := in.registry.ProfileOf(&doc.Value.Tests[i])
			contents = append(contents, profile, clusterType)
		}
	}
	contents = append(contents, "jobs")
	for _, file := range c.Jobs {
		if file.ID == (repolayout.ID{}) {
			return nil, false
		}
		contents = append(contents, file.Path, file.ID.String())
	}
	return contents, true
}

func (c Component) configs() []*schema.Config {
	configs := make([]*schema.Config, 0, len(c.Docs))
	for _, doc := range c.Docs {
		configs = append(configs, doc.Value)
	}
	return configs
}

// newGenerator makes the generator of a repository's jobs.
func newGenerator(repo *repolayout.Repo, registry prowjobs.Registry) (*prowjobs.Generator, error) {
	template, err := prowjobs.OpenShift()
	if err != nil {
		return nil, err
	}
	return prowjobs.New(prowjobs.Override(template, repo.Settings.Value.Jobs), registry)
}

// registryOf is what jobs depend on of the step registry.
func registryOf(repo *repolayout.Repo) prowjobs.Registry {
	workflows := make([]*schema.RegistryWorkflow, 0, len(repo.Workflows))
	for _, doc := range repo.Workflows {
		workflows = append(workflows, doc.Value)
	}
	return prowjobs.NewRegistry(repo.Profiles.Value.ClusterProfiles, workflows)
}

// Maker makes the job files of components.
type Maker struct {
	// Generator makes the jobs.
	Generator *prowjobs.Generator
	// Configs is where the repository has its configurations, for problems.
	Configs string
	// Folder is where it has its job files, and Read reads them, into the memory of
	// a buffer where it can. With a nil Read files are made as from an empty tree;
	// else what people wrote into the repository's is kept.
	Folder string
	Read   func(path string, buffer []byte) ([]byte, error)
	// Dispatcher says which cluster a job runs on; nil leaves it as it is.
	Dispatcher *dispatch.Dispatcher
}

// NewMaker is the maker of a repository's job files over those it has, with
// clusters where the repository says something of them. Problems are those of
// what it says.
func NewMaker(repo *repolayout.Repo) (*Maker, []schema.Problem, error) {
	generator, err := newGenerator(repo, registryOf(repo))
	if err != nil {
		return nil, nil, err
	}
	dispatcher, problems := newDispatcher(repo)
	return &Maker{
		Generator: generator, Dispatcher: dispatcher,
		Configs: repo.Layout.Config, Folder: repo.Layout.Jobs, Read: repo.ReadInto,
	}, problems, nil
}

// Made are the job files of a component.
type Made struct {
	// Component is what they were made of.
	Component Component
	// Jobs are what Files were written from. Of files that cannot be read, and so
	// stay as they are, there are none.
	Jobs []prowjobs.JobFile
	// Files are those that its folder is to hold, in the order of paths, which are
	// relative to the jobs' folder.
	Files []generators.File
	// Existing are those that it holds.
	Existing []generators.File
}

// All makes the files of components on all processors and hands each
// component's to do, which is called by several goroutines at once. What is
// made is do's to read until it returns, and then their memory is used again: a
// repository's job files together are seven times as large as all that they are
// made of.
//
// Problems are job files that cannot be read, so that what people wrote into
// them could not be kept, and jobs that no cluster can run. Their components are
// left out, and the others made.
func (m *Maker) All(ctx context.Context, components []Component, do func(Made) error) ([]schema.Problem, error) {
	group, ctx := errgroup.WithContext(ctx)
	var next atomic.Int64
	problems := make([][]schema.Problem, workers.Count())
	for worker := range problems {
		group.Go(func() error {
			hand := hand{Maker: m}
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(components) {
					return nil
				}
				made, found, err := hand.make(components[i])
				if err != nil {
					return err
				}
				if len(found) > 0 {
					problems[worker] = append(problems[worker], found...)
					continue
				}
				if err := do(made); err != nil {
					return err
				}
				workers.GiveWay()
			}
			return ctx.Err()
		})
	}
	err := group.Wait()
	return schema.SortProblems(slices.Concat(problems...)), err
}

// hand makes one component after the other, in the same memory.
type hand struct {
	*Maker

	merger   prowjobs.Merger
	renderer prowjobs.Renderer
	existing []generators.File
	buffers  [][]byte
}

// make makes the files that a component's folder is to hold.
func (h *hand) make(component Component) (Made, []schema.Problem, error) {
	made := Made{Component: component}
	jobs, err := h.Generator.Jobs(component.configs())
	if err != nil {
		return made, nil, err
	}
	if h.Read != nil {
		if made.Existing, err = h.read(component); err != nil {
			return made, nil, err
		}
		if component.isElsewhere() {
			jobs = prowjobs.Existing(made.Existing)
		} else if merged, unreadable := h.merger.Merge(made.Existing, jobs); len(unreadable) > 0 {
			return made, h.problems(unreadable), nil
		} else {
			jobs = merged
		}
	}
	if problems := h.assign(jobs); len(problems) > 0 {
		return made, problems, nil
	}
	made.Jobs = jobs
	made.Files, err = h.renderer.Render(jobs)
	return made, nil, err
}

// Fresh makes the jobs of configurations of one component as from an empty tree,
// with their clusters.
func (m *Maker) Fresh(configs []*schema.Config) ([]prowjobs.JobFile, error) {
	jobs, err := m.Generator.Jobs(configs)
	if err != nil {
		return nil, err
	}
	if problems := m.assign(jobs); len(problems) > 0 {
		return nil, errors.New(problems[0].Message)
	}
	return jobs, nil
}

// read reads the files that the repository has, with paths as the generator
// gives them.
func (h *hand) read(component Component) ([]generators.File, error) {
	h.existing = h.existing[:0]
	for i, file := range component.Jobs {
		if i == len(h.buffers) {
			h.buffers = append(h.buffers, nil)
		}
		content, err := h.Read(file.Path, h.buffers[i])
		if err != nil {
			return nil, err
		}
		if cap(content) > cap(h.buffers[i]) {
			h.buffers[i] = content
		}
		h.existing = append(h.existing, generators.File{Path: strings.TrimPrefix(file.Path, h.Folder+"/"), Content: content})
	}
	return h.existing, nil
}

// RuleJobFileRead is the rule that job files in which something would change
// can be read.
const RuleJobFileRead = "job-file"

func (h *hand) problems(unreadable []prowjobs.UnreadableError) []schema.Problem {
	problems := make([]schema.Problem, 0, len(unreadable))
	for _, file := range unreadable {
		problems = append(problems, schema.Problem{
			File: path.Join(h.Folder, file.Path), Rule: RuleJobFileRead, Severity: schema.Error,
			Message: fmt.Sprintf("what people wrote into the file cannot be kept (found: %v, want a file of jobs that can be read)", file.Err),
		})
	}
	return problems
}
