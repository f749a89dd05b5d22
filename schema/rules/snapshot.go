package rules

import "time"

// Snapshot is a valid repository in force. It is immutable; a reader holds one
// from start to end.
type Snapshot struct {
	*Valid
	// Commit is the revision's hash; empty for a plain folder.
	Commit string
	// Since is when it came into force.
	Since time.Time

	configGeneration, registryGeneration uint64
}

// NewSnapshot makes the snapshot that comes after last, which may be nil.
func NewSnapshot(last *Snapshot, valid *Valid, commit string, since time.Time) *Snapshot {
	s := &Snapshot{Valid: valid, Commit: commit, Since: since, configGeneration: 1, registryGeneration: 1}
	if last == nil {
		return s
	}
	s.configGeneration, s.registryGeneration = last.configGeneration+1, last.registryGeneration
	if valid.Catalog.Registry() != last.Valid.Catalog.Registry() {
		s.registryGeneration++
	}
	return s
}

// Revision is the commit, as servers tell it to their clients.
func (s *Snapshot) Revision() string { return s.Commit }

// Generations count the changes of the configurations and of the step registry
// since the first snapshot.
func (s *Snapshot) Generations() (config, registry uint64) {
	return s.configGeneration, s.registryGeneration
}
