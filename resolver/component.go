package resolver

import (
	"slices"

	"github.com/drover-ci/drover/schema"
)

// Kind says what a [Component] is.
type Kind string

// The kinds of component in which a [Finding] may lie, or through which it was
// reached.
const (
	KindConfig   Kind = "config"
	KindTest     Kind = "test"
	KindStep     Kind = "step"
	KindChain    Kind = "chain"
	KindWorkflow Kind = "workflow"
	KindObserver Kind = "observer"
	KindProfile  Kind = "cluster profile"
)

// The kinds of component that tests depend on besides, and that nothing is found
// in.
const (
	// KindPhase is a phase of a workflow, such as ipi-aws/pre. It is depended on
	// apart from the workflow, as a test may replace it.
	KindPhase Kind = "phase"
	// KindLease is a lease type.
	KindLease Kind = "lease type"
	// KindImage is an image from outside, such as ocp/4.14:cli, that a test runs in,
	// is given, or builds others from.
	KindImage Kind = "image"
)

// Component names one thing that takes part in resolving.
type Component struct {
	Kind Kind
	// Name is unique in its kind; a configuration's is its [schema.Metadata] as
	// text.
	Name string
}

// String is the form for messages: chain ipi-install.
func (c Component) String() string { return string(c.Kind) + " " + c.Name }

// Components is what a registry is built from. The registry keeps what it is
// given, so nothing of it may be changed afterwards. The scripts that steps and
// observers name must have been read into their Commands.
type Components struct {
	Refs      []*schema.RegistryRef
	Chains    []*schema.RegistryChain
	Workflows []*schema.RegistryWorkflow
	Observers []*schema.RegistryObserver
	Profiles  []schema.ClusterProfileEntry
}

// same says whether two have the very same components.
func (c *Components) same(other Components) bool {
	return slices.Equal(c.Refs, other.Refs) && slices.Equal(c.Chains, other.Chains) &&
		slices.Equal(c.Workflows, other.Workflows) && slices.Equal(c.Observers, other.Observers) &&
		slices.Equal(pointers(c.Profiles), pointers(other.Profiles))
}
