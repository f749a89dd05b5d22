package prowjobs

import (
	"slices"
	"strconv"

	"github.com/drover-ci/drover/schema"
)

// addTest makes the jobs of a test: one, or one for each part that it is split
// into, and twice that for a periodic that runs on pull requests too.
func (m *maker) addTest(test *schema.Test) {
	parts := m.testParts(test)
	shards := test.Shards()
	for shard := 1; shard <= shards; shard++ {
		own := parts
		if shards > 1 {
			share := m.template.shard.with(value{"{shard}", strconv.Itoa(shard)}, value{"{shards}", strconv.Itoa(shards)})
			own = slices.Concat(parts, []*part{share})
		}
		m.addTestJobs(test, test.Target(shard), own)
	}
}

func (m *maker) addTestJobs(test *schema.Test, name string, parts []*part) {
	if test.IsMadeInto(Periodic) {
		m.addTestPeriodic(test, name, parts)
	}
	if test.IsMadeInto(Postsubmit) {
		job := m.postsubmit(name, conditionOf(test), parts)
		m.dressTest(job, test)
		job.Report = test.ReporterConfig
	}
	if test.IsMadeInto(Presubmit) {
		job := m.presubmit(name, conditionOf(test), parts)
		m.dressTest(job, test)
		m.allowRehearsalOf(job, test)
		job.Report = presubmitReport(test.ReporterConfig)
	}
}

func (m *maker) addTestPeriodic(test *schema.Test, name string, parts []*part) {
	job := m.periodic(name, parts)
	m.dressTest(job, test)
	m.allowRehearsalOf(job, test)
	job.Cron = spread(orEmpty(test.Cron), job.Name)
	job.Interval = orEmpty(test.Interval)
	job.MinimumInterval = orEmpty(test.MinimumInterval)
	if test.ReleaseController {
		job.Cron = neverByItself
		job.label(labelReleaseController, "true")
	}
	job.Retry = test.Retry
	job.Report = test.ReporterConfig
}

// conditionOf says when a test runs on changes.
func conditionOf(test *schema.Test) condition {
	return condition{
		never:                     test.AlwaysRun != nil && !*test.AlwaysRun,
		runIfChanged:              test.RunIfChanged,
		skipIfOnlyChanged:         test.SkipIfOnlyChanged,
		pipelineRunIfChanged:      test.PipelineRunIfChanged,
		pipelineSkipIfOnlyChanged: test.PipelineSkipIfOnlyChanged,
		optional:                  test.Optional,
		skipBranches:              test.SkipBranches,
	}
}

// presubmitReport leaves pull requests out of reports unless they are asked
// for.
func presubmitReport(report *schema.ReporterConfig) *schema.ReporterConfig {
	if report == nil || !report.ReportPresubmit {
		return nil
	}
	return report
}

// allowRehearsalOf labels the job of a test as one that may be rehearsed,
// unless the test or its configuration says no.
func (m *maker) allowRehearsalOf(job *Job, test *schema.Test) {
	if !test.DisableRehearsal && !m.options.DisableRehearsals {
		allowRehearsal(job)
	}
}

// allowRehearsal labels a job as one that may run on pull requests to the
// release repository.
func allowRehearsal(job *Job) { job.label(labelRehearsable, "true") }

// testParts are the parts of the features that a test uses.
func (m *maker) testParts(test *schema.Test) []*part {
	t := m.template
	parts := []*part{t.target.with(value{"{target}", test.As}), &t.test}
	if test.Secret != nil {
		parts = append(parts, m.secretPart(test.Secret))
	}
	for i := range test.Secrets {
		parts = append(parts, m.secretPart(&test.Secrets[i]))
	}
	if test.ClusterClaim != nil {
		parts = append(parts, &t.claim)
	}
	if test.Steps != nil || test.LiteralSteps != nil {
		parts = append(parts, &t.multiStage)
		if m.config.Releases != nil {
			parts = append(parts, &t.release)
		}
	}
	return parts
}

// secretPart is the part of a Secret. What comes from the secret manager has no
// Secret of that name, and is mounted by ci-operator itself.
func (m *maker) secretPart(secret *schema.Secret) *part {
	if secret.Name == "" {
		return &part{}
	}
	return m.template.secret.with(value{"{secret}", secret.Name})
}

// dressTest gives a test's job what its kind does not matter for.
func (m *maker) dressTest(job *Job, test *schema.Test) {
	job.Timeout = test.Timeout
	if test.MaxConcurrency != 0 {
		job.MaxConcurrency = test.MaxConcurrency
		job.fixed.maxConcurrency = true
	}
	if test.Cluster != "" {
		job.Cluster = test.Cluster
		job.fixed.cluster = true
		job.label(labelCluster, test.Cluster)
	}
	profile, clusterType := m.registry.ProfileOf(test)
	if profile != "" {
		job.label(labelClusterProfile, profile)
	}
	if clusterType != "" {
		job.label(labelCloud, clusterType)
	}
	m.labelNeeds(job, test)
}

// labelNeeds labels a job with what it needs of its cluster.
func (m *maker) labelNeeds(job *Job, test *schema.Test) {
	labelCapabilities(job, test.Capabilities)
	if test.NodeArchitecture != "" {
		labelCapabilities(job, []string{string(test.NodeArchitecture)})
	}
	own, others := m.config.Resources[test.As], m.config.Resources["*"]
	if devices := orDefault(own.Requests[labelKVM], others.Requests[labelKVM]); devices != "" {
		job.label(labelKVM, devices)
	}
}

func labelCapabilities(job *Job, capabilities []string) {
	for _, capability := range capabilities {
		job.label(labelCapability+capability, capability)
	}
}
