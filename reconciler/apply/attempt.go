package apply

import (
	"context"
	"maps"
	"sync"

	"golang.org/x/sync/errgroup"
)

// attempt is one revision on its way into a target.
type attempt struct {
	*Target
	revision  string
	want      []declared
	plan      plan
	inherited map[Identity]intent // what an interrupted revision had set out to do

	notes    sync.Mutex          // over the maps below
	versions map[Identity]string // the resourceVersion of each object that was written, or found to be fine
	started  map[Identity]bool   // the objects that may have been written or deleted
}

func newAttempt(t *Target, revision string, want []declared, p plan) *attempt {
	return &attempt{
		Target: t, revision: revision, want: want, plan: p, inherited: t.known.intents,
		versions: make(map[Identity]string), started: make(map[Identity]bool),
	}
}

// noteStart notes that an object may be different from now on.
func (a *attempt) noteStart(id Identity) {
	a.notes.Lock()
	defer a.notes.Unlock()
	a.started[id] = true
}

// noteVersion notes the resourceVersion at which an object is as we want it.
func (a *attempt) noteVersion(id Identity, resourceVersion string) {
	a.notes.Lock()
	defer a.notes.Unlock()
	a.versions[id] = resourceVersion
}

// each does something with the chosen steps, several at once. The first error stops it.
func (a *attempt) each(ctx context.Context, chosen func(*step) bool, do func(context.Context, *step) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(a.workers)
	for i := range a.plan.steps {
		s := &a.plan.steps[i]
		if !chosen(s) {
			continue
		}
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return do(ctx, s)
		})
	}
	return group.Wait()
}

// writes tells whether there is anything to write or delete.
func (a *attempt) writes() bool {
	for _, s := range a.plan.steps {
		if s.verb.acts() {
			return true
		}
	}
	return false
}

// idle tells whether not even the inventory has to be written.
func (a *attempt) idle() bool {
	if a.writes() || a.known.interrupted() || a.known.revision != a.revision {
		return false
	}
	for _, s := range a.plan.steps {
		if s.verb == verbForget || s.verb == verbKeep && !a.known.good[s.Identity].Kept {
			return false
		}
	}
	return true
}

// good is what the target has after the attempt.
func (a *attempt) good() map[Identity]entry {
	good := make(map[Identity]entry, len(a.want))
	for _, d := range a.want {
		version, ok := a.versions[d.Identity]
		if !ok {
			version = a.known.good[d.Identity].ResourceVersion
		}
		good[d.Identity] = newEntry(d, version)
	}
	for _, s := range a.plan.steps {
		if s.verb == verbKeep || s.verb == verbPause {
			left := a.known.good[s.Identity]
			left.Kept = left.Kept || s.verb == verbKeep
			good[s.Identity] = left
		}
	}
	return good
}

// touched are the intents that may have left a trace in the cluster: those of this attempt as far as it has come, and
// those of an interrupted one before.
func (a *attempt) touched() map[Identity]intent {
	touched := maps.Clone(a.inherited)
	for id := range a.started {
		touched[id] = a.known.intents[id]
	}
	return touched
}

// changes is what was done.
func (a *attempt) changes() ChangeSet {
	changes := ChangeSet{Unchanged: a.plan.unchanged}
	for _, s := range a.plan.steps {
		changes.add(s, a.versions[s.Identity] != s.have.resourceVersion)
	}
	return changes
}
