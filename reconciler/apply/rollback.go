package apply

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"
)

// Recover takes back what an interrupted revision left, so that the target is wholly at its last good revision again. It
// gives that revision, empty if there has been none. Where nothing was interrupted it writes nothing.
func (t *Target) Recover(ctx context.Context) (revision string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known, err = t.store.load(ctx, t.known); err != nil {
		return "", err
	}
	if t.known.interrupted() {
		err = t.rollBack(ctx, t.known.intents)
	}
	return t.known.revision, err
}

// rollBack brings the objects that a revision may have touched back to what the last good one wants. Both its waves and
// what may fail in them are those of a revision.
func (t *Target) rollBack(ctx context.Context, touched map[Identity]intent) error {
	t.kinds.add(t.known.definitions())
	steps, err := t.stepsBack(ctx, slices.Collect(maps.Values(touched)))
	if err == nil {
		err = t.keepShared(ctx, steps, t.known)
	}
	back := newAttempt(t, t.known.revision, plan{steps: steps})
	back.stubborn = true
	if err == nil {
		err = back.execute(ctx)
	}
	if err != nil {
		return fmt.Errorf("roll back to revision %s: %w", t.known.revision, err)
	}
	good := maps.Clone(t.known.good)
	for id, version := range back.versions {
		e := good[id]
		e.ResourceVersion = version
		good[id] = e
	}
	return t.commit(ctx, t.known.revision, good)
}

// stepsBack are the steps that undo intents.
func (t *Target) stepsBack(ctx context.Context, touched []intent) ([]step, error) {
	steps := make([]step, len(touched))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(t.workers)
	for i := range touched {
		group.Go(func() (err error) {
			steps[i], err = t.stepBack(ctx, touched[i])
			if errors.Is(err, errNoKind) {
				return nil // then there is no such object either
			}
			return err
		})
	}
	return steps, group.Wait()
}

// stepBack is the step that undoes an intent. An object that is as the last good revision left it is not written: that it
// could not be may be why we are here.
func (t *Target) stepBack(ctx context.Context, i intent) (step, error) {
	e, s := t.known.good[i.Identity], step{Identity: i.Identity, verb: verbForget, version: i.Version, before: i.before}
	if e.body != nil {
		s.version = e.Version
	}
	at, err := t.kinds.find(i.groupKind().WithVersion(s.version))
	if err != nil {
		return s, err
	}
	live, there, err := t.cluster.get(ctx, at, i.Identity)
	switch {
	case err != nil:
		return s, err
	case e.Borrowed, e.body != nil && there && live.GetResourceVersion() == e.ResourceVersion,
		e.body != nil && there && i.before == nil && t.cluster.presenceOf(live).foreign: // it is shared, or was taken over
		s.verb = verbFine
	case e.body != nil:
		s.verb, s.want = verbUpdate, e.declared(at)
	case i.before != nil:
		s.verb = verbRestore
	case there && live.GetLabels()[OwnerLabel] == t.owner:
		s.verb, s.have = verbUndo, t.cluster.presenceOf(live)
	}
	return s, nil
}

func (e entry) declared(at resource) declared {
	return declared{Identity: e.Identity, resource: at, version: e.Version, source: e.Source, hash: e.Hash, body: e.body}
}
