package prowjobs

import (
	"maps"
	"slices"

	"github.com/drover-ci/drover/schema"
)

const (
	// imagesJob is the name of the jobs that build all images.
	imagesJob = "images"
	// allImages and latestRelease are targets: what is built as a whole.
	allImages     = "[images]"
	latestRelease = "[release:latest]"
)

// addImages makes the jobs that build and publish images.
func (m *maker) addImages() {
	targets := imageTargets(m.config)
	if len(targets) == 0 {
		return
	}
	m.addImagesPresubmit(targets)
	if m.config.Promotion == nil {
		return
	}
	parts := append(m.targetParts(targets), &m.template.promotion)
	job := m.postsubmit(imagesJob, condition{}, parts)
	job.fixed.maxConcurrency = true // two at once could publish in the wrong order
	m.dressPromotion(job)
	if cron := m.config.Promotion.Cron; cron != "" {
		job := m.periodic(imagesJob, parts)
		job.Cron = spread(cron, job.Name)
		m.dressPromotion(job)
	}
}

// dressPromotion gives a job that publishes images what its kind does not
// matter for.
func (m *maker) dressPromotion(job *Job) {
	job.Report = m.images().ReporterConfig
	m.labelImageNeeds(job)
}

// labelImageNeeds labels a job with what the builds of all images need of their
// cluster.
func (m *maker) labelImageNeeds(job *Job) {
	for _, image := range m.images().Items {
		labelCapabilities(job, image.Capabilities)
	}
}

// images are the configuration's, or none.
func (m *maker) images() schema.Images {
	if m.config.Images == nil {
		return schema.Images{}
	}
	return *m.config.Images
}

func (m *maker) addImagesPresubmit(targets []string) {
	images := m.images()
	when := condition{
		runIfChanged:              images.RunIfChanged,
		skipIfOnlyChanged:         images.SkipIfOnlyChanged,
		pipelineRunIfChanged:      images.PipelineRunIfChanged,
		pipelineSkipIfOnlyChanged: images.PipelineSkipIfOnlyChanged,
		optional:                  slices.ContainsFunc(images.Items, func(image schema.Image) bool { return image.Optional }),
	}
	if m.promotesOfficially() {
		targets = append(targets, latestRelease)
	}
	job := m.presubmit(imagesJob, when, m.targetParts(targets))
	allowRehearsal(job)
	job.Report = presubmitReport(images.ReporterConfig)
	m.labelImageNeeds(job)
}

// targetParts are the parts for what ci-operator is to build.
func (m *maker) targetParts(targets []string) []*part {
	parts := make([]*part, len(targets))
	for i, target := range targets {
		parts[i] = m.template.target.with(value{"{target}", target})
	}
	return parts
}

// imageTargets are what is built where images are built: all of them, and the
// images that are published besides. Without images there is none.
func imageTargets(config *schema.Config) []string {
	targets := map[string]bool{}
	if config.Promotion != nil {
		for i := range config.Promotion.To {
			for _, source := range config.Promotion.To[i].AdditionalImages {
				targets[source] = true
			}
		}
	}
	if len(targets) > 0 || config.Images != nil && len(config.Images.Items) > 0 {
		targets[allImages] = true
	}
	return slices.Sorted(maps.Keys(targets))
}

// promotesOfficially says whether images become part of a release.
func (m *maker) promotesOfficially() bool {
	if m.config.Promotion == nil {
		return false
	}
	return slices.ContainsFunc(m.config.Promotion.To, func(to schema.PromotionTarget) bool {
		return !to.Disabled && slices.Contains(m.template.officialNamespaces, to.Namespace)
	})
}
