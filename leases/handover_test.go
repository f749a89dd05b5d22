package leases

import (
	"errors"
	"testing"
)

// wait lets an owner wait for a resource of type t in a call that lasts.
func (w *world) wait(owner string) *Ticket {
	ticket := w.pool.Acquire(Acquisition{Type: "t", State: Free, Dest: Leased, Owner: owner, ID: owner, Wait: true}, w.now())
	w.flush()
	return ticket
}

func TestAReleaseHandsOverInOneWrite(t *testing.T) {
	w := calm(t, static("t", "a"))
	name, _ := w.take("t", "holder", "")
	next, other := w.wait("next"), w.wait("other")
	release := w.pool.Release(name, Free, "holder", w.now())
	w.collect()
	if len(w.writes) != 1 || w.writes[0].Before.Owner != "holder" || w.writes[0].After.Owner != "next" {
		t.Fatalf("got %+v", w.writes)
	}
	if release.finished || next.finished {
		t.Error("answered before it is stored")
	}
	w.flush()
	if err := release.Err(); err != nil || release.Resource.State != Free || release.Resource.Owner != "" {
		t.Errorf("released %+v: %v", release.Resource, err)
	}
	if err := next.Err(); err != nil || next.Resource.Name != name || next.Resource.Owner != "next" || other.finished {
		t.Errorf("next got %+v: %v, the other is answered: %t", next.Resource, err, other.finished)
	}
}

// TestWhatIsNotHandedOver: what must not go to the first in line just lies
// there, or goes where it belongs.
func TestWhatIsNotHandedOver(t *testing.T) {
	for name, change := range map[string]func(w *world){
		"nobody waits": func(w *world) {
			w.pool.Quit(w.pool.types["t"].lines[Free].byID[requestKey{"next", "next"}].ticket, w.now())
		},
		"it is not wanted": func(w *world) { w.config = &Config{}; w.pool.Configure(w.config, w.now()) },
		"its type changes": func(w *world) {
			w.config = &Config{Resources: []Entry{static("u", "a")}}
			w.pool.Configure(w.config, w.now())
		},
		"the owner has enough": func(w *world) { w.pool.options.MaxPerOwner = 1; w.pool.class("t").held["next"] = 1 },
	} {
		t.Run(name, func(t *testing.T) {
			w := calm(t, static("t", "a"))
			held, _ := w.take("t", "holder", "")
			w.wait("next")
			change(w)
			w.pool.Release(held, Free, "holder", w.now())
			w.collect()
			if len(w.writes) != 1 || w.writes[0].After.Owner != "" {
				t.Errorf("got %+v", w.writes)
			}
			w.pool.options.MaxPerOwner = 0
			if name == "the owner has enough" {
				delete(w.pool.class("t").held, "next")
			}
			w.flush()
		})
	}
}

// TestADrainingTypeHandsNothingOver: while more is held than the type still has,
// what comes back lies still.
func TestADrainingTypeHandsNothingOver(t *testing.T) {
	w := calm(t, static("t", "a", "b"))
	_, _ = w.take("t", "first", "")
	_, _ = w.take("t", "second", "")
	w.wait("next")
	w.want(static("t", "a"))
	w.give(t, "a", w.cluster.resources["a"].Owner)
	if r := w.cluster.resources["a"]; r.Owner != "" {
		t.Errorf("two are in use: %+v", r)
	}
	w.give(t, "b", w.cluster.resources["b"].Owner)
	if r := w.cluster.resources["a"]; r.Owner != "next" {
		t.Errorf("got %+v", r)
	}
}

// TestAHandOverThatConflicts: somebody edits the resource while it passes on.
func TestAHandOverThatConflicts(t *testing.T) {
	for name, test := range map[string]struct {
		owner   string // of the resource after the edit
		handed  bool
		refused bool
	}{
		"touched": {owner: "holder", handed: true},
		"taken":   {owner: "thief", refused: true},
		"freed":   {owner: "", handed: true, refused: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := calm(t, static("t", "a"))
			held, _ := w.take("t", "holder", "")
			next := w.wait("next")
			release := w.pool.Release(held, Free, "holder", w.now())
			edited := w.cluster.resources[held]
			if edited.Owner = test.owner; edited.Owner == "" {
				edited = edited.released(Free, w.now())
			}
			w.cluster.put(edited)
			w.flush()
			if owner := (*OwnerError)(nil); errors.As(release.Err(), &owner) != test.refused {
				t.Errorf("the release: %v", release.Err())
			}
			if next.finished != test.handed || test.handed && next.Err() != nil {
				t.Errorf("answered: %t, %v", next.finished, next.Err())
			}
			if got := w.pool.types["t"].owned; got != 1 {
				t.Errorf("%d in use", got)
			}
		})
	}
}

// TestTheNextGoesAwayDuringTheHandOver: the one after it is served.
func TestTheNextGoesAwayDuringTheHandOver(t *testing.T) {
	w := calm(t, static("t", "a"))
	held, _ := w.take("t", "holder", "")
	next := w.pool.Acquire(Acquisition{Type: "t", State: Free, Dest: Leased, Owner: "next", Wait: true}, w.now())
	other := w.wait("other")
	release := w.pool.Release(held, Free, "holder", w.now())
	w.pool.Abandon(next, w.now())
	w.flush()
	if release.Err() != nil || other.Err() != nil || other.Resource.Owner != "other" {
		t.Errorf("released: %v, the other got %+v: %v", release.Err(), other.Resource, other.Err())
	}
}

// TestAServerThatEndsDuringTheHandOver: whichever way the write went, the line
// goes on.
func TestAServerThatEndsDuringTheHandOver(t *testing.T) {
	for _, landed := range []bool{true, false} {
		w := calm(t, static("t", "a"))
		held, _ := w.take("t", "holder", "")
		w.wait("next")
		w.pool.Release(held, Free, "holder", w.now())
		w.collect()
		if landed {
			w.cluster.apply(w.writes[0])
		}
		w.crash()
		w.flush()
		if !landed {
			w.give(t, held, "holder") // who was not answered asks again
		}
		again := w.wait("next")
		if again.Err() != nil || again.Resource.Name != held || w.cluster.resources[held].Owner != "next" {
			t.Errorf("landed %t: got %+v: %v", landed, again.Resource, again.Err())
		}
	}
}
