// Package workers shares a piece of work among goroutines.
package workers

import (
	"context"
	"runtime"
	"sync"
)

// Count is one for each processor that the process may use. There may be more
// threads for goroutines than that (GOMAXPROCS), so that what is short finds one
// while all workers are busy; work is never spread over them.
func Count() int { return min(runtime.GOMAXPROCS(0), runtime.NumCPU()) }

// Each calls a function for each number below n, by as many goroutines as Count
// says, until the context ends.
func Each(ctx context.Context, n int, do func(i int)) {
	var group sync.WaitGroup
	count := min(Count(), n)
	for worker := range count {
		group.Go(func() {
			for i := worker; i < n && ctx.Err() == nil; i += count {
				do(i)
				GiveWay()
			}
		})
	}
	group.Wait()
}
