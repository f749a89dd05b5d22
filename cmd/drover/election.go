package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// leaseName is the lease that the leader holds.
const leaseName = "drover"

// errDeposed ends a process that has lost its lease: whoever holds it now goes
// on from what the cluster's inventory says.
var errDeposed = errors.New("the lease was lost, and another process leads now")

// election decides which of several processes applies.
type election struct {
	config    *rest.Config
	namespace string
	duration  time.Duration
	// lead is called when this process begins to lead.
	lead func()
}

// run takes part until the context ends, and gives the lease back then. It gives
// errDeposed where the lease was lost otherwise.
func (e election) run(ctx context.Context) error {
	client, err := kubernetes.NewForConfig(e.config)
	if err != nil {
		return err
	}
	name, err := hostName()
	if err != nil {
		return err
	}
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock: &resourcelock.LeaseLock{
			LeaseMeta: metav1.ObjectMeta{Namespace: e.namespace, Name: leaseName},
			Client:    client.CoordinationV1(), LockConfig: resourcelock.ResourceLockConfig{Identity: name},
		},
		LeaseDuration: e.duration, RenewDeadline: e.duration * 2 / 3, RetryPeriod: e.duration / 7,
		ReleaseOnCancel: true, Name: leaseName,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(context.Context) { e.lead() },
			OnStoppedLeading: func() {}, // then the process ends
		},
	})
	if err != nil {
		return fmt.Errorf("take part in the election: %w", err)
	}
	elector.Run(ctx)
	if ctx.Err() == nil {
		return errDeposed
	}
	return nil
}
