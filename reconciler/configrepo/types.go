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
	// Rollback asks for an earlier revision; nil for the newest.
	Rollback *Rollback `json:"rollback,omitempty"`
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

// Rollback asks for an earlier revision than the newest, until the branch moves.
type Rollback struct {
	// Revision is the hash of the commit to go to.
	Revision string `json:"revision"`
	// From is the newest commit when this was asked for: once the branch has
	// another, the rollback is over.
	From string `json:"from"`
}

// SyncAnnotation has everything gone through once whenever its value changes.
const SyncAnnotation = "drover.dev/sync"

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
	// Held are the units that are held back, at most [MaxHeld]; HeldCount counts all.
	Held      []Held `json:"held,omitempty"`
	HeldCount int    `json:"heldCount,omitempty"`
	// Targets are the other clusters.
	Targets []Target `json:"targets,omitempty"`
	// RolledBackTo is the commit that people asked for instead of the newest, while that counts.
	RolledBackTo string `json:"rolledBackTo,omitempty"`
	// Suspended says that nothing is done.
	Suspended bool `json:"suspended,omitempty"`
	// LastSync is the value of [SyncAnnotation] that was last heeded.
	LastSync string `json:"lastSync,omitempty"`
	// History is what was applied, newest first, at most [MaxHistory] entries.
	History []Applied `json:"history,omitempty"`
}

// Bounds of what a status holds.
const (
	MaxProblems = 20
	MaxHistory  = 10
	MaxHeld     = 500
	MaxObjects  = 30
)

// Held is a unit that is held back.
type Held struct {
	// Unit is such as "component acme/widget".
	Unit string `json:"unit"`
	// Revision is the commit that it is taken from; empty where it is left out.
	Revision string `json:"revision,omitempty"`
	// Since is when it was first held back.
	Since metav1.Time `json:"since"`
	// Reason is the first of its problems, and Problems counts them.
	Reason   string `json:"reason"`
	Problems int    `json:"problems"`
}

// Target is another cluster.
type Target struct {
	Name string `json:"name"`
	// AttemptedRevision is the commit that was tried last, AppliedRevision the one in force, Since when.
	AttemptedRevision string      `json:"attemptedRevision,omitempty"`
	AppliedRevision   string      `json:"appliedRevision,omitempty"`
	Since             metav1.Time `json:"since,omitzero"`
	// Message is why what was tried is not in force; empty where it is.
	Message string `json:"message,omitempty"`
	// Progress is how far an apply has come that takes more than moments; else empty.
	Progress string `json:"progress,omitempty"`
	// Unhealthy is which objects there do not work, and why; empty where all do or nothing is known.
	Unhealthy string `json:"unhealthy,omitempty"`
}

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
	Kept      int             `json:"kept,omitempty"`
	Paused    int             `json:"paused,omitempty"`
	Unchanged int             `json:"unchanged,omitempty"`
	// Objects are the first [MaxObjects] that were changed, each with what was done: "updated ConfigMap ci/config".
	Objects []string `json:"objects,omitempty"`
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
