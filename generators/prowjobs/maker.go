package prowjobs

import (
	"fmt"
	"slices"

	"github.com/drover-ci/drover/schema"
)

// A maker makes the jobs of one configuration.
type maker struct {
	*Generator

	config *schema.Config
	// options are the configuration's, or none.
	options schema.JobGeneration
	// checkout, parts and labels are what all the jobs have.
	checkout Checkout
	parts    []*part
	labels   Pairs
	// jobs are those made so far, err the first thing that went wrong.
	jobs []*Job
	err  error
}

func (g *Generator) newMaker(config *schema.Config) *maker {
	m := &maker{Generator: g, config: config}
	if config.Prowgen != nil {
		m.options = *config.Prowgen
	}
	m.checkout = g.checkout(config, m.options)
	m.parts = m.sharedParts()
	m.labels = Pairs{{Key: labelGenerator, Value: generatorName}}
	if version := latestVersion(config); version != "" {
		m.labels = m.labels.With(labelRelease, version)
	}
	if m.needsNoBuilds() {
		m.labels = m.labels.With(labelNoBuilds, "true")
	}
	return m
}

// sharedParts are the parts that all jobs of the configuration have.
func (m *maker) sharedParts() []*part {
	parts := []*part{&m.template.all}
	if variant := m.config.Metadata.Variant; variant != "" {
		parts = append(parts, m.template.variant.with(value{"{variant}", variant}))
	}
	if m.options.Private {
		parts = append(parts, &m.template.private)
	}
	if m.options.Private && m.checkout.Skip {
		parts = append(parts, &m.template.privateUncloned)
	}
	if m.options.EnableSecretsStoreCSIDriver {
		parts = append(parts, &m.template.secretsStore)
	}
	return parts
}

// latestVersion is the version of the release "latest", where that is a build
// of a stream.
func latestVersion(config *schema.Config) string {
	if candidate := config.Releases["latest"].Candidate; candidate != nil {
		return candidate.Version
	}
	return ""
}

// needsNoBuilds says whether the jobs are labelled as needing no builds.
func (m *maker) needsNoBuilds() bool {
	branch := m.config.Metadata
	branch.Variant = ""
	return slices.Contains(m.template.labelledNoBuilds, branch.String()) && !builds(m.config)
}

// builds says whether a configuration builds anything: without a build root
// not even the source is.
func builds(config *schema.Config) bool {
	return config.BuildRoot != nil || config.Operator != nil || len(config.RawSteps) > 0 ||
		config.Images != nil && len(config.Images.Items) > 0
}

// job makes a job of what all jobs have and of its own parts.
func (m *maker) job(kind Kind, name string, parts []*part) *Job {
	labels, spec, err := assemble(m.template.container, slices.Concat(m.parts, parts))
	if err != nil && m.err == nil {
		m.err = fmt.Errorf("job %s: %w", name, err)
	}
	for _, label := range m.labels {
		labels = labels.With(label.Key, label.Value)
	}
	job := &Job{
		Kind:     kind,
		Name:     m.config.Metadata.JobName(kind.Prefix(), name),
		Labels:   labels,
		Checkout: m.checkout,
		Hidden:   m.options.Private && !m.options.Expose,
		Spec:     spec,
	}
	m.jobs = append(m.jobs, job)
	return job
}

// A condition says when a job runs, as tests, images and bundles can say it.
type condition struct {
	// never says that the job runs only when somebody asks for it.
	never                                           bool
	runIfChanged, skipIfOnlyChanged                 string
	pipelineRunIfChanged, pipelineSkipIfOnlyChanged string
	optional                                        bool
	skipBranches                                    []string
}

// always says whether nothing keeps the job from running.
func (c condition) always() bool { return !c.never && c.unconditional() }

// unconditional says that the changed files do not matter.
func (c condition) unconditional() bool {
	return c.runIfChanged+c.skipIfOnlyChanged+c.pipelineRunIfChanged+c.pipelineSkipIfOnlyChanged == ""
}

// presubmit makes a job that runs on pull requests.
func (m *maker) presubmit(name string, when condition, parts []*part) *Job {
	job := m.job(Presubmit, name, parts)
	short := m.config.Metadata.TestName(name)
	job.Branches = m.config.Metadata.ExactAndFeatureBranches()
	job.Context = m.config.Metadata.Context(name)
	job.RerunCommand = "/test " + short
	job.Trigger = trigger(short)
	if when.never && when.unconditional() && !when.optional {
		job.Trigger = trigger("(" + short + "|" + remainingRequired + ")")
	}
	job.Optional = when.optional
	job.setCondition(when)
	if when.pipelineRunIfChanged != "" {
		job.Annotations = job.Annotations.With(annotationRunIfChanged, when.pipelineRunIfChanged)
	}
	if when.pipelineSkipIfOnlyChanged != "" {
		job.Annotations = job.Annotations.With(annotationSkipIfOnlyChanged, when.pipelineSkipIfOnlyChanged)
	}
	return job
}

// postsubmit makes a job that runs after merges, one at a time.
func (m *maker) postsubmit(name string, when condition, parts []*part) *Job {
	job := m.job(Postsubmit, name, parts)
	job.Branches = []string{m.config.Metadata.ExactBranch()}
	job.MaxConcurrency = 1
	job.setCondition(when)
	return job
}

func (j *Job) setCondition(when condition) {
	j.AlwaysRun = when.always()
	j.RunIfChanged = when.runIfChanged
	j.SkipIfOnlyChanged = when.skipIfOnlyChanged
	j.SkipBranches = when.skipBranches
}

// periodic makes a job that runs at fixed times. It has no change that says
// what to clone, and so is told.
func (m *maker) periodic(name string, parts []*part) *Job {
	job := m.job(Periodic, name, parts)
	job.Base = m.config.Metadata
	return job
}
