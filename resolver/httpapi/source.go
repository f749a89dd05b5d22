package httpapi

import (
	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
)

// Snapshot is a revision in force. It never changes.
type Snapshot interface {
	// Revision is the commit, as it is given in the Drover-Revision header.
	Revision() string
	// Catalog has the revision's configurations.
	Catalog() *resolver.Catalog
	// Generations count the changes of the configurations and of the step
	// registry since the process started.
	Generations() (config, registry uint64)
}

// Located is a [Snapshot] that knows the files of the step registry. Where it is
// one, errors name the files and lines that led to them.
type Located interface {
	// Way gives the places that led to a finding, outermost first, each with what
	// takes part there.
	Way(finding resolver.Finding) []schema.Place
}

// Source knows the snapshots. It must be safe for concurrent use and answer at
// once.
type Source interface {
	// Current is the snapshot in force; false says that there is none yet.
	Current() (Snapshot, bool)
}

// Archive is a [Source] that keeps some earlier snapshots too. Where the source
// is one, requests may ask for a revision.
type Archive interface {
	Source
	// At is the snapshot of a revision; false says that it is not kept.
	At(revision string) (Snapshot, bool)
}

// SourceFunc is a function as a [Source].
type SourceFunc func() (Snapshot, bool)

// Current calls the function.
func (f SourceFunc) Current() (Snapshot, bool) { return f() }
