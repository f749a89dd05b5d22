package main

import (
	"os"
	"runtime"

	"github.com/drover-ci/drover/internal/workers"
)

// answerFirst is for commands that answer while they look at a new revision. Go
// shares a processor out between goroutines in tens of milliseconds, and the
// system between threads as soon as one has something to do: with more threads
// than processors, a request finds one at once. GOMAXPROCS in the environment
// overrides it; and where the process may not use all processors for all of the
// time, more threads would only use up sooner what it may. And what takes long gives
// way.
func answerFirst() {
	workers.AnswerFirst()
	if count := runtime.NumCPU(); os.Getenv("GOMAXPROCS") == "" && runtime.GOMAXPROCS(0) >= count {
		runtime.GOMAXPROCS(2 * count) //nolint:mnd // half of them for those who look at revisions
	}
}
