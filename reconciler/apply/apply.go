package apply

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/drover-ci/drover/generators"
)

// Apply makes the target as a revision says, or leaves it as it is. The objects are not changed, and nobody else may
// change them afterwards: those that the next revision has too are taken to be as they are now.
//
// A revision that is not applied gives a [*RefusedError], where nothing was written, or a [*RolledBackError]. After any
// other error, such as an end of ctx, the target may be in between; the next Apply, of this revision or another, goes
// on from there, and [Target.Recover] takes it back.
func (t *Target) Apply(ctx context.Context, revision string, objects []generators.Object) (ChangeSet, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	began := t.clock.Now()
	changes, err := t.apply(ctx, revision, objects)
	changes.Revision, changes.Duration = revision, t.clock.Since(began)
	return changes, err
}

func (t *Target) apply(ctx context.Context, revision string, objects []generators.Object) (ChangeSet, error) {
	a, err := t.prepare(ctx, revision, objects)
	if _, refused := errors.AsType[*RefusedError](err); refused && t.known.interrupted() {
		return ChangeSet{}, errors.Join(err, t.rollBack(ctx, t.known.intents))
	}
	if err != nil {
		return ChangeSet{}, err
	}
	if a.idle() {
		t.known.good = a.good() // with what was seen of the objects meanwhile
		return a.changes(), nil
	}
	if a.writes() {
		if err := a.write(ctx); err != nil {
			return ChangeSet{}, err
		}
	}
	if err := t.commit(ctx, revision, a.good()); err != nil {
		return ChangeSet{}, err
	}
	return a.changes(), nil
}

// prepare plans a revision and has the server judge it. Nothing is written.
func (t *Target) prepare(ctx context.Context, revision string, objects []generators.Object) (*attempt, error) {
	known, err := t.store.load(ctx, t.known)
	if err != nil {
		return nil, err
	}
	if t.store.root == nil {
		if known, err = t.salvage(ctx); err != nil {
			return nil, err
		}
	}
	t.known = known
	t.kinds.learn(objects)
	want, refusals := t.declare(objects)
	if len(refusals) > 0 {
		return nil, refuse(revision, refusals)
	}
	live, err := t.observe(ctx, known, want)
	if err != nil {
		return nil, err
	}
	a := newAttempt(t, revision, makePlan(want, known, live))
	a.want = want
	if err := t.keepShared(ctx, a.plan.steps, known); err != nil {
		return nil, err
	}
	if refusals := t.guards.check(len(want), a.plan, known); len(refusals) > 0 {
		return nil, refuse(revision, refusals)
	}
	if err := a.judge(ctx); err != nil {
		return nil, err
	}
	return a, nil
}

// write writes a revision ahead, and then into the cluster. What fails for good is rolled back.
func (a *attempt) write(ctx context.Context) error {
	if err := a.begin(ctx); err != nil {
		return err
	}
	err := a.execute(ctx)
	if err == nil || ctx.Err() != nil {
		return err
	}
	to := a.known.revision
	if failed := a.rollBack(ctx, a.touched()); failed != nil {
		return fmt.Errorf("revision %s: %w; roll back: %w", a.revision, err, failed)
	}
	if refusal, ok := errors.AsType[*RefusedError](err); ok {
		return refusal
	}
	return &RolledBackError{a.revision, to, err}
}

// begin writes ahead what the revision sets out to do, on top of what an interrupted one did.
func (a *attempt) begin(ctx context.Context) error {
	intents := maps.Clone(a.known.intents)
	for _, s := range a.plan.steps {
		if s.verb.writes() || s.verb == verbDelete {
			intents[s.Identity] = intent{s.Identity, s.version, s.before}
		}
	}
	if err := a.store.begin(ctx, a.revision, intents); err != nil {
		return err
	}
	a.known.attempt, a.known.intents = a.revision, intents
	return nil
}

// commit makes good what the cluster has now.
func (t *Target) commit(ctx context.Context, revision string, good map[Identity]entry) error {
	if err := t.store.commit(ctx, revision, good); err != nil {
		return err
	}
	t.known = &inventory{revision: revision, good: good, intents: map[Identity]intent{}}
	select {
	case t.committed <- struct{}{}:
	default: // the watcher has been told and not looked yet
	}
	return nil
}
