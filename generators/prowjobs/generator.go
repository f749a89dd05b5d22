package prowjobs

import (
	"fmt"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/schema"
)

// A Generator makes jobs. It never changes and may be used by many goroutines.
type Generator struct {
	template *template
	registry Registry
}

// New makes a generator from a job template and what the step registry says.
func New(shape *schema.JobTemplate, registry Registry) (*Generator, error) {
	t, err := newTemplate(shape)
	if err != nil {
		return nil, err
	}
	return &Generator{template: t, registry: registry}, nil
}

// Component makes the job files of a component from an empty tree, in order of
// their paths. The configurations are those of all its branches and variants,
// in any order.
func (g *Generator) Component(configs []*schema.Config) ([]generators.File, error) {
	files, err := g.Jobs(configs)
	if err != nil {
		return nil, err
	}
	return Render(files)
}

// Jobs makes the jobs of a component, by file. Files are in order of their
// paths, the jobs of each in order of their names.
func (g *Generator) Jobs(configs []*schema.Config) ([]JobFile, error) {
	if len(configs) == 0 {
		return nil, nil
	}
	component := configs[0].Metadata.Component()
	var all []*Job
	for _, config := range configs {
		if config.Metadata.Component() != component {
			return nil, fmt.Errorf("generate jobs of %s: %s is another component", component, config.Metadata)
		}
		jobs, err := g.configJobs(config)
		if err != nil {
			return nil, fmt.Errorf("generate jobs of %s: %w", config.Metadata, err)
		}
		all = append(all, jobs...)
	}
	return intoFiles(component, all)
}

// configJobs makes the jobs of one configuration, in no particular order.
func (g *Generator) configJobs(config *schema.Config) ([]*Job, error) {
	m := g.newMaker(config)
	for i := range config.Tests {
		m.addTest(&config.Tests[i])
	}
	m.addImages()
	m.addBundles()
	return m.jobs, m.err
}
