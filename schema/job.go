package schema

import (
	"regexp"
	"slices"
	"strings"
)

// JobKind says when a Prow job runs, by the field of a job file that holds such jobs.
type JobKind string

// The kinds of jobs.
const (
	// Presubmits run on pull requests.
	Presubmits JobKind = "presubmits"
	// Postsubmits run after merges.
	Postsubmits JobKind = "postsubmits"
	// Periodics run at fixed times.
	Periodics JobKind = "periodics"
)

// Prefix is how the names of generated jobs of the kind start.
func (k JobKind) Prefix() string {
	switch k {
	case Presubmits:
		return "pull"
	case Postsubmits:
		return "branch"
	default:
		return "periodic"
	}
}

// Generated jobs are marked with a label.
const (
	generatorLabel = "ci.openshift.io/generator"
	generatorName  = "prowgen"
)

// Job is a Prow job as far as others can get into its way.
type Job struct {
	Kind JobKind `json:"kind"`
	// Repo is what a presubmit or postsubmit is for; a periodic has none.
	Repo string `json:"repo,omitempty"`
	// Name is the job's.
	Name string `json:"name"`
	// Context is what it is reported as.
	Context string `json:"context"`
	// Branches are expressions for the branches that it is for, SkipBranches for those
	// that are left out all the same.
	Branches     []string `json:"branches,omitempty"`
	SkipBranches []string `json:"skipBranches,omitempty"`
	// Field is what the name comes from in its file.
	Field string `json:"field"`
	// Line is where a job file has the name.
	Line int `json:"line,omitempty"`
	// Generated says that a job of a file has the label of those that are generated.
	Generated bool `json:"generated,omitempty"`
}

// Clash is the first of some jobs, of one kind and repository, that is for a branch
// that this one is for too. There is one for every periodic.
func (j *Job) Clash(others []*Job) *Job {
	for _, other := range others {
		if other.Meets(j) {
			return other
		}
	}
	return nil
}

// Meets says whether there may be a branch that both are for, as Prow finds out.
func (j *Job) Meets(other *Job) bool {
	switch {
	case len(j.Branches)+len(j.SkipBranches) == 0 || len(other.Branches)+len(other.SkipBranches) == 0:
		return true
	case len(j.Branches) > 0 && len(other.Branches) > 0:
		return slices.ContainsFunc(j.Branches, func(branch string) bool { return slices.Contains(other.Branches, branch) })
	case len(j.Branches) > 0:
		return slices.ContainsFunc(j.Branches, func(branch string) bool { return !other.skips(branch) })
	case len(other.Branches) > 0:
		return other.Meets(j)
	default:
		return true
	}
}

func (j *Job) skips(branch string) bool {
	skipped, err := regexp.Compile(strings.Join(j.SkipBranches, "|"))
	return err == nil && skipped.MatchString(branch)
}
