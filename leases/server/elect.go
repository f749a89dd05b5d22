package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	coordinationclient "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// Election says who takes part in the choice of the one that serves.
type Election struct {
	Config    *rest.Config
	Namespace string
	// Identity tells this server from the others: the name of the pod, say.
	Identity string
	// Duration is how long after the end of one that was killed another takes its
	// place at most. Default: 15 seconds.
	Duration time.Duration
	Logger   *slog.Logger
}

// ElectionName is the Lease by which servers choose the one that serves.
const ElectionName = "drover-leases"

// Elect calls serve whenever this server is chosen, and ends its context when
// another may be, until the context ends or serve fails.
func Elect(ctx context.Context, election Election, serve func(ctx context.Context) error) error {
	client, err := coordinationclient.NewForConfig(election.Config)
	if err != nil {
		return fmt.Errorf("choose the server: %w", err)
	}
	lock := &resourcelock.LeaseLock{
		LeaseMeta:  metav1.ObjectMeta{Name: ElectionName, Namespace: election.Namespace},
		Client:     client,
		LockConfig: resourcelock.ResourceLockConfig{Identity: election.Identity},
	}
	for ctx.Err() == nil {
		if err := electOnce(ctx, election, lock, serve); err != nil {
			return err
		}
	}
	return nil
}

func electOnce(ctx context.Context, election Election, lock resourcelock.Interface, serve func(ctx context.Context) error) error {
	term, stop := context.WithCancel(ctx)
	defer stop()
	var mu sync.Mutex // held while this server serves
	var failure error
	duration := cmp.Or(election.Duration, 15*time.Second)
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock: lock, Name: ElectionName, ReleaseOnCancel: true,
		LeaseDuration: duration, RenewDeadline: duration * 2 / 3, RetryPeriod: duration * 2 / 15,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(ctx context.Context) {
				mu.Lock()
				defer mu.Unlock()
				if ctx.Err() != nil {
					return // it was over before it began
				}
				election.Logger.InfoContext(ctx, "this server serves now", "identity", election.Identity)
				failure = serve(ctx)
				stop()
			},
			OnStoppedLeading: func() {},
			OnNewLeader: func(identity string) {
				if identity != election.Identity {
					election.Logger.InfoContext(ctx, "another server serves", "identity", identity)
				}
			},
		},
	})
	if err != nil {
		return fmt.Errorf("choose the server: %w", err)
	}
	elector.Run(term)
	mu.Lock()
	defer mu.Unlock()
	if failure != nil && !errors.Is(failure, context.Canceled) {
		return failure
	}
	return nil
}
