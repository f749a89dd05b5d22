package main

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// How much garbage there may be. GOGC or GOMEMLIMIT in the environment override
// all of it.
const (
	// startRoom is how much memory is used, in bytes, before any garbage is
	// collected: to read a repository makes much of it in a second or two, and
	// then it is read.
	startRoom = 220 << 20
	// usualPercent is Go's default: as much garbage as there is else.
	usualPercent = 100
	// thriftyPercent is for what runs for long. Answering makes little garbage,
	// so that it costs little time, and saves a third of the memory.
	thriftyPercent = 40
)

func overridden() bool { return os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" }

// expectReading is for commands that are about to read a repository. One that
// does not fit leads back to Go's default.
func expectReading() {
	if overridden() {
		return
	}
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(startRoom)
	afterCollection(func() (again bool) {
		live, percent := collectorState()
		switch {
		case percent <= usualPercent:
			return false // somebody knows better
		case live < startRoom/4*3:
			return true
		}
		debug.SetGCPercent(usualPercent)
		debug.SetMemoryLimit(math.MaxInt64)
		return false
	})
}

// saveMemory is for commands that run for long, once they have read a
// repository.
func saveMemory() {
	if overridden() {
		return
	}
	debug.SetGCPercent(thriftyPercent)
	debug.SetMemoryLimit(math.MaxInt64)
}

// afterCollection calls a function after the next collection, and after each
// that follows while it says so.
func afterCollection(do func() (again bool)) {
	runtime.SetFinalizer(&struct{ _ [64]byte }{}, func(any) {
		if do() {
			afterCollection(do)
		}
	})
}

// collectorState says how many bytes outlived the last collection, and GOGC,
// which is very large where it is off.
func collectorState() (live, percent uint64) {
	samples := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/gogc:percent"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64(), samples[1].Value.Uint64()
}
