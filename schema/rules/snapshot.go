package rules

import "time"

// Snapshot is a valid repository in force: the revision that it is of, and
// since when. It is immutable; readers hold one from start to end.
type Snapshot struct {
	*Valid
	// Revision is the commit's hash; empty for a plain folder.
	Revision string
	// Since is when it came into force.
	Since time.Time
}
