package apply

import (
	"fmt"
	"sync/atomic"
)

// Progress is how far an apply has come. The zero value says that nothing is under way that is counted.
type Progress struct {
	// Doing is what is done with the objects.
	Doing string
	// Done counts those with which it is done, Of all.
	Done, Of int
}

// String says it to people.
func (p Progress) String() string { return fmt.Sprintf("%s %d of %d objects", p.Doing, p.Done, p.Of) }

// What is done with objects: have the server judge them, write and delete them, or take that back.
const (
	checking   = "checking"
	applying   = "applying"
	takingBack = "taking back"
)

// tally counts the objects with which something is done.
type tally struct {
	doing string
	of    int
	done  atomic.Int64
}

// Progress tells how far an apply has come, without waiting for anything.
func (t *Target) Progress() Progress {
	c := t.tally.Load()
	if c == nil {
		return Progress{}
	}
	return Progress{c.doing, int(c.done.Load()), c.of}
}

// counting has the chosen steps counted until the function is called that it gives. What was counted before goes on then.
func (a *attempt) counting(doing string, chosen func(*step) bool) func() {
	c := &tally{doing: doing}
	for i := range a.plan.steps {
		if chosen(&a.plan.steps[i]) {
			c.of++
		}
	}
	before := a.tally.Swap(c)
	return func() { a.tally.Store(before) }
}

// count counts one object.
func (t *Target) count() {
	if c := t.tally.Load(); c != nil {
		c.done.Add(1)
	}
}
