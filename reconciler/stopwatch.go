package reconciler

import "time"

// stopwatch adds up how long the stages of a pass take.
type stopwatch map[Stage]time.Duration

// start begins to time a stage; what it gives ends that.
func (w stopwatch) start(stage Stage) (stop func()) {
	began := time.Now()
	return func() { w[stage] += time.Since(began) }
}
