package main

import (
	"math"
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// TestMemory: nothing is collected at first, a repository that is large leads
// back to Go's default, and what runs for long saves memory.
func TestMemory(t *testing.T) {
	t.Setenv("GOGC", "")
	t.Setenv("GOMEMLIMIT", "")
	percent := debug.SetGCPercent(usualPercent)
	limit := debug.SetMemoryLimit(-1)
	defer func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}()
	expectReading()
	if got := debug.SetMemoryLimit(-1); got != startRoom {
		t.Errorf("the limit is %d", got)
	}
	large := make([]byte, startRoom)
	for started := time.Now(); debug.SetMemoryLimit(-1) != math.MaxInt64; runtime.GC() {
		if time.Since(started) > time.Minute {
			t.Fatal("a large repository does not lead back to the default")
		}
	}
	runtime.KeepAlive(large)
	if _, got := collectorState(); got != usualPercent {
		t.Errorf("GOGC is %d", got)
	}
	saveMemory()
	if _, got := collectorState(); got != thriftyPercent {
		t.Errorf("GOGC is %d", got)
	}
	t.Setenv("GOGC", "100")
	expectReading()
	if _, got := collectorState(); got != thriftyPercent {
		t.Errorf("GOGC of the environment is not obeyed: %d", got)
	}
}
