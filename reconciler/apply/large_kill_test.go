package apply_test

import (
	"fmt"
	"os"
	"testing"
	"time"
)

// killPoints is at how many of its writes an apply of 300 objects is killed. The long form kills it at each of them.
const killPoints = 44

// largeLeftAndRight are two revisions of 300 objects each, of which some are in both and changed, a quarter as many in
// one of them only, and the rest in both as they are.
func largeLeftAndRight(changed int) (left, right map[string]string) {
	left, right = make(map[string]string), make(map[string]string)
	for i := range 300 {
		name := fmt.Sprintf("object-%03d", i)
		switch {
		case i < changed:
			left[name], right[name] = "left", "right"
		case i < changed+changed/4:
			left[name+"-left"], right[name+"-right"] = "left", "right"
		default:
			left[name], right[name] = "same", "same"
		}
	}
	return left, right
}

// TestKilledAtFortyWritesOfThreeHundredObjects counts the writes of an apply of 300 objects, and kills it at points spread
// over all of them, the first and the last among them, before or after the server gets the write. A new process then goes
// on, recovers, or applies something else: the cluster is wholly at one revision, with nothing orphaned or lost.
//
// With DROVER_SOAK all objects are in motion, and the apply is killed at every write, in both ways.
func TestKilledAtFortyWritesOfThreeHundredObjects(t *testing.T) {
	t.Parallel()
	soak := os.Getenv("DROVER_SOAK") != ""
	changed := 30
	if soak {
		changed = 240
	}
	s := newSite(t)
	s.patience = 2 * time.Minute
	now, next := largeLeftAndRight(changed)
	s.apply(s.target(), "first", s.configMapsOf(now)...)
	writes := len(written(s.wire.during(func() { s.apply(s.target(), "counted", s.configMapsOf(next)...) })))
	now, next = next, now
	points := killPoints
	if soak {
		points = 2 * writes
	}
	if writes < killPoints {
		t.Fatalf("an apply has only %d writes", writes)
	}
	killed := 0
	for i := range points {
		point := i * (writes - 1) / (points - 1)
		die := unsent
		if i%2 == 1 {
			die = unanswered
		}
		if !s.killedAt(point, die, fmt.Sprint("killed-", i), next) {
			// What the new process found done needs no write, so that an apply may have fewer than were counted.
			now, next = next, now
			continue
		}
		killed++
		now, next = s.goOn(i, now, next)
		s.mustHold(fmt.Sprintf("killed at write %d of %d", point, writes), now)
	}
	if killed < max(40, points*9/10) {
		t.Errorf("killed at only %d points of %d", killed, points)
	}
	s.apply(s.target(), "last", s.configMapsOf(next)...)
	s.mustHold("at the end", next)
	s.mustBeTidy()
	t.Logf("killed at %d points of %d writes", killed, writes)
}
