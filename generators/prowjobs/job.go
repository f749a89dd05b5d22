package prowjobs

import (
	"slices"
	"strings"

	"github.com/drover-ci/drover/generators/yamlwriter"
	"github.com/drover-ci/drover/schema"
)

// A Kind says when a job runs.
type Kind = schema.JobKind

// The kinds of jobs, by the field of a job file that holds them.
const (
	Presubmit  = schema.Presubmits
	Postsubmit = schema.Postsubmits
	Periodic   = schema.Periodics
)

// A Job is a Prow job. Its fields are those of Prow's own type, as far as
// generated jobs use them; what is zero is not written.
type Job struct {
	// Kind is when the job runs.
	Kind Kind
	// Name is unique among all jobs of its kind.
	Name string
	// Labels and Annotations are sorted by key.
	Labels, Annotations Pairs
	// Cluster is where the job runs; empty leaves it to the dispatcher.
	Cluster string
	// Hidden keeps the job from the public pages.
	Hidden bool
	// MaxConcurrency is how many may run at once; 0 is no limit.
	MaxConcurrency int
	// Timeout is how long the job may take; nil is Prow's default.
	Timeout *schema.Duration
	// Checkout is what Prow clones before the job starts.
	Checkout Checkout
	// Report says where results are reported besides the pull request.
	Report *schema.ReporterConfig
	// Spec is the pod.
	Spec PodSpec

	// Branches are expressions for the branches of presubmits and postsubmits,
	// SkipBranches for those that are left out all the same.
	Branches, SkipBranches []string
	// AlwaysRun says that a presubmit or postsubmit runs on every change.
	AlwaysRun bool
	// RunIfChanged and SkipIfOnlyChanged are expressions for changed files.
	RunIfChanged, SkipIfOnlyChanged string

	// Context is a presubmit's name on a pull request.
	Context string
	// RerunCommand and Trigger are what people write to start a presubmit, and
	// the expression that finds it.
	RerunCommand, Trigger string
	// Optional says that a presubmit's failure does not block a merge.
	Optional bool
	// SkipReport keeps a presubmit's result from the pull request.
	SkipReport bool

	// Cron, Interval and MinimumInterval say when a periodic runs: one of them.
	Cron, Interval, MinimumInterval string
	// Base is the branch that a periodic clones and is about.
	Base schema.Metadata
	// Retry says how a failed periodic starts again.
	Retry *schema.Retry

	// fixed marks what the configuration says, where an older value must not be
	// kept.
	fixed fixedFields
	// report is what a kept job says instead of Report.
	report any
	// raw are all fields of a job that was not generated.
	raw map[string]any
}

// fixedFields are those of the fields that people may set in job files which
// the configuration has set.
type fixedFields struct{ maxConcurrency, cluster bool }

// Checkout is what Prow clones.
type Checkout struct {
	// Skip says that nothing is cloned.
	Skip bool
	// Files are the only files that are needed, sorted; none means all.
	Files []string
	// Token is the secret to clone a private repository with; nil clones as
	// anyone could.
	Token *schema.JobCloneToken
	// PathAlias is the import path under which the source is put; empty is the
	// repository's address.
	PathAlias string
}

// PodSpec is the pod of a job. All lists are sorted by name.
type PodSpec struct {
	// Container is what all jobs have in common.
	Container *Container
	// Args are the arguments, sorted.
	Args []string
	// Env are the environment variables.
	Env []Variable
	// Ports are the container's ports.
	Ports []Port
	// Mounts are where volumes are mounted.
	Mounts []Mount
	// Volumes are what is mounted.
	Volumes []Volume
}

// Container is what the containers of all jobs have in common.
type Container struct {
	// Image is what runs, ImagePullPolicy when it is pulled.
	Image, ImagePullPolicy string
	// Command comes before the arguments.
	Command []string
	// ServiceAccount is the pod's.
	ServiceAccount string
	// Requests and Limits are amounts by resource, sorted.
	Requests, Limits Pairs
}

// Variable is an environment variable.
type Variable struct {
	schema.JobVariable

	// Name is the variable's.
	Name string
}

// Port is a port of the container.
type Port struct {
	// Name is the port's, Number where it listens.
	Name   string
	Number int
}

// Mount is where a volume is mounted.
type Mount struct {
	schema.JobMount

	// Name is the volume's.
	Name string
}

// Volume is a volume of the pod.
type Volume struct {
	schema.JobVolume

	// Name is what mounts call it.
	Name string
}

// Pairs is a mapping, sorted by key.
type Pairs []yamlwriter.Pair

// Get is the value of a key, or nothing.
func (p Pairs) Get(key string) string {
	for _, pair := range p {
		if pair.Key == key {
			return pair.Value
		}
	}
	return ""
}

// With is the mapping with a key, or with another value for it. Like append it
// may change the mapping that it is called on.
func (p Pairs) With(key, value string) Pairs {
	at, found := slices.BinarySearchFunc(p, key, func(pair yamlwriter.Pair, key string) int {
		return strings.Compare(pair.Key, key)
	})
	if found {
		p[at].Value = value
		return p
	}
	return slices.Insert(p, at, yamlwriter.Pair{Key: key, Value: value})
}

// label adds a label, or gives it another value.
func (j *Job) label(key, value string) { j.Labels = j.Labels.With(key, value) }
