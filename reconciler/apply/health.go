package apply

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Health is how the objects in force do.
type Health struct {
	// Watched says that somebody watches and has seen them all. Where it is false nothing is known.
	Watched bool
	// Objects counts them.
	Objects int
	// Sick are those that do not work: they say so themselves, or have not come up for [settlingTime], or are fought
	// over, or cannot be put right.
	Sick []Ailment
	// Pending are on their way: a Deployment that has not rolled out, an object that is being deleted or made anew.
	Pending []Ailment
}

// Ailment is what is wrong with an object.
type Ailment struct {
	Object Identity
	// Source is the file that declares it.
	Source string
	// Message says it for people.
	Message string
}

// String is the form for people: "Deployment ci/deck (clusters/deck.yaml): Available: 0/1".
func (a Ailment) String() string {
	if a.Source == "" {
		return fmt.Sprintf("%s: %s", a.Object, a.Message)
	}
	return fmt.Sprintf("%s (%s): %s", a.Object, a.Source, a.Message)
}

// Well tells whether nothing is known to be wrong.
func (h Health) Well() bool { return h.Watched && len(h.Sick)+len(h.Pending) == 0 }

// shownAilments is how many objects a message names.
const shownAilments = 3

// String is the form for people.
func (h Health) String() string {
	switch {
	case !h.Watched:
		return "nobody watches"
	case len(h.Sick) > 0:
		return counted(len(h.Sick), "does not work", "do not work") + list(h.Sick)
	case len(h.Pending) > 0:
		return counted(len(h.Pending), "is not up yet", "are not up yet") + list(h.Pending)
	default:
		return fmt.Sprintf("all %d objects are there and well", h.Objects)
	}
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 object " + one
	}
	return fmt.Sprintf("%d objects %s", n, many)
}

func list(all []Ailment) string {
	var b strings.Builder
	for i, each := range all[:min(len(all), shownAilments)] {
		b.WriteString([]string{": ", "; "}[min(i, 1)])
		b.WriteString(each.String())
	}
	if more := len(all) - shownAilments; more > 0 {
		fmt.Fprintf(&b, "; and %d more", more)
	}
	return b.String()
}

const (
	// settlingTime is how long an object may be on its way before it counts as one that does not work.
	settlingTime = 5 * time.Minute
	// gathering is for how long news is gathered before it is told, so that it is not told in pieces.
	gathering = 100 * time.Millisecond
	// recheck is how often to look while something is wrong, since time alone may change that.
	recheck = 10 * time.Second
)

// stir has the health looked at.
func (t *Target) stir() {
	select {
	case t.stirred <- struct{}{}:
	default: // a look is already due
	}
}

// Health calls tell with how the objects in force do, at first and whenever that changes, until ctx ends. While nobody
// runs [Target.Watch] it knows nothing. There may be one Health at a time.
func (t *Target) Health(ctx context.Context, tell func(Health)) {
	rounds := rounds{target: t, since: map[Identity]waiting{}}
	for told := (*Health)(nil); ctx.Err() == nil; {
		if next := rounds.make(); told == nil || !reflect.DeepEqual(*told, next) {
			tell(next)
			told = &next
		}
		var again <-chan time.Time
		if !told.Well() && told.Watched {
			again = t.clock.After(recheck)
		}
		select {
		case <-ctx.Done():
			return
		case <-again:
			continue
		case <-t.stirred:
		}
		select {
		case <-ctx.Done():
		case <-time.After(gathering):
		}
	}
}

// rounds looks after all objects, again and again.
type rounds struct {
	target *Target
	// since is from when on each object has been on its way.
	since map[Identity]waiting
}

// waiting is from when on, and in which form, an object has been on its way.
type waiting struct {
	since time.Time
	hash  string
}

// make makes one round.
func (r *rounds) make() Health {
	t := r.target
	t.mu.RLock()
	defer t.mu.RUnlock()
	w := t.watcher
	if w == nil || t.known == nil || !w.seesAll() {
		return Health{}
	}
	t.noting.Lock()
	defer t.noting.Unlock()
	now := t.clock.Now()
	troubles := w.troubles.all(w.fights, now)
	health := Health{Watched: true}
	for id, e := range t.known.good {
		if e.Kept || e.Borrowed || e.body == nil || e.paused {
			continue
		}
		health.Objects++
		c := w.examine(id)
		if trouble, ok := troubles[id]; ok {
			c = condition{stateFailed, trouble}
		}
		r.add(&health, e, c, now)
	}
	for _, all := range [][]Ailment{health.Sick, health.Pending} {
		slices.SortFunc(all, func(a, b Ailment) int { return compareIdentities(a.Object, b.Object) })
	}
	return health
}

// add files an object under how it does.
func (r *rounds) add(health *Health, e entry, c condition, now time.Time) {
	if c.state != statePending {
		delete(r.since, e.Identity)
	}
	ailment := Ailment{e.Identity, e.Source, c.why}
	switch c.state {
	case stateWell:
	case stateFailed:
		health.Sick = append(health.Sick, ailment)
	case statePending:
		w, ok := r.since[e.Identity]
		if !ok || w.hash != e.Hash {
			w = waiting{now, e.Hash}
			r.since[e.Identity] = w
		}
		if now.Sub(w.since) < settlingTime {
			health.Pending = append(health.Pending, ailment)
		} else {
			health.Sick = append(health.Sick, ailment)
		}
	}
}

// examine tells how an object does by what was last seen of it.
func (w *watcher) examine(id Identity) condition {
	found := w.lastSeen(id)
	switch {
	case found == nil:
		return condition{statePending, "it is not there"}
	case found.paused:
		return condition{}
	case found.leaving:
		return condition{statePending, "it is being deleted, and not gone yet"}
	default:
		return found.condition
	}
}
