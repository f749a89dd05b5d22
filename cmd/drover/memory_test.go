package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

func TestSpareFor(t *testing.T) {
	for used, want := range map[uint64]int{
		0: 4000, 1 << 20: 3975, room / 4: 300, room / 2: 100, room / 10 * 7: 42, room / 10 * 9: spare, room: spare, 10 * room: spare,
	} {
		if got := spareFor(used); got < want-1 || got > want+1 {
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
	saveMemory()
	if got := percent(); got != 100 {
		t.Errorf("GOGC of the environment is not obeyed: %d", got)
	}
	t.Setenv("GOGC", "")
	saveMemory()
	held := make([]byte, room)
	for started := time.Now(); percent() != spare; runtime.GC() {
		if time.Since(started) > time.Minute {
			t.Fatalf("much is in use, and GOGC is %d", percent())
		}
	}
	runtime.KeepAlive(held)
}

func percent() uint64 {
	samples := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64()
}
