package rules

import (
	"context"
	"maps"
	"slices"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
)

// Unit is a part of a repository that is right or wrong as a whole.
type Unit = repolayout.Unit

// Held is a unit that is held back: it is in force as an earlier revision had
// it, because as the newest has it something is wrong.
type Held struct {
	Unit Unit
	// From is the revision that the unit is taken from; nil where there is none
	// that was good, and the unit is left out.
	From *repolayout.Repo
	// Problems are why: those of the unit itself or, where it only does not fit
	// with others that are held, those it would have.
	Problems []schema.Problem
}

// Further finds problems of a repository without others that only making
// something of it shows. An error says that it could not be found out.
type Further func(ctx context.Context, valid *Valid) ([]schema.Problem, error)

// Admit gives what of a revision can be in force. Every unit starts as next has
// it; units with problems go back to what they are in last, or out where they
// are in none; what then no longer fits goes back too, until all is valid. The
// result's Held says which these are, and its Repo has the others as they are
// in next. What depends on nothing that changed since last is taken from it.
//
// There is no result, and the problems say why, where the settings ask for the
// revision to be held whole, or where the settings are wrong and there are no
// earlier ones. An error says that the repository could not be read, or what
// else further gave.
func Admit(ctx context.Context, last *Valid, next *repolayout.Repo, further ...Further) (*Valid, []schema.Problem, error) {
	a := &admission{last: last, next: next, further: further, forced: holds{}}
	if last != nil {
		a.cache = last.checked
	}
	valid, problems, err := a.check(ctx, nil)
	if err != nil || !schema.HasErrors(problems) {
		return valid, problems, err
	}
	if a.whole() {
		return nil, problems, nil
	}
	a.problems = problems
	valid, err = a.hold(ctx, problems)
	return valid, schema.SortProblems(a.problems), err
}

// admission finds out what to hold.
type admission struct {
	last    *Valid // nil before the first
	next    *repolayout.Repo
	further []Further
	cache   *Checked // what was looked at last
	// problems are all that were found.
	problems []schema.Problem
	// forced are the units that are held although nothing is wrong with them: what
	// has not changed does not fit with them. Each leads to what does not.
	forced holds
}

// holds are units to hold, and why.
type holds map[Unit][]schema.Problem

// whole says whether one problem holds the whole revision.
func (a *admission) whole() bool {
	settings := a.next.Settings
	if len(settings.Problems) > 0 {
		if a.last == nil {
			return true
		}
		settings = a.last.Repo.Settings
	}
	return settings.Value.Hold == holdRevision
}

// holdRevision is the setting that one problem holds the whole revision.
const holdRevision = "revision"

// check looks at the revision with some units held.
func (a *admission) check(ctx context.Context, held holds) (*Valid, []schema.Problem, error) {
	sources := make(map[Unit]*repolayout.Repo, len(held))
	for u := range held {
		sources[u] = a.source(u)
	}
	composed, err := a.next.Compose(ctx, sources)
	if err != nil {
		return nil, nil, err
	}
	a.cache = Check(ctx, a.cache, composed)
	valid, problems := newValid(a.cache), a.cache.Problems
	for _, find := range a.further {
		if schema.HasErrors(problems) || ctx.Err() != nil {
			break
		}
		more, err := find(ctx, valid)
		if err != nil {
			return nil, nil, err
		}
		problems = schema.SortProblems(slices.Concat(problems, more))
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	if schema.HasErrors(problems) {
		return nil, problems, nil
	}
	valid.base = a.next
	for _, u := range slices.SortedFunc(maps.Keys(held), Unit.Compare) {
		valid.Held = append(valid.Held, Held{u, sources[u], schema.SortProblems(held[u])})
	}
	return valid, problems, nil
}

// source is the revision that a unit goes back to; nil where there is none.
func (a *admission) source(u Unit) *repolayout.Repo {
	if a.last == nil {
		return nil
	}
	for _, held := range a.last.Held {
		if held.Unit == u {
			return held.From
		}
	}
	if !a.last.base.Has(u) {
		return nil
	}
	return a.last.base
}

// changed says whether a unit is other than in last, so that holding it makes
// a difference.
func (a *admission) changed(u Unit) bool { return a.last == nil || !a.last.Repo.Same(a.next, u) }

// hold holds more and more until nothing is wrong. What others build on goes
// first, because much of what is wrong above may be right again then.
func (a *admission) hold(ctx context.Context, problems []schema.Problem) (*Valid, error) {
	held := holds{}
	for {
		blamed := a.blamed(held, problems)
		if len(blamed) > 0 {
			maps.Copy(held, blamed)
		} else if held = a.force(ctx, held, problems); held == nil {
			return nil, ctx.Err()
		}
		if _, out := held[Unit{Kind: repolayout.SettingsUnit}]; out && a.last == nil {
			return nil, nil //nolint:nilnil // nothing is in force, and that is no error
		}
		valid, found, err := a.check(ctx, held)
		if err != nil {
			return nil, err
		}
		if valid != nil {
			return a.release(ctx, valid, held)
		}
		a.problems = append(a.problems, found...)
		problems = found
	}
}

// blamed are the units that have problems and would be others if they were
// held, of the lowest layer that has any.
func (a *admission) blamed(held holds, problems []schema.Problem) holds {
	var layers [4]holds
	for _, p := range problems {
		u := a.cache.Repo.UnitOf(p.File)
		layer := layers[u.Layer()]
		if _, already := held[u]; already || p.Severity == schema.Warning || layer[u] == nil && !a.changed(u) {
			continue
		}
		if layer == nil {
			layer = holds{}
			layers[u.Layer()] = layer
		}
		layer[u] = append(layer[u], p)
	}
	for _, layer := range layers {
		if len(layer) > 0 {
			return layer
		}
	}
	return nil
}

// force starts anew with one more unit held: all problems are in units that are
// as they were, so that what they are to fit with must be, too. It gives nil
// where nothing can be found.
func (a *admission) force(ctx context.Context, held holds, problems []schema.Problem) holds {
	first := problems[slices.IndexFunc(problems, func(p schema.Problem) bool { return p.Severity != schema.Warning })]
	candidates := a.candidates(held, first)
	for _, u := range candidates {
		trial := maps.Clone(held)
		trial[u] = []schema.Problem{first}
		_, found, err := a.check(ctx, trial)
		if err != nil {
			return nil
		}
		if !slices.ContainsFunc(found, func(p schema.Problem) bool { return sameMistake(p, first) }) {
			candidates = []Unit{u}
			break
		}
	}
	for _, u := range candidates {
		a.forced[u] = append(a.forced[u], first)
	}
	if len(candidates) == 0 {
		return nil
	}
	return maps.Clone(a.forced)
}

// sameMistake says whether two problems are of one value, however it is worded:
// what the message offers instead may have changed.
func sameMistake(a, b schema.Problem) bool {
	return a.File == b.File && a.Path == b.Path && a.Rule == b.Rule && a.Line == b.Line && a.Column == b.Column
}

// maxTrials is how many units are tried one by one.
const maxTrials = 64

// candidates are the units that a problem elsewhere may come of, the likeliest
// first: those that it names, those that others build on, all others.
func (a *admission) candidates(held holds, problem schema.Problem) []Unit {
	var likely, shared, others []Unit
	for _, place := range problem.Related {
		likely = append(likely, a.cache.Repo.UnitOf(place.File))
	}
	units := a.next.Units()
	if a.last != nil {
		units = append(units, a.last.Repo.Units()...)
	}
	for _, u := range slices.Backward(units) {
		if u.Shared() {
			shared = append(shared, u)
		} else {
			others = append(others, u)
		}
	}
	seen := map[Unit]bool{}
	var candidates []Unit
	for _, u := range slices.Concat(likely, shared, others) {
		_, already := held[u]
		if !already && !seen[u] && a.changed(u) {
			candidates = append(candidates, u)
		}
		seen[u] = true
	}
	if a.last == nil || len(candidates) <= maxTrials {
		return candidates
	}
	return candidates[:maxTrials]
}

// release lets units go again that were held for the sake of others and need
// not be any more.
func (a *admission) release(ctx context.Context, valid *Valid, held holds) (*Valid, error) {
	for _, u := range slices.SortedFunc(maps.Keys(held), Unit.Compare) {
		if _, forced := a.forced[u]; !forced && !a.entangled(held, u) {
			continue
		}
		trial := maps.Clone(held)
		delete(trial, u)
		released, _, err := a.check(ctx, trial)
		if err != nil {
			return nil, err
		}
		if released != nil {
			return a.release(ctx, released, trial)
		}
	}
	return valid, nil
}

// entangled says whether a unit is held for a problem that it shares with
// another that is.
func (a *admission) entangled(held holds, u Unit) bool {
	for _, problem := range held[u] {
		for _, place := range problem.Related {
			other := a.cache.Repo.UnitOf(place.File)
			if _, too := held[other]; too && other != u {
				return true
			}
		}
	}
	return false
}

// Base is the revision that the repository is of, with nothing held.
func (v *Valid) Base() *repolayout.Repo { return v.base }

// Restore gives what was in force once: a revision with units of others. What
// of it is not valid any more, because a file is gone or a rule is new, is left
// out: it is among the result's Held without a From.
func Restore(ctx context.Context, next *repolayout.Repo, held []Held) (*Valid, error) {
	sources := make(map[Unit]*repolayout.Repo, len(held))
	for _, each := range held {
		sources[each.Unit] = each.From
	}
	composed, err := next.Compose(ctx, sources)
	if err != nil {
		return nil, err
	}
	valid, _, err := Admit(ctx, nil, composed)
	if err != nil || valid == nil {
		return nil, err
	}
	valid.base = next
	for _, each := range held {
		if !slices.ContainsFunc(valid.Held, func(h Held) bool { return h.Unit == each.Unit }) {
			valid.Held = append(valid.Held, each)
		}
	}
	slices.SortFunc(valid.Held, func(a, b Held) int { return a.Unit.Compare(b.Unit) })
	return valid, nil
}
