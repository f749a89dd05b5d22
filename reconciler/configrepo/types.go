package configrepo

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	runtimeschema "k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/drover-ci/drover/schema"
)

// Kind is the kind of a ConfigRepo.
const Kind = "ConfigRepo"

// GroupVersion is the API version of a ConfigRepo.
func GroupVersion() runtimeschema.GroupVersion {
	return runtimeschema.GroupVersion{Group: "drover.dev", Version: "v1alpha1"}
}

// resource is where ConfigRepos are found in the API.
func resource() runtimeschema.GroupVersionResource {
	return GroupVersion().WithResource("configrepos")
}

// ConfigRepo is a release repository that Drover keeps clusters by.
type ConfigRepo struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitzero"`

	Spec   Spec   `json:"spec"`
	Status Status `json:"status,omitzero"`
}

// Spec is what people want.
type Spec struct {
	// URL is where the repository is: https, ssh, or a path on this machine.
	URL string `json:"url"`
	// Branch is which branch to follow; empty for the repository's default.
	Branch string `json:"branch,omitempty"`
	// Interval is how often to look for a new revision; zero leaves it to Drover.
	Interval schema.Duration `json:"interval,omitzero"`
	// Suspend stops everything but serving what is in force.
	Suspend bool `json:"suspend,omitempty"`
	// Credentials are what the repository asks for; nil for none.
	Credentials *Credentials `json:"credentials,omitempty"`
	// Verification says whose signature a revision needs; nil for nobody's.
	Verification *Verification `json:"verification,omitempty"`
}

// Credentials say where to find what a repository asks for.
type Credentials struct {
	// SecretName is a Secret in the namespace of the ConfigRepo.
	SecretName string `json:"secretName"`
}

// Verification says who may sign revisions. At least one field is not empty.
type Verification struct {
	// AllowedSigners is an allowed_signers file, as of ssh-keygen.
	AllowedSigners string `json:"allowedSigners,omitempty"`
	// OpenPGPKeys are public keys, armored.
	OpenPGPKeys string `json:"openPGPKeys,omitempty"`
}

// Status is what Drover found.
type Status struct {
	// ObservedGeneration is the generation of the specification that the status is about.
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// ObservedRevision is the newest commit of the branch.
	ObservedRevision string `json:"observedRevision,omitempty"`
	// AppliedRevision is the commit that is in force in the cluster.
	AppliedRevision string `json:"appliedRevision,omitempty"`
	// LastAttempted is the last commit that was tried, with whatever success.
	LastAttempted string `json:"lastAttempted,omitempty"`
	// Conditions are at most one of each type.
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// Problems are the first [MaxProblems] of LastAttempted; ProblemCount counts all.
	Problems     []schema.Problem `json:"problems,omitempty"`
	ProblemCount int              `json:"problemCount,omitempty"`
	// History is what was applied, newest first, at most [MaxHistory] entries.
	History []Applied `json:"history,omitempty"`
}

// Bounds of what a status holds.
const (
	MaxProblems = 20
	MaxHistory  = 10
)

// Applied is a revision that was applied, and how many objects it changed.
type Applied struct {
	Revision  string          `json:"revision"`
	At        metav1.Time     `json:"at"`
	Took      schema.Duration `json:"took"`
	Created   int             `json:"created,omitempty"`
	Adopted   int             `json:"adopted,omitempty"`
	Updated   int             `json:"updated,omitempty"`
	Healed    int             `json:"healed,omitempty"`
	Deleted   int             `json:"deleted,omitempty"`
	Unchanged int             `json:"unchanged,omitempty"`
}

// The types of conditions. All are good when true.
const (
	// Fetched: the newest revision has been read from the repository.
	Fetched = "Fetched"
	// Valid: it has no problems.
	Valid = "Valid"
	// AppliedCondition: it is what the cluster holds.
	AppliedCondition = "Applied"
	// Healthy: what was applied works, and nobody fights over it.
	Healthy = "Healthy"
	// Ready: all of the others. It is derived from them by the [Writer].
	Ready = "Ready"
)
