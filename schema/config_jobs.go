package schema

import (
	"iter"
	"slices"
	"strconv"
)

// MadeJob is a job that a configuration is made into.
type MadeJob struct {
	Kind JobKind
	// Target is the last part of the job's name: a test, or part of one, the images
	// or a bundle.
	Target string
	// SkipBranches are those that it is not for although they fit.
	SkipBranches []string

	list  string // the field that it is made of, or the list that this is in
	index int    // its place there; less than 0 outside lists
}

// Field is what the job is made of in its configuration.
func (m MadeJob) Field() string {
	if m.index < 0 {
		return m.list
	}
	return m.list + "[" + strconv.Itoa(m.index) + "].as"
}

// Job is the job as Prow gets it.
func (m MadeJob) Job(of Metadata) Job {
	job := Job{Kind: m.Kind, Name: of.JobName(m.Kind.Prefix(), m.Target), SkipBranches: m.SkipBranches, Field: m.Field(), Generated: true}
	job.Context = job.Name
	switch m.Kind {
	case Presubmits:
		job.Repo, job.Branches, job.Context = of.Component(), of.ExactAndFeatureBranches(), of.Context(m.Target)
	case Postsubmits:
		job.Repo, job.Branches = of.Component(), []string{of.ExactBranch()}
	case Periodics:
	}
	return job
}

// Jobs goes through the jobs that the configuration is made into. A test of the
// generator holds them against those that it makes.
func (c *Config) Jobs() iter.Seq[MadeJob] {
	return func(yield func(MadeJob) bool) {
		for i := range c.Tests {
			if !c.Tests[i].jobs(i, yield) {
				return
			}
		}
		_ = c.imageJobs(yield) && c.bundleJobs(yield)
	}
}

// jobs are those of the test at a place in its list.
func (t *Test) jobs(index int, yield func(MadeJob) bool) bool {
	for _, kind := range [...]JobKind{Periodics, Postsubmits, Presubmits} {
		if !t.IsMadeInto(kind) {
			continue
		}
		job := MadeJob{Kind: kind, list: "tests", index: index}
		if kind != Periodics {
			job.SkipBranches = t.SkipBranches
		}
		for shard := range t.Shards() {
			if job.Target = t.Target(shard + 1); !yield(job) {
				return false
			}
		}
	}
	return true
}

// imagesTarget is the target of the jobs that build all images.
const imagesTarget = "images"

// imageJobs are those that build and publish images.
func (c *Config) imageJobs(yield func(MadeJob) bool) bool {
	job := MadeJob{Kind: Presubmits, Target: imagesTarget, list: "images", index: -1}
	if c.Images == nil || len(c.Images.Items) == 0 {
		if c.Promotion == nil || !slices.ContainsFunc(c.Promotion.To, func(to PromotionTarget) bool { return len(to.AdditionalImages) > 0 }) {
			return true
		}
		job.list = "promotion"
	}
	if !yield(job) {
		return false
	}
	if c.Promotion == nil {
		return true
	}
	job.Kind, job.list = Postsubmits, "promotion"
	if !yield(job) {
		return false
	}
	job.Kind = Periodics
	return c.Promotion.Cron == "" || yield(job)
}

// bundleJobs are those that build operator bundles: one for each that has a name, and
// one for all others together.
func (c *Config) bundleJobs(yield func(MadeJob) bool) bool {
	if c.Operator == nil || c.Prowgen != nil && c.Prowgen.SkipOperatorPresubmits {
		return true
	}
	unnamed := false
	for i := range c.Operator.Bundles {
		bundle := &c.Operator.Bundles[i]
		if bundle.As == "" {
			unnamed = true
		} else if !yield(MadeJob{Kind: Presubmits, Target: bundle.JobTarget(), list: "operator.bundles", index: i}) {
			return false
		}
	}
	return !unnamed || yield(MadeJob{Kind: Presubmits, Target: IndexImage, list: "operator.bundles", index: -1})
}

// IndexImage is the image that lists operator bundles, and starts the names of those of
// named bundles.
const IndexImage = "ci-index"

// JobTarget is what the job of a named bundle is called.
func (b *Bundle) JobTarget() string {
	if b.SkipBuildingIndex {
		return "ci-bundle-" + b.As
	}
	return IndexImage + "-" + b.As
}

// IsPeriodic says whether a test runs at fixed times.
func (t *Test) IsPeriodic() bool {
	return t.Cron != nil || t.Interval != nil || t.MinimumInterval != nil || t.ReleaseController
}

// IsMadeInto says whether a test is made into a job of a kind. One that runs at fixed
// times may run on changes too.
func (t *Test) IsMadeInto(kind JobKind) bool {
	switch kind {
	case Periodics:
		return t.IsPeriodic()
	case Postsubmits:
		return t.Postsubmit
	default:
		return !t.Postsubmit && (!t.IsPeriodic() || t.Presubmit)
	}
}

// Shards is how many parts a test is split into, each a job: at least one.
func (t *Test) Shards() int {
	if t.ShardCount == nil {
		return 1
	}
	return max(1, *t.ShardCount)
}

// Target is what the job of a part of a test is called, counted from 1: as the test, if
// it is not split.
func (t *Test) Target(shard int) string {
	shards := t.Shards()
	if shards == 1 {
		return t.As
	}
	return t.As + "-" + strconv.Itoa(shard) + "of" + strconv.Itoa(shards)
}
