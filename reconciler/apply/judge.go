package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// judge has the server say what it would do with every step, without doing it, and collects all it refuses. What depends
// on a namespace or a definition that the revision makes or changes is put off until that stands.
func (a *attempt) judge(ctx context.Context) error {
	early := func(s *step) bool { return s.wave() <= waveDefinitions }
	var refusals refusals
	if err := a.judgeAll(ctx, early, &refusals); err != nil {
		return err
	}
	a.putOff()
	if err := a.judgeAll(ctx, func(s *step) bool { return !early(s) && !s.late }, &refusals); err != nil {
		return err
	}
	return refusals.error(a.revision)
}

// servingPatience is how long a server may take until it judges by a definition
// as that has just been written.
const servingPatience = 3 * time.Second

// judgeLate judges what was put off. A definition that was changed is established
// all along, and nothing says when the server goes by it: what is refused until
// then is asked again.
func (a *attempt) judgeLate(ctx context.Context) error {
	chosen := func(s *step) bool { return s.late }
	var refused refusals
	judge := func(ctx context.Context) error {
		refused = refusals{}
		if err := a.judgeAll(ctx, chosen, &refused); err != nil {
			return err
		}
		again := refused.objects()
		chosen = func(s *step) bool { return again[s.Identity] }
		return refused.error(a.revision)
	}
	if !slices.ContainsFunc(a.plan.steps, func(s step) bool { return s.groupKind() == crdKind() && s.verb.writes() }) {
		return judge(ctx)
	}
	err := a.cluster.retry.within(servingPatience).do(ctx, judge)
	if errors.As(err, new(*RefusedError)) {
		return refused.error(a.revision)
	}
	return err
}

func (a *attempt) judgeAll(ctx context.Context, chosen func(*step) bool, into *refusals) error {
	a.foresee(ctx, chosen)
	open := func(s *step) bool { return chosen(s) && !s.foreseen }
	defer a.counting(checking, open)()
	err := a.each(ctx, open, func(ctx context.Context, s *step) error {
		err := a.judgeStep(ctx, s)
		if rule := ruleOf(err); rule != "" {
			into.add(Refusal{s.Identity, a.sourceOf(s), rule, err.Error()})
			return nil
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("dry run of revision %s: %w", a.revision, err)
	}
	return nil
}

// ruleOf is the rule that an error breaks; empty if it is none of the revision's faults.
func ruleOf(err error) string {
	if _, owned := errors.AsType[*ownedError](err); owned {
		return RuleOwner
	}
	if refused(err) {
		return RuleRefused
	}
	return ""
}

func (a *attempt) sourceOf(s *step) string {
	if s.verb.writes() {
		return s.want.source
	}
	return a.known.good[s.Identity].Source
}

// putOff marks the steps that the server cannot judge yet.
func (a *attempt) putOff() {
	namespaces, resources := make(map[string]bool), make(map[string]bool)
	for _, s := range a.plan.steps {
		switch {
		case !s.verb.writes():
		case s.groupKind() == namespaceKind() && !s.have.there():
			namespaces[s.Name] = true
		case s.groupKind() == crdKind():
			resources[s.Name] = true
		}
	}
	for i := range a.plan.steps {
		s := &a.plan.steps[i]
		if s.verb.writes() && s.wave() > waveDefinitions {
			s.late = namespaces[s.Namespace] || resources[s.want.resource.GroupResource().String()]
		}
	}
}

// judgeStep makes the step's verb exact.
func (a *attempt) judgeStep(ctx context.Context, s *step) error {
	switch s.verb {
	case verbVerify:
		return a.verify(ctx, s)
	case verbDelete:
		return a.rehearseDeletion(ctx, s)
	case verbCreate, verbUpdate, verbHeal:
		return a.rehearse(ctx, s)
	default:
		return nil // there is nothing to refuse
	}
}

// rehearseDeletion deletes, in a dry run.
func (a *attempt) rehearseDeletion(ctx context.Context, s *step) error {
	at, err := a.kinds.find(s.groupKind().WithVersion(s.version))
	if err != nil {
		return err
	}
	if err := a.recall(ctx, at, s); err != nil {
		return err
	}
	return a.cluster.remove(ctx, at, s.Identity, s.have.uid, true)
}

// verify finds out whether the object is as it should be.
func (a *attempt) verify(ctx context.Context, s *step) error {
	if s.have.foreign {
		return a.rehearse(ctx, s)
	}
	differs, resourceVersion, err := a.cluster.differs(ctx, s.want)
	switch {
	case err != nil:
		return err
	case differs:
		s.verb = verbHeal
	default:
		s.verb = verbFine
		a.noteVersion(s.Identity, resourceVersion)
	}
	return nil
}

// rehearse applies what is declared, in a dry run, and finds out whose object it would change.
func (a *attempt) rehearse(ctx context.Context, s *step) error {
	got, err := a.cluster.apply(ctx, s.want, true)
	switch {
	case apierrors.IsForbidden(err) && shareable(s.groupKind()):
		return a.borrow(ctx, s, err)
	case err != nil:
		return err
	case got.resourceVersion == "":
		s.have = presence{}
		return nil
	}
	ours := s.verb != verbCreate && s.have.there() && !s.have.foreign
	s.have = got
	switch {
	case s.verb != verbCreate && got.paused: // since it was last seen
		s.verb = verbPause
		return nil
	case !ours: // it is there all the same, without our label
		return a.meet(ctx, s)
	}
	return a.recall(ctx, s.want.resource, s)
}

// recall looks at an object that is known by its label alone, since nobody else remembers how it was.
func (a *attempt) recall(ctx context.Context, at resource, s *step) error {
	if a.known.good[s.Identity].body != nil {
		return nil
	}
	live, there, err := a.cluster.get(ctx, at, s.Identity)
	if err != nil || !there {
		return err
	}
	return s.remember(live)
}

// meet looks at an object that is there though we do not know it, or not any more.
func (a *attempt) meet(ctx context.Context, s *step) error {
	live, there, err := a.cluster.get(ctx, s.want.resource, s.Identity)
	if err != nil || !there {
		return err
	}
	have := a.cluster.presenceOf(live)
	switch {
	case have.foreign && !s.want.adopt:
		if err := share(s.want, live); err != nil {
			return err
		}
		s.verb, s.have = verbFine, have
		a.noteVersion(s.Identity, have.resourceVersion)
		return nil
	case s.verb == verbCreate || have.foreign:
		s.verb = verbAdopt
		return s.remember(live)
	}
	return a.recall(ctx, s.want.resource, s)
}

// remember keeps an object of somebody else's as it was before we first touched it.
func (s *step) remember(live *unstructured.Unstructured) (err error) {
	if s.before == nil {
		s.before, err = oneLine(live)
	}
	return err
}
