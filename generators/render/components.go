package render

import (
	"context"
	"fmt"
	"path"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/generators/prowjobs"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
)

// Component is the configurations of one org/repo. They are made into jobs
// together, because variants of a branch share files.
type Component struct {
	// Name is org/repo.
	Name string
	// Docs are its configurations, in the order of paths.
	Docs []*repolayout.Doc[schema.Config]
}

// Components groups a repository's configurations, in the order of paths.
func Components(repo *repolayout.Repo) []Component {
	var all []Component
	folder := ""
	for _, doc := range repo.Configs {
		if dir := path.Dir(doc.Path); dir != folder {
			folder = dir
			all = append(all, Component{Name: doc.Value.Metadata.Component()})
		}
		last := &all[len(all)-1]
		last.Docs = append(last.Docs, doc)
	}
	return all
}

func (c Component) configs() []*schema.Config {
	configs := make([]*schema.Config, 0, len(c.Docs))
	for _, doc := range c.Docs {
		configs = append(configs, doc.Value)
	}
	return configs
}

// NewGenerator makes the generator of a repository's jobs.
func NewGenerator(repo *repolayout.Repo) (*prowjobs.Generator, error) {
	template, err := prowjobs.OpenShift()
	if err != nil {
		return nil, err
	}
	workflows := make([]*schema.RegistryWorkflow, 0, len(repo.Workflows))
	for _, doc := range repo.Workflows {
		workflows = append(workflows, doc.Value)
	}
	return prowjobs.New(template, prowjobs.NewRegistry(repo.Profiles.Value.ClusterProfiles, workflows))
}

// JobFiles makes the job files of components on all processors and hands each
// component's to do, which is called by several goroutines at once. No more
// than a few components are held at a time.
func JobFiles(ctx context.Context, generator *prowjobs.Generator, components []Component, do func(Component, []generators.File) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, component := range components {
		if ctx.Err() != nil {
			break
		}
		group.Go(func() error {
			files, err := generator.Component(component.configs())
			if err != nil {
				return fmt.Errorf("make the jobs of %s: %w", component.Name, err)
			}
			return do(component, files)
		})
	}
	return group.Wait()
}
