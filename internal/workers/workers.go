// Package workers says how many goroutines share a piece of work.
package workers

import "runtime"

// Count is one for each processor that the process may use. There may be more
// threads for goroutines than that (GOMAXPROCS), so that what is short finds one
// while all workers are busy; work is never spread over them.
func Count() int { return min(runtime.GOMAXPROCS(0), runtime.NumCPU()) }
