package render

import (
	"context"
	"errors"
	"fmt"
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
func Components(repo *repolayout.Repo) []Component { return components(repo, jobFilesOf(repo, nil)) }

// Elsewhere are the job files that are in no component's place. People wrote them.
func Elsewhere(repo *repolayout.Repo) Component { return jobFilesOf(repo, nil).elsewhere() }

// components is Components where it is known of what the job files are. Files of
// one folder come together, and so those of one component mostly.
func components(repo *repolayout.Repo, files *jobFiles) []Component {
	all := make([]Component, 0, len(files.of))
	at := make(map[string]int, len(files.of))
	component := func(name string) *Component {
		i, known := at[name]
		if !known {
			i = len(all)
			at[name] = i
			all = append(all, Component{Name: name})
		}
		return &all[i]
	}
	for configs := repo.Configs; len(configs) > 0; {
		first := &configs[0].Value.Metadata
		others := slices.IndexFunc(configs, func(doc *repolayout.Doc[schema.Config]) bool {
			return doc.Value.Metadata.Org != first.Org || doc.Value.Metadata.Repo != first.Repo
		})
		if others < 0 {
			others = len(configs)
		}
		of := component(first.Component())
		of.Docs = append(of.Docs, configs[:others:others]...)
		configs = configs[others:]
	}
	for name, jobs := range files.of {
		component(name).Jobs = jobs
	}
	slices.SortFunc(all, func(a, b Component) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// jobFiles are a repository's files of jobs, by the component that they are of.
type jobFiles struct {
	folder string
	all    []repolayout.Raw
	of     map[string][]repolayout.Raw
	// others are of none.
	others []repolayout.Raw
}

func (j *jobFiles) elsewhere() Component { return Component{Jobs: j.others} }

// jobFilesOf groups them, unless they are those that were grouped last.
func jobFilesOf(repo *repolayout.Repo, last *jobFiles) *jobFiles {
	if last != nil && last.folder == repo.Layout.Jobs && slices.Equal(last.all, repo.Jobs) {
		return last
	}
	j := &jobFiles{folder: repo.Layout.Jobs, all: repo.Jobs, of: map[string][]repolayout.Raw{}}
	for _, file := range repo.Jobs {
		if !strings.HasSuffix(file.Path, ".yaml") {
			continue
		}
		if name, ok := j.componentOf(path.Dir(file.Path)); ok {
			j.of[name] = append(j.of[name], file)
		} else {
			j.others = append(j.others, file)
		}
	}
	return j
}

// componentOf says which component the job files in a folder are of: ORG/REPO in
// the jobs' folder. Those in other places are nobody's.
func (j *jobFiles) componentOf(folder string) (name string, ok bool) {
	below, inside := strings.CutPrefix(folder, j.folder+"/")
	return below, inside && strings.Count(below, "/") == 1
}

// isElsewhere says whether these are files of no component, in which nothing is
// made or dropped.
func (c Component) isElsewhere() bool { return c.Name == "" }

// sameAs says whether the same jobs follow. Job files without an id may have
// changed.
func (c Component) sameAs(last Component) bool {
	unknown := func(file repolayout.Raw) bool { return file.ID == (repolayout.ID{}) }
	return slices.Equal(c.Docs, last.Docs) && slices.Equal(c.Jobs, last.Jobs) && !slices.ContainsFunc(c.Jobs, unknown)
}

// Contents names all that the component consists of by its content, so that the
// same files are made of what has the same contents under the same [Inputs]. It is
// false where the content of a job file is not known.
func (c Component) Contents() (contents []string, known bool) {
	contents = []string{c.Name}
	for _, doc := range c.Docs {
		contents = append(contents, doc.Path, doc.ID.String())
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

// Inputs names by its content all that the jobs of every component depend on.
func Inputs(repo *repolayout.Repo) []string {
	var inputs []string
	for _, id := range settingsOf(repo) {
		inputs = append(inputs, id.String())
	}
	registry := registryOf(repo)
	for _, names := range []map[string]string{registry.ClusterTypes, registry.WorkflowProfiles} {
		for _, name := range slices.Sorted(maps.Keys(names)) {
			inputs = append(inputs, name, names[name])
		}
		inputs = append(inputs, "")
	}
	return inputs
}

func (c Component) configs() []*schema.Config {
	configs := make([]*schema.Config, 0, len(c.Docs))
	for _, doc := range c.Docs {
		configs = append(configs, doc.Value)
	}
	return configs
}

// newGenerator makes the generator of a repository's jobs.
func newGenerator(repo *repolayout.Repo) (*prowjobs.Generator, error) {
	template, err := prowjobs.OpenShift()
	if err != nil {
		return nil, err
	}
	return prowjobs.New(prowjobs.Override(template, repo.Settings.Value.Jobs), registryOf(repo))
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
	generator, err := newGenerator(repo)
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
