package reconciler

import (
	"slices"
	"time"

	"github.com/drover-ci/drover/reconciler/gitsource"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema/rules"
)

// heldOf tells of the units that are held back. Those that were before are so
// since then.
func (r *Reconciler) heldOf(valid *rules.Valid, now time.Time) []Held {
	held := make([]Held, 0, len(valid.Held))
	for _, each := range valid.Held {
		next := Held{Unit: each.Unit, Since: now, Problems: each.Problems}
		if each.From != nil {
			next.Revision = r.commits[each.From]
		}
		if i := slices.IndexFunc(r.held, func(h Held) bool { return h.Unit == each.Unit }); i >= 0 {
			next.Since = r.held[i].Since
		}
		held = append(held, next)
	}
	return held
}

// lost gives a unit that would be left out although there may be objects of it:
// what it was like when it was good is not known any more.
func (r *Reconciler) lost(valid *rules.Valid) (unit rules.Unit, found bool) {
	for _, each := range valid.Held {
		if each.From == nil && r.unknown[each.Unit] {
			return each.Unit, true
		}
	}
	return rules.Unit{}, false
}

// forget drops the revisions of which no unit is held any more.
func (r *Reconciler) forget() {
	needed := map[*repolayout.Repo]gitsource.Revision{}
	keep := func(repo *repolayout.Repo) {
		if revision, ok := r.commits[repo]; ok {
			needed[repo] = revision
		}
	}
	keep(r.repo)
	for _, valid := range []*rules.Valid{r.valid, r.inForce} {
		if valid == nil {
			continue
		}
		keep(valid.Base())
		for _, each := range valid.Held {
			keep(each.From)
		}
	}
	r.commits = needed
}
