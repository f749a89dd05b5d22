package gitsource

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestLooksAreSpread: a look is a tenth earlier or later than the interval says,
// another time each, and one that is asked for is made at once.
func TestLooksAreSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		poked, looks := make(chan struct{}, 1), make(chan time.Time)
		go tick(ctx, time.Minute, poked, func() { looks <- time.Now() })
		last := time.Now()
		waits := map[time.Duration]bool{}
		for range 100 {
			now := <-looks
			wait := now.Sub(last)
			if wait < 54*time.Second || wait > 66*time.Second {
				t.Errorf("a look after %s", wait)
			}
			waits[wait], last = true, now
		}
		if len(waits) < 50 {
			t.Errorf("100 looks came after %d different times", len(waits))
		}
		poked <- struct{}{}
		if wait := (<-looks).Sub(last); wait != 0 {
			t.Errorf("a look that was asked for came after %s", wait)
		}
		cancel()
	})
}
