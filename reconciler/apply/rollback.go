package apply

import (
	"context"
	"errors"
	"fmt"
	"maps"
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
	back := &attempt{
		Target: t, revision: t.known.revision,
		versions: make(map[Identity]string), started: make(map[Identity]bool),
	}
	for id, i := range touched {
		s, err := t.stepBack(ctx, i)
		if errors.Is(err, errNoKind) {
			continue // then there is no such object either
		}
		if err != nil {
			return fmt.Errorf("roll back %s: %w", id, err)
		}
		back.plan.steps = append(back.plan.steps, s)
	}
	if err := back.execute(ctx); err != nil {
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

// stepBack is the step that undoes an intent.
func (t *Target) stepBack(ctx context.Context, i intent) (step, error) {
	s := step{Identity: i.Identity, version: i.Version, before: i.before}
	if e := t.known.good[i.Identity]; e.body != nil {
		s.version = e.Version
		at, err := t.kinds.find(i.groupKind().WithVersion(e.Version))
		s.verb, s.want = verbUpdate, e.declared(at)
		return s, err
	}
	if i.before != nil {
		s.verb = verbRestore
		return s, nil
	}
	s.verb = verbForget
	at, err := t.kinds.find(i.groupKind().WithVersion(i.Version))
	if err != nil {
		return s, err
	}
	live, err := t.cluster.get(ctx, at, i.Identity)
	if err == nil && live != nil && live.GetLabels()[OwnerLabel] == t.owner {
		s.verb, s.have = verbUndo, presenceOf(live)
	}
	return s, err
}

func (e entry) declared(at resource) declared {
	return declared{Identity: e.Identity, resource: at, version: e.Version, source: e.Source, hash: e.Hash, body: e.body}
}
