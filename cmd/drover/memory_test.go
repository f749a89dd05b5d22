package main

import (
	"context"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

func TestSpareFor(t *testing.T) {
	for used, want := range map[uint64]int{
		0: 4000, 1 << 20: 3975, room / 4: 300, room / 2: 100, room / 10 * 7: 42, room / 10 * 9: spare, room: spare, much - 1: spare, much: spareBesideMuch, 10 * room: spareBesideMuch,
	} {
		if got := spareFor(used, room); got < want-1 || got > want+1 {
			t.Errorf("%d bytes in use: %d %%, want %d", used, got, want)
		}
	}
}

// TestSaveMemory: the collector follows what is in use.
func TestSaveMemory(t *testing.T) {
	t.Setenv("GOMEMLIMIT", "")
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	t.Setenv("GOGC", "100")
	saveMemory(room)
	if got := percent(); got != 100 {
		t.Errorf("GOGC of the environment is not obeyed: %d", got)
	}
	t.Setenv("GOGC", "")
	saveMemory(room)
	held := make([]byte, room)
	for started := time.Now(); percent() != spare; runtime.GC() {
		if time.Since(started) > time.Minute {
			t.Fatalf("much is in use, and GOGC is %d", percent())
		}
	}
	debug.SetGCPercent(100)
	saveMemory(room)
	if got := percent(); got != spare {
		t.Errorf("much was in use before, and GOGC is %d", got)
	}
	runtime.KeepAlive(held)
}

// TestGarbageIsCollectedInACalm: after a change, and not while changes go on.
func TestGarbageIsCollectedInACalm(t *testing.T) {
	before := debug.SetGCPercent(-1)
	defer debug.SetGCPercent(before)
	c := newCalmCollector()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); c.Run(ctx, time.Second) }()
	defer func() { cancel(); <-ended }()
	last := collections()
	var longest time.Duration // a machine may be busy with something else
	for range 30 {
		held := make([]byte, littleGarbage)
		runtime.KeepAlive(held)
		c.Changed()
		began := time.Now()
		<-time.After(50 * time.Millisecond)
		longest = max(longest, time.Since(began))
	}
	if got := collections(); got != last && longest < time.Second/2 {
		t.Errorf("garbage was collected %d times while changes went on", got-last)
	}
	for started := time.Now(); collections() == last; <-time.After(10 * time.Millisecond) {
		if time.Since(started) > time.Minute {
			t.Fatal("no garbage is collected")
		}
	}
	if left := garbage(); left > littleGarbage {
		t.Errorf("%d bytes of garbage are left", left)
	}
}

func collections() uint32 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.NumGC
}

func percent() uint64 {
	samples := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64()
}
