package apply

import (
	"context"
	"errors"
	"maps"
	"sync"

	"golang.org/x/sync/errgroup"
)

// attempt is one revision on its way into a target.
type attempt struct {
	*Target
	cluster   *cluster // which gives up with the attempt
	revision  string
	want      []declared
	plan      plan
	inherited map[Identity]intent // what an interrupted revision had set out to do
	stubborn  bool                // an error does not keep it from the other steps

	once  sync.Once
	given chan struct{} // closed when the attempt is given up

	notes    sync.Mutex          // over the maps below
	versions map[Identity]string // the resourceVersion of each object that was written, or found to be fine
	started  map[Identity]bool   // the objects that may have been written or deleted
}

func newAttempt(t *Target, revision string, p plan) *attempt {
	given := make(chan struct{})
	return &attempt{
		Target: t, cluster: t.cluster.until(given), given: given,
		revision: revision, plan: p, inherited: t.known.intents,
		versions: make(map[Identity]string), started: make(map[Identity]bool),
	}
}

// noteStart notes that an object may be different from now on.
func (a *attempt) noteStart(id Identity) {
	a.notes.Lock()
	defer a.notes.Unlock()
	a.started[id] = true
}

// noteRefusal notes that an object is as before, because the server would not touch it.
func (a *attempt) noteRefusal(id Identity) {
	a.notes.Lock()
	defer a.notes.Unlock()
	delete(a.started, id)
}

// noteVersion notes the resourceVersion at which an object is as we want it.
func (a *attempt) noteVersion(id Identity, resourceVersion string) {
	a.notes.Lock()
	defer a.notes.Unlock()
	a.versions[id] = resourceVersion
}

// each does something with the chosen steps, several at once. After the first error no more are begun, unless the attempt
// is stubborn: then all are tried. What has been begun is not broken off, since the server might do it all the same, and
// after we have looked.
func (a *attempt) each(ctx context.Context, chosen func(*step) bool, do func(context.Context, *step) error) error {
	var group errgroup.Group
	group.SetLimit(a.workers)
	errs := make([]error, len(a.plan.steps))
	for i := range a.plan.steps {
		s := &a.plan.steps[i]
		if !chosen(s) {
			continue
		}
		group.Go(func() error {
			if a.over(ctx) {
				return nil
			}
			errs[i] = do(ctx, s)
			a.count()
			if errs[i] != nil && !a.stubborn {
				a.giveUp()
			}
			return nil
		})
	}
	return errors.Join(group.Wait(), ctx.Err(), errors.Join(errs...))
}

// giveUp has the attempt begin nothing more, and repeat nothing that fails.
func (a *attempt) giveUp() { a.once.Do(func() { close(a.given) }) }

// over tells whether the attempt has been given up, or ended from outside.
func (a *attempt) over(ctx context.Context) bool {
	select {
	case <-a.given:
		return true
	case <-ctx.Done():
		return true
	default:
		return false
	}
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

// good is what the target has after the attempt. Of an object that is paused it is what the revision says, which it
// becomes once the pause is over.
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
		if s.borrowed {
			e := good[s.Identity]
			e.Borrowed = true
			good[s.Identity] = e
		}
		if s.want.body == nil && (s.verb == verbKeep || s.verb == verbPause) {
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
		changes = changes.with(s, a.versions[s.Identity] != s.have.resourceVersion)
	}
	return changes
}
