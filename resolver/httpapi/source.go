package httpapi

import "github.com/drover-ci/drover/resolver"

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
