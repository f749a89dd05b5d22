package httpapi

import (
	"slices"
	"strings"
	"sync"

	"github.com/drover-ci/drover/resolver"
)

// Recent is an [Archive] of the snapshots that came into force last. Snapshots
// share what is the same in them, so that keeping one costs little more than
// what the next changed.
type Recent struct {
	source Source
	most   int

	mu   sync.RWMutex
	kept []Snapshot // the oldest first
}

// Keep gives an archive over a source that keeps so many snapshots besides the
// one in force. It learns of them by [Recent.Note].
func Keep(source Source, most int) *Recent { return &Recent{source: source, most: most} }

// Current implements [Source].
func (r *Recent) Current() (Snapshot, bool) { return r.source.Current() }

// Note keeps the snapshot in force, for when it no longer is. It is to be called
// for each that comes into force.
func (r *Recent) Note() {
	current, ok := r.source.Current()
	if !ok || current.Revision() == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept = slices.DeleteFunc(r.kept, func(s Snapshot) bool { return s.Revision() == current.Revision() })
	r.slim(current)
	r.kept = append(r.kept, current)
	if extra := len(r.kept) - r.most - 1; extra > 0 {
		r.kept = slices.Delete(r.kept, 0, extra)
	}
}

// slim lets go of what the snapshot that was in force has resolved, but for what
// the next has too.
func (r *Recent) slim(current Snapshot) {
	if len(r.kept) == 0 {
		return
	}
	last := &r.kept[len(r.kept)-1]
	if _, done := (*last).(archived); done {
		return
	}
	config, registry := (*last).Generations()
	*last = archived{(*last).Revision(), (*last).Catalog().Slim(current.Catalog()), config, registry}
}

// archived is a snapshot that is not in force any more.
type archived struct {
	revision         string
	catalog          *resolver.Catalog
	config, registry uint64
}

// Revision implements [Snapshot].
func (a archived) Revision() string { return a.revision }

// Catalog implements [Snapshot].
func (a archived) Catalog() *resolver.Catalog { return a.catalog }

// Generations implements [Snapshot].
func (a archived) Generations() (config, registry uint64) { return a.config, a.registry }

// minAbbreviation is how much of a revision must be given at least.
const minAbbreviation = 7

// At implements [Archive]. A revision may be abbreviated as far as it is clear
// which is meant.
func (r *Recent) At(revision string) (Snapshot, bool) {
	if len(revision) < minAbbreviation {
		return nil, false
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	var found Snapshot
	for _, kept := range r.kept {
		switch {
		case kept.Revision() == revision:
			return kept, true
		case strings.HasPrefix(kept.Revision(), revision) && found != nil:
			return nil, false
		case strings.HasPrefix(kept.Revision(), revision):
			found = kept
		}
	}
	return found, found != nil
}
