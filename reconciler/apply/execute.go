package apply

import (
	"context"
	"fmt"
)

// execute writes wave after wave, and then deletes, in the opposite order.
func (a *attempt) execute(ctx context.Context) error {
	doing := applying
	if a.stubborn {
		doing = takingBack
	}
	defer a.counting(doing, func(s *step) bool { return s.verb.acts() })()
	for w := range waveCount {
		if w == waveDefinitions+1 {
			if err := a.admitLate(ctx); err != nil {
				return err
			}
		}
		if err := a.each(ctx, func(s *step) bool { return s.wave() == w && s.verb.writes() }, a.writeStep); err != nil {
			return err
		}
	}
	for w := waveCount - 1; w >= 0; w-- {
		if err := a.each(ctx, func(s *step) bool { return s.wave() == w && s.verb.removes() }, a.removeStep); err != nil {
			return err
		}
	}
	return nil
}

// admitLate judges what could not be judged before its namespace or definition stood.
func (a *attempt) admitLate(ctx context.Context) error {
	if err := a.judgeLate(ctx); err != nil {
		return err
	}
	for _, s := range a.plan.steps {
		if s.late && s.before != nil {
			return a.begin(ctx) // what was there has to be known before it is written over
		}
	}
	return nil
}

func (a *attempt) writeStep(ctx context.Context, s *step) error {
	a.noteStart(s.Identity)
	err := a.send(ctx, s)
	if refused(err) && s.verb != verbAdopt {
		a.noteRefusal(s.Identity)
	}
	return err
}

// send writes what is declared.
func (a *attempt) send(ctx context.Context, s *step) error {
	if s.verb == verbAdopt {
		if err := a.cluster.inherit(ctx, s.want); err != nil {
			return fmt.Errorf("adopt %s (%s): %w", s.Identity, s.want.source, err)
		}
	}
	got, err := a.cluster.apply(ctx, s.want, false)
	if err != nil {
		return fmt.Errorf("apply %s (%s): %w", s.Identity, s.want.source, err)
	}
	a.noteVersion(s.Identity, got.resourceVersion)
	if s.groupKind() == crdKind() {
		return a.cluster.awaitEstablished(ctx, s.want)
	}
	return nil
}

func (a *attempt) removeStep(ctx context.Context, s *step) error {
	a.noteStart(s.Identity)
	at, err := a.kinds.find(s.groupKind().WithVersion(s.version))
	if err != nil {
		return err
	}
	if s.verb == verbRestore {
		err = a.cluster.restore(ctx, at, s.before)
	} else {
		err = a.cluster.remove(ctx, at, s.Identity, s.have.uid, false)
	}
	if refused(err) {
		a.noteRefusal(s.Identity)
	}
	if err != nil {
		return fmt.Errorf("remove %s: %w", s.Identity, err)
	}
	return nil
}
