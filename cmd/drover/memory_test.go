package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"testing/synctest"
	"time"
	"weak"
)

func TestSpareFor(t *testing.T) {
	const room = roomToRead
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
	saveMemory()
	if got := percent(); got != 100 {
		t.Errorf("GOGC of the environment is not obeyed: %d", got)
	}
	t.Setenv("GOGC", "")
	saveMemory()
	held := make([]byte, roomToRead)
	for started := time.Now(); percent() != spare; runtime.GC() {
		if time.Since(started) > time.Minute {
			t.Fatalf("much is in use, and GOGC is %d", percent())
		}
	}
	debug.SetGCPercent(100)
	saveMemory()
	if got := percent(); got != spare {
		t.Errorf("much was in use before, and GOGC is %d", got)
	}
	if makeRoomToAnswer(); roomNow.Load() != roomToAnswer || percent() < 40 { //nolint:mnd // (240 - 160) / 160, less what else is in use
		t.Errorf("a server has room for %d bytes, and GOGC is %d", roomNow.Load(), percent())
	}
	runtime.KeepAlive(held)
}

// TestGarbageIsCollectedInACalm: after changes and after much was asked, and not while
// either goes on; and a little never.
func TestGarbageIsCollectedInACalm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lying, collected, settled := uint64(0), 0, 0
		c := newCalmCollector(func() { settled++ })
		c.garbage, c.collect = func() uint64 { return lying }, func() { lying, collected = 0, collected+1 }
		go c.Run(t.Context())
		expect := func(when string, collections, settlings int) {
			t.Helper()
			synctest.Wait()
			if collected != collections || settled != settlings {
				t.Errorf("%s, garbage was collected %d times, and settled %d times; want %d and %d",
					when, collected, settled, collections, settlings)
			}
		}
		for range 30 {
			lying += littleGarbage
			c.Changed()
			<-time.After(calm / 2)
		}
		expect("while changes go on", 0, 0)
		<-time.After(calm)
		expect("after changes", 1, 1)
		lying = littleInACalm
		c.Changed()
		<-time.After(2 * calm)
		expect("after a change with little garbage", 1, 2)
		lying++
		c.Changed()
		<-time.After(2 * calm)
		expect("after a change with more", 2, 3)
		<-time.After(calm / 2) // between two looks
		for range 30 {
			<-time.After(calm)
			lying += littleInACalm + 1
		}
		expect("while much is asked", 2, 3)
		<-time.After(2 * calm)
		expect("after much was asked", 3, 3)
		lying = littleGarbage
		<-time.After(10 * calm)
		expect("with little garbage", 3, 3)
		lying++
		<-time.After(calm)
		expect("with more", 4, 3)
	})
}

// TestGarbage: what is no longer used counts until it is collected.
func TestGarbage(t *testing.T) {
	for started := time.Now(); ; {
		runtime.GC()
		if left := garbage(); left > littleGarbage {
			t.Errorf("%d bytes of garbage are left", left)
		}
		held := make([]byte, 2*littleGarbage)
		made := garbage()
		runtime.KeepAlive(held)
		if made > littleGarbage {
			return
		}
		if time.Since(started) > time.Minute { // it is collected meanwhile, once and again
			t.Fatalf("there are %d bytes of garbage, want more than %d", made, littleGarbage)
		}
	}
}

// TestCollectGently: afterwards there are as many threads as before, and no garbage.
func TestCollectGently(t *testing.T) {
	before := runtime.GOMAXPROCS(2 * runtime.NumCPU())
	defer runtime.GOMAXPROCS(before)
	made := weak.Make(new([1 << 10]byte))
	collectGently()
	if threads := runtime.GOMAXPROCS(0); threads != 2*runtime.NumCPU() || made.Value() != nil {
		t.Errorf("there are %d threads and garbage at %p, want %d and none", threads, made.Value(), 2*runtime.NumCPU())
	}
}

func percent() uint64 {
	samples := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64()
}
