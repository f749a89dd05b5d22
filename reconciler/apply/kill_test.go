package apply_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var errKilled = errors.New("killed")

// leftAndRight are two revisions that have objects in common, equal and changed, and some of their own.
func leftAndRight() (left, right map[string]string) {
	left, right = make(map[string]string), make(map[string]string)
	for i := range 6 {
		left[fmt.Sprint("same-", i)], right[fmt.Sprint("same-", i)] = "0", "0"
		left[fmt.Sprint("changed-", i)], right[fmt.Sprint("changed-", i)] = "left", "right"
		left[fmt.Sprint("left-", i)] = "left"
		right[fmt.Sprint("right-", i)] = "right"
	}
	return left, right
}

// killedAt applies a revision in a process that dies with its n-th write, from 0: either before that reaches the server,
// or before its answer comes back. It tells whether there were that many writes.
func (s *site) killedAt(n int, answerLost bool, revision string, objects map[string]string) bool {
	ctx, kill := context.WithCancel(s.t.Context())
	defer kill()
	writes := 0
	s.wire.cutWith(func(r *http.Request) (before, after error) {
		if ctx.Err() != nil {
			return errKilled, nil
		}
		if !isWrite(r) {
			return nil, nil
		}
		if writes++; writes <= n {
			return nil, nil
		}
		kill()
		if answerLost {
			return nil, errKilled
		}
		return errKilled, nil
	})
	defer s.wire.cutWith(nil)
	_, err := s.target().Apply(ctx, revision, s.configMapsOf(objects))
	return err != nil
}

// TestKilledAtEveryWrite kills an apply at each of its writes, and starts a new process on what is left: one that
// applies the same revision, one that only recovers, one that applies another.
func TestKilledAtEveryWrite(t *testing.T) {
	t.Parallel()
	for name, answerLost := range map[string]bool{"before the server hears of it": false, "before the answer comes": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			now, next := leftAndRight()
			s.apply(s.target(), "r", s.configMapsOf(now)...)
			points := 0
			for ; s.killedAt(points, answerLost, fmt.Sprint("killed-", points), next); points++ {
				now, next = s.goOn(points, now, next)
				s.mustHold(fmt.Sprintf("killed at write %d", points), now)
			}
			if points < 20 {
				t.Errorf("there were only %d writes", points)
			}
			s.mustHold("at the end", next)
		})
	}
}

// goOn starts a new process after a kill between two states, and gives the state it must have reached, and the other.
func (s *site) goOn(point int, now, next map[string]string) (reached, left map[string]string) {
	s.t.Helper()
	killed := fmt.Sprint("killed-", point)
	switch point % 3 {
	case 0:
		s.apply(s.target(), killed, s.configMapsOf(next)...)
		return next, now
	case 1:
		if s.revision() == killed {
			return next, now
		}
		return now, next
	}
	third := maps.Clone(now)
	third["other"] = killed
	delete(third, "same-0")
	s.apply(s.target(), "other-"+killed, s.configMapsOf(third)...)
	return third, next
}

// mustHold compares the cluster with what it must hold, neither more nor less, and the inventory with that.
func (s *site) mustHold(when string, want map[string]string) {
	s.t.Helper()
	if diff := cmp.Diff(want, s.data()); diff != "" {
		s.t.Fatalf("%s: cluster (-want +got):\n%s", when, diff)
	}
	again := s.wire.during(func() { s.apply(s.target(), s.revision(), s.configMapsOf(want)...) })
	if writes := written(again); len(writes) > 0 {
		s.t.Fatalf("%s: a new process still has to write: %q", when, writes)
	}
}
