package workers_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/drover-ci/drover/internal/workers"
)

func TestEach(t *testing.T) {
	for _, n := range []int{0, 1, 2, 1000} {
		times := make([]atomic.Int32, n)
		workers.Each(t.Context(), n, func(i int) { times[i].Add(1) })
		for i := range times {
			if got := times[i].Load(); got != 1 {
				t.Errorf("%d of %d was done %d times", i, n, got)
			}
		}
	}
}

func TestEachEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var done atomic.Int32
	workers.Each(ctx, 1_000_000, func(int) {
		done.Add(1)
		cancel()
	})
	if got := int(done.Load()); got < 1 || got > workers.Count() {
		t.Errorf("%d were done after the context had ended", got)
	}
}
