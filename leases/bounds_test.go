package leases

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// Each test here is something that a client may do to make the server grow, or
// to get what others wait for.

// TestALineHasAnEnd: who comes when it is full is told so, however long the
// texts are that fill it, in however many states. What is stored fits into an
// object, and who is in line is answered as ever.
func TestALineHasAnEnd(t *testing.T) {
	long := strings.Repeat("<", 253)
	for name, ask := range map[string]func(i int) Acquisition{
		"short": func(i int) Acquisition { return Acquisition{State: Free, Owner: "o", ID: strconv.Itoa(i)} },
		"long": func(i int) Acquisition {
			return Acquisition{State: Free, Owner: long, ID: strconv.Itoa(i) + long[:240]}
		},
		"many states": func(i int) Acquisition {
			return Acquisition{State: strconv.Itoa(i), Owner: "ö", ID: strconv.Itoa(i)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := calm(t, static("t", "a"))
			holder, _ := w.take("t", "holder", "")
			tickets := make([]*Ticket, 2500)
			for i := range tickets {
				a := ask(i)
				a.Type, a.Dest = "t", Leased
				tickets[i] = w.pool.Acquire(a, w.now())
			}
			w.saveLinesWell()
			full := 0
			for i, ticket := range tickets {
				if errors.Is(ticket.Err(), ErrLineFull) {
					full++
				} else if !errors.As(ticket.Err(), new(*NotFoundError)) {
					t.Fatalf("call %d: %v", i, ticket.Err())
				}
			}
			content, err := json.Marshal(w.cluster.lines["t"].Waiting)
			if err != nil || len(content) > maxLineSize || full < 500 {
				t.Errorf("%d bytes are stored, and %d were told that the line is full: %v", len(content), full, err)
			}
			if size := w.pool.types["t"].lineSize; size < len(content) {
				t.Errorf("%d bytes are stored, but counted were %d", len(content), size)
			}
			w.up += w.pool.options.RequestTTL + 1
			w.pool.Housekeep(w.now())
			w.give(t, holder, "holder")
			if c := w.pool.class("t"); c.waiters != 0 || c.lineSize != 0 || len(c.lines) != 0 {
				t.Errorf("when all are gone there are %d, of %d bytes, in %d lines", c.waiters, c.lineSize, len(c.lines))
			}
		})
	}
}

// TestInventedStatesLeaveNothing: states are free to be invented, and forgotten.
func TestInventedStatesLeaveNothing(t *testing.T) {
	w := calm(t, static("t", "a"))
	state := Free
	for i := range 100 {
		next := fmt.Sprintf("state-%d", i)
		w.pool.Acquire(Acquisition{Type: "t", State: state, Dest: Leased, Owner: "me"}, w.now())
		w.flush()
		w.pool.Release("a", next, "me", w.now())
		w.flush()
		state = next
	}
	if c := w.pool.class("t"); len(c.free) != 1 || len(c.idle) != 1 || len(c.lines) != 0 {
		t.Errorf("there are lists of %d states, counts of %d, lines of %d", len(c.free), len(c.idle), len(c.lines))
	}
}

// TestARequestIsItsOwners: nobody takes another's place in line, or lease, by
// naming the id of its request.
func TestARequestIsItsOwners(t *testing.T) {
	w := calm(t, static("t", "a"))
	held, _ := w.take("t", "holder", "")
	_, _ = w.take("t", "first", "id")
	_, _ = w.take("t", "thief", "id")
	w.crash()
	w.flush()
	w.give(t, held, "holder")
	if got, _ := w.take("t", "thief", "id"); got != "" {
		t.Error("who came second, with the id of the first, came first")
	}
	if got, err := w.take("t", "first", "id"); got != held {
		t.Errorf("the first in line got %q: %v", got, err)
	}
	if got, _ := w.take("t", "thief", "id"); got != "" {
		t.Error("a lease was given once more, to one who knows its request")
	}
}

// TestALimitIsForLeases: it holds for resources by name as well, and holds up
// nobody who cleans.
func TestALimitIsForLeases(t *testing.T) {
	w := calm(t)
	w.options.MaxPerOwner = 2
	w.start()
	w.want(static("t", "a", "b", "c"), static("u", "x"))
	byName := func(dest string, names ...string) error {
		ticket := w.pool.AcquireByState(Free, dest, "me", names, w.now())
		w.flush()
		return ticket.Err()
	}
	if err := byName(Leased, "a", "b", "c"); !errors.As(err, new(*NotFoundError)) {
		t.Errorf("three at a time: %v", err)
	}
	if err := byName(Leased, "a", "b", "x"); err != nil {
		t.Errorf("two, and one of another type: %v", err)
	}
	if err := byName(Leased, "c"); !errors.As(err, new(*NotFoundError)) {
		t.Errorf("a third: %v", err)
	}
	if err := byName(Cleaning, "c"); err != nil {
		t.Errorf("to clean: %v", err)
	}
	w.give(t, "c", "me")
	ticket := w.pool.Acquire(Acquisition{Type: "t", State: Free, Dest: Cleaning, Owner: "me"}, w.now())
	w.flush()
	if ticket.Err() != nil {
		t.Errorf("to clean any of a type: %v", ticket.Err())
	}
}
