package prowjobs

import (
	"github.com/drover-ci/drover/schema"
)

// Registry is what the generator has to know of the step registry: which
// cluster profile a test uses, and what kind of cluster that makes.
type Registry struct {
	// ClusterTypes are the kinds of clusters by cluster profile.
	ClusterTypes map[string]string
	// WorkflowProfiles are the cluster profiles of the workflows that have one.
	WorkflowProfiles map[string]string
}

// NewRegistry collects what the generator has to know.
func NewRegistry(profiles []schema.ClusterProfileEntry, workflows []*schema.RegistryWorkflow) Registry {
	r := Registry{ClusterTypes: map[string]string{}, WorkflowProfiles: map[string]string{}}
	for i := range profiles {
		r.ClusterTypes[profiles[i].Name] = profiles[i].ClusterType
	}
	for _, workflow := range workflows {
		if profile := workflow.Steps.ClusterProfile; profile != "" {
			r.WorkflowProfiles[workflow.As] = profile
		}
	}
	return r
}

// Differing are the cluster profiles and workflows from which other jobs follow
// than with another registry.
func (r Registry) Differing(other Registry) (profiles, workflows []string) {
	return differing(r.ClusterTypes, other.ClusterTypes), differing(r.WorkflowProfiles, other.WorkflowProfiles)
}

func differing(a, b map[string]string) []string {
	var names []string
	for name, value := range a {
		if b[name] != value {
			names = append(names, name)
		}
	}
	for name := range b {
		if _, both := a[name]; !both {
			names = append(names, name)
		}
	}
	return names
}

// ProfileOf is the cluster profile that a test uses, with the kind of cluster
// that it makes; both are empty for a test without one.
func (r Registry) ProfileOf(test *schema.Test) (profile, clusterType string) {
	switch {
	case test.LiteralSteps != nil && test.LiteralSteps.ClusterProfileLiteral != nil:
		literal := test.LiteralSteps.ClusterProfileLiteral
		return literal.Name, literal.ClusterType
	case test.LiteralSteps != nil:
		profile = test.LiteralSteps.ClusterProfile
	case test.Steps != nil:
		profile = test.Steps.ClusterProfile
		if profile == "" && test.Steps.Workflow != nil {
			profile = r.WorkflowProfiles[*test.Steps.Workflow]
		}
	}
	return profile, r.ClusterTypes[profile]
}
