package leases

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestIdle: what is to be done is found without looking at each resource, and a
// look that finds nothing leaves no garbage.
func TestIdle(t *testing.T) {
	w := calm(t, static("t", "a", "b", "c", "d"), static("s", "e"), static("u", "f"))
	if allocated := testing.AllocsPerRun(100, func() { w.pool.Idle(ToBeDeleted, Dirty) }); allocated != 0 {
		t.Errorf("nothing is to do: %v allocations", allocated)
	}
	for name, state := range map[string]string{"a": Dirty, "b": ToBeDeleted, "c": Dirty, "e": Dirty} {
		w.pool.AcquireByState(Free, Leased, "me", []string{name}, w.now())
		w.flush()
		w.pool.Release(name, state, "me", w.now())
		w.flush()
	}
	w.pool.AcquireByState(Free, Dirty, "me", []string{"d"}, w.now()) // somebody's, in that state
	w.flush()
	want := []Idle{{"s", Dirty, 1}, {"t", ToBeDeleted, 1}, {"t", Dirty, 2}}
	if diff := cmp.Diff(want, w.pool.Idle(ToBeDeleted, Dirty)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
