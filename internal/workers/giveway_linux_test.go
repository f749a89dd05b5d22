package workers

import (
	"os"
	"regexp"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

// TestGiveWay: of two threads with one processor the one that gives way is switched away
// from again and again, and not before it is asked to.
func TestGiveWay(t *testing.T) {
	if answering.Load() {
		t.Fatal("it gives way without having been asked to")
	}
	defer answering.Store(false)
	var cpus unix.CPUSet
	if err := unix.SchedGetaffinity(0, &cpus); err != nil {
		t.Fatal(err)
	}
	first := 0
	for !cpus.IsSet(first) {
		first++
	}
	on(t, first, func() {
		var done atomic.Bool
		var other sync.WaitGroup
		ready := make(chan struct{})
		other.Go(func() {
			on(t, first, func() {
				close(ready)
				for !done.Load() { //nolint:revive // it takes the processor for itself
				}
			})
		})
		<-ready
		const times = 200
		switches := func() int {
			before := switched(t)
			for range times {
				GiveWay()
			}
			return switched(t) - before
		}
		before := switches()
		AnswerFirst()
		after := switches()
		done.Store(true)
		other.Wait()
		if after < times/10 || before >= times/10 {
			t.Errorf("the thread was switched away from %d times in %d, and %d times before it was asked to give way", after, times, before)
		}
	})
}

// on does something in a thread of its own, on one processor.
func on(t *testing.T, cpu int, do func()) {
	t.Helper()
	var group sync.WaitGroup
	group.Go(func() {
		runtime.LockOSThread() // and ends with the goroutine
		var one unix.CPUSet
		one.Set(cpu)
		if err := unix.SchedSetaffinity(0, &one); err != nil {
			t.Error(err)
		}
		do()
	})
	group.Wait()
}

var switchesLine = regexp.MustCompile(`(?m)^(?:non)?voluntary_ctxt_switches:\s*(\d+)$`)

// switched is how often the system has switched from this thread to another.
func switched(t *testing.T) (times int) {
	t.Helper()
	status, err := os.ReadFile("/proc/thread-self/status")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range switchesLine.FindAllSubmatch(status, -1) {
		count, _ := strconv.Atoi(string(line[1]))
		times += count
	}
	return times
}
