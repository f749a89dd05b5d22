package apply

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"testing"
	"time"
)

// attempting is an attempt of n steps, with as many workers.
func attempting(n, workers int) *attempt {
	target := &Target{options: options{workers: workers}, cluster: new(cluster), known: new(inventory)}
	return newAttempt(target, "r1", plan{steps: make([]step, n)})
}

func all(*step) bool { return true }

func TestErrorsBreakNothingOff(t *testing.T) {
	a, lasting := attempting(2, 2), errors.New("lasting")
	var first atomic.Bool
	err := a.each(t.Context(), all, func(ctx context.Context, _ *step) error {
		if first.CompareAndSwap(false, true) {
			return lasting
		}
		<-a.given // the other has failed, and this goes on
		return ctx.Err()
	})
	if !errors.Is(err, lasting) || errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v alone", err, lasting)
	}
}

func TestErrorsStopTheRest(t *testing.T) {
	for name, test := range map[string]struct {
		stubborn bool
		want     int
	}{
		"at once":  {false, 1},
		"stubborn": {true, 10},
	} {
		t.Run(name, func(t *testing.T) {
			a, tried := attempting(10, 1), 0
			a.stubborn = test.stubborn
			err := a.each(t.Context(), all, func(context.Context, *step) error {
				tried++
				return io.EOF
			})
			if tried != test.want || !errors.Is(err, io.EOF) {
				t.Errorf("tried %d, %v, want %d", tried, err, test.want)
			}
		})
	}
}

func TestNothingIsRepeatedAfterGivingUp(t *testing.T) {
	a := attempting(1, 1)
	a.cluster.retry.patience, a.cluster.retry.first, a.cluster.retry.most = time.Hour, time.Minute, time.Minute
	err := a.cluster.retry.do(t.Context(), func(context.Context) error {
		a.giveUp()
		return io.ErrUnexpectedEOF
	})
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", err)
	}
}
