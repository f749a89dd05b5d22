package main

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
	"time"
)

// How large the heap grows before garbage is collected, for commands that read a
// repository: to read one makes much garbage in a second or two, and then it is
// read. GOGC or GOMEMLIMIT in the environment override it.
const (
	// roomToRead is how many bytes may be used in any case.
	roomToRead = 160 << 20
	// roomToAnswer is that of a server that has been read into, so that the garbage of
	// many changes in a row has its place. Once bodies have been made for all
	// configurations, more is in use anyway.
	roomToAnswer = 250 << 20
	// spare is how much garbage there may be beside what is in use, in percent of
	// that, where there is no more room. Go's default is a hundred. Answering makes
	// little garbage, so that less costs little time, and saves a third of the
	// memory.
	spare = 30
	// much is in use, in bytes, only while a repository with job files of an older
	// form is read. There may be less spare meanwhile.
	much            = 220 << 20
	spareBesideMuch = 20
	// smallestHeap is the heap, in bytes, that Go multiplies with GOGC before it
	// has collected for the first time.
	smallestHeap = 4 << 20
)

// roomNow is how many bytes may be used in any case now; 0 until that is limited.
var roomNow atomic.Uint64 //nolint:gochecknoglobals // the heap is the process's

// saveMemory has the collector work as the constants say from here on.
func saveMemory() {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	first := roomNow.Swap(roomToRead) == 0
	limitGarbage() // a cache may have been read before
	if first {
		afterEachCollection(limitGarbage)
	}
}

// makeRoomToAnswer is for servers, once a repository has been read.
func makeRoomToAnswer() {
	if roomNow.CompareAndSwap(roomToRead, roomToAnswer) {
		limitGarbage()
	}
}

func limitGarbage() { debug.SetGCPercent(spareFor(inUse(), roomNow.Load())) }

// spareFor is GOGC for a heap of which so many bytes are in use.
func spareFor(used, room uint64) int {
	switch {
	case used >= much:
		return spareBesideMuch
	case used >= room:
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

// calm is how long no revision has to come until garbage is collected, and how often
// that is looked at from then on.
const calm = time.Second / 2

const (
	// littleGarbage is how many bytes are left lying where only answers made them. A
	// server that has nothing to do makes a megabyte in half a minute.
	littleGarbage = 16 << 20
	// littleInACalm is how many are left after a revision, when more may follow; and how
	// many a calm makes at most. While much is asked, the collector runs anyway.
	littleInACalm = 4 << 20
)

// calmCollector has garbage collected while no revision comes and little is asked, so
// that the next revisions find room for theirs: the collector takes all processors for
// a twentieth of a second, and who asks just then may wait for it. A changed
// configuration or script makes a megabyte of garbage, and so do two hundred answers.
type calmCollector struct {
	changed chan struct{}
	// settle makes garbage of what an earlier revision has left.
	settle func()
	// garbage is how many bytes there are of it, and collect takes it away.
	garbage func() uint64
	collect func()
}

func newCalmCollector(settle func()) *calmCollector {
	return &calmCollector{changed: make(chan struct{}, 1), settle: settle, garbage: garbage, collect: collectGently}
}

// Changed tells it that a revision came.
func (c *calmCollector) Changed() {
	select {
	case c.changed <- struct{}{}:
	default: // it has been told already
	}
}

// Run collects garbage in each calm, until the context ends.
func (c *calmCollector) Run(ctx context.Context) {
	timer := time.NewTimer(calm)
	defer timer.Stop()
	changed, before := false, uint64(0)
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.changed:
			changed = true
		case <-timer.C:
			if changed {
				c.settle()
			}
			lying := c.garbage()
			if changed && lying > littleInACalm || lying > littleGarbage && lying <= before+littleInACalm {
				c.collect()
				lying = 0
			}
			changed, before = false, lying
		}
		timer.Reset(calm)
	}
}

// collectGently collects garbage with no more threads than there are processors. With
// more (see [answerFirst]) the system shares the processors out between those that
// collect and one that would answer, and that in milliseconds.
func collectGently() {
	if threads := runtime.GOMAXPROCS(0); threads > runtime.NumCPU() {
		runtime.GOMAXPROCS(runtime.NumCPU())
		defer runtime.GOMAXPROCS(threads)
	}
	runtime.GC()
}

// garbage is by how many bytes the heap has grown since the last collection.
func garbage() uint64 {
	samples := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(samples)
	if now, used := samples[0].Value.Uint64(), inUse(); now > used {
		return now - used
	}
	return 0
}

// inUse is how many bytes outlived the last collection.
func inUse() uint64 {
	samples := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64()
}
