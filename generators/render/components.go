package render

import (
	"context"
	"fmt"
	"maps"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/generators/dispatch"
	"github.com/drover-ci/drover/generators/prowjobs"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
)

// Component is what there is of one org/repo. Its configurations are made into
// jobs together, because variants of a branch share files.
type Component struct {
	// Name is org/repo.
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
	byName := map[string]*Component{}
	component := func(name string) *Component {
		if byName[name] == nil {
			byName[name] = &Component{Name: name}
		}
		return byName[name]
	}
	for _, doc := range repo.Configs {
		c := component(doc.Value.Metadata.Component())
		c.Docs = append(c.Docs, doc)
	}
	for _, file := range repo.Jobs {
		if name, ok := componentOfJobs(repo, file.Path); ok {
			c := component(name)
			c.Jobs = append(c.Jobs, file)
		}
	}
	all := make([]Component, 0, len(byName))
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		all = append(all, *byName[name])
	}
	return all
}

// componentOfJobs says which component a job file is of: ORG/REPO/NAME.yaml in
// the jobs' folder. Files in other places are nobody's.
func componentOfJobs(repo *repolayout.Repo, file string) (name string, ok bool) {
	below := strings.TrimPrefix(file, repo.Layout.Jobs+"/")
	if path.Ext(file) != ".yaml" || strings.Count(below, "/") != 2 {
		return "", false
	}
	return path.Dir(below), true
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
	workflows := make([]*schema.RegistryWorkflow, 0, len(repo.Workflows))
	for _, doc := range repo.Workflows {
		workflows = append(workflows, doc.Value)
	}
	template = prowjobs.Override(template, repo.Settings.Value.Jobs)
	return prowjobs.New(template, prowjobs.NewRegistry(repo.Profiles.Value.ClusterProfiles, workflows))
}

// Maker makes the job files of components.
type Maker struct {
	// Generator makes the jobs.
	Generator *prowjobs.Generator
	// Folder is where the repository has its job files, and Read reads them. With
	// a nil Read files are made as from an empty tree; else what people wrote into
	// the repository's is kept.
	Folder string
	Read   func(path string) ([]byte, error)
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
	return &Maker{Generator: generator, Folder: repo.Layout.Jobs, Read: repo.Read, Dispatcher: dispatcher}, problems, nil
}

// All makes the files of components on all processors and hands each
// component's to do, which is called by several goroutines at once. The files
// are do's to read until it returns, and then their memory is used again: a
// repository's job files together are seven times as large as all that they are
// made of.
func (m *Maker) All(ctx context.Context, components []Component, do func(Component, []generators.File) error) error {
	group, ctx := errgroup.WithContext(ctx)
	var next atomic.Int64
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() error {
			var renderer prowjobs.Renderer
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(components) {
					return nil
				}
				files, err := m.files(&renderer, components[i])
				if err != nil {
					return err
				}
				if err := do(components[i], files); err != nil {
					return err
				}
			}
			return ctx.Err()
		})
	}
	return group.Wait()
}

// files makes the files that a component's folder is to hold.
func (m *Maker) files(renderer *prowjobs.Renderer, component Component) ([]generators.File, error) {
	jobs, err := m.Generator.Jobs(component.configs())
	if err != nil {
		return nil, err
	}
	if m.Read != nil {
		existing, err := m.existing(component)
		if err != nil {
			return nil, err
		}
		if jobs, err = prowjobs.Merge(existing, jobs); err != nil {
			return nil, &JobsError{Component: component.Name, Rule: RuleJobFileRead, Err: err}
		}
	}
	if err := m.assign(jobs); err != nil {
		return nil, &JobsError{Component: component.Name, Rule: dispatch.RuleJobCluster, Err: err}
	}
	return renderer.Render(jobs)
}

// Fresh makes the jobs of configurations of one component as from an empty tree,
// with their clusters.
func (m *Maker) Fresh(configs []*schema.Config) ([]prowjobs.JobFile, error) {
	jobs, err := m.Generator.Jobs(configs)
	if err != nil {
		return nil, err
	}
	return jobs, m.assign(jobs)
}

// existing are the files that the repository has, with paths as the generator
// gives them.
func (m *Maker) existing(component Component) ([]generators.File, error) {
	files := make([]generators.File, 0, len(component.Jobs))
	for _, file := range component.Jobs {
		content, err := m.Read(file.Path)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", file.Path, err)
		}
		files = append(files, generators.File{Path: strings.TrimPrefix(file.Path, m.Folder+"/"), Content: content})
	}
	return files, nil
}

// JobsError says why no job files of a component can be made: those that there
// are cannot be read, so that what people wrote into them could not be kept, or
// there is no one cluster for a job.
type JobsError struct {
	// Component is org/repo.
	Component string
	// Rule is the rule that does not hold.
	Rule string
	// Err names the files, or the jobs.
	Err error
}

// Error names the files, or the jobs.
func (e *JobsError) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *JobsError) Unwrap() error { return e.Err }
