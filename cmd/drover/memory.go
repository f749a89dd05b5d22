package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// How large the heap grows before garbage is collected, for commands that read a
// repository: to read one makes much garbage in a second or two, and then it is
// read. GOGC or GOMEMLIMIT in the environment override it.
const (
	// room is how many bytes may be used in any case.
	room = 160 << 20
	// spare is how much garbage there may be beside what is in use, in percent of
	// that, where there is no more room. Go's default is a hundred. Answering makes
	// little garbage, so that less costs little time, and saves a third of the
	// memory.
	spare = 33
	// smallestHeap is the heap, in bytes, that Go multiplies with GOGC before it
	// has collected for the first time.
	smallestHeap = 4 << 20
)

// saveMemory has the collector work as the constants say from here on.
func saveMemory() {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetGCPercent(room / smallestHeap * 100)
	afterEachCollection(func() { debug.SetGCPercent(spareFor(inUse())) })
}

// spareFor is GOGC for a heap of which so many bytes are in use.
func spareFor(used uint64) int {
	if used >= room {
		return spare
	}
	return max(spare, int((room-used)*100/max(used, smallestHeap))) //nolint:gosec,mnd // percent of at most room
}

// afterEachCollection calls a function after each collection from now on.
func afterEachCollection(do func()) {
	runtime.SetFinalizer(&struct{ _ [64]byte }{}, func(any) {
		do()
		afterEachCollection(do)
	})
}

// inUse is how many bytes outlived the last collection.
func inUse() uint64 {
	samples := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64()
}
