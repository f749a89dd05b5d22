package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	coordinationv1 "k8s.io/client-go/kubernetes/typed/coordination/v1"
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
	// identity tells this process from the others.
	identity string
	duration time.Duration
	// retry is how often the one that leads says so, and others look.
	retry time.Duration
}

// run takes part until the context ends, and gives the lease back then. It gives
// errDeposed where the lease was lost otherwise. Lead is called when this process
// begins to lead.
func (e election) run(ctx context.Context, lead func()) error {
	elector, err := e.elector(leaderelection.LeaderCallbacks{
		OnStartedLeading: func(context.Context) { lead() },
		OnStoppedLeading: func() {}, // then the process ends
	})
	if err != nil {
		return err
	}
	elector.Run(ctx)
	e.giveBack()
	if ctx.Err() == nil {
		return errDeposed
	}
	return nil
}

// leases is where the Lease is.
func (e election) leases() (coordinationv1.CoordinationV1Interface, error) {
	client, err := kubernetes.NewForConfig(e.config)
	if err != nil {
		return nil, err
	}
	return client.CoordinationV1(), nil
}

// elector takes part once. It does not give the lease back.
func (e election) elector(callbacks leaderelection.LeaderCallbacks) (*leaderelection.LeaderElector, error) {
	client, err := e.leases()
	if err != nil {
		return nil, err
	}
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock: &resourcelock.LeaseLock{
			LeaseMeta: metav1.ObjectMeta{Namespace: e.namespace, Name: leaseName},
			Client:    client, LockConfig: resourcelock.ResourceLockConfig{Identity: e.identity},
		},
		LeaseDuration: e.duration, RenewDeadline: e.duration * 2 / 3, RetryPeriod: e.retry,
		Name: leaseName, Callbacks: callbacks,
	})
	if err != nil {
		return nil, fmt.Errorf("take part in the election: %w", err)
	}
	return elector, nil
}

// tenure is the time in which a process leads that nobody starts again. An API
// server that is away does not end it, as a lease that is lost ends a process of a
// deployment; only another process that leads does.
type tenure struct {
	// lost gets who leads instead.
	lost  chan string
	leads chan struct{}
	begin sync.Once
	stop  context.CancelFunc
	over  sync.WaitGroup
	// giveBack has others not wait until the lease is over.
	giveBack func()
}

// take waits until this process leads. Waits is called with each other that it waits for.
func (e election) take(ctx context.Context, waits func(holder string)) (*tenure, error) {
	if err := e.mayRead(ctx); err != nil {
		return nil, err
	}
	t := &tenure{lost: make(chan string, 1), leads: make(chan struct{}), giveBack: e.giveBack}
	held, stop := context.WithCancel(context.WithoutCancel(ctx))
	t.stop = stop
	failed := make(chan error, 1)
	t.over.Go(func() {
		for held.Err() == nil {
			elector, err := e.elector(t.callbacks(e.identity, waits))
			if err != nil {
				failed <- err
				return
			}
			elector.Run(held)
		}
	})
	select {
	case <-t.leads:
		return t, nil
	case err := <-failed:
		stop()
		return nil, err
	case <-ctx.Done():
		t.end()
		return nil, ctx.Err()
	}
}

// mayRead says why the Lease cannot be read, if so: who takes part in the election tries
// for ever.
func (e election) mayRead(ctx context.Context) error {
	client, err := e.leases()
	if err != nil {
		return err
	}
	_, err = client.Leases(e.namespace).Get(ctx, leaseName, metav1.GetOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("read the lease %s/%s, which says who keeps the cluster: %w", e.namespace, leaseName, err)
	}
	return nil
}

func (t *tenure) callbacks(identity string, waits func(holder string)) leaderelection.LeaderCallbacks {
	return leaderelection.LeaderCallbacks{
		OnStartedLeading: func(context.Context) { t.begin.Do(func() { close(t.leads) }) },
		OnStoppedLeading: func() {}, // it takes part again at once
		OnNewLeader: func(holder string) {
			if holder == identity || holder == "" {
				return
			}
			select {
			case <-t.leads:
			default:
				waits(holder)
				return
			}
			select {
			case t.lost <- holder:
			default: // it has been told already
			}
		},
	}
}

// await waits until another process leads, or the context ends.
func (t *tenure) await(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case holder := <-t.lost:
		return fmt.Errorf("another drover keeps this cluster now: %s", holder)
	}
}

// end gives the lease back.
func (t *tenure) end() {
	t.stop()
	t.over.Wait()
	t.giveBack()
}

// giveBack gives the lease back, if it is this process's. Where that fails others wait
// until it is over.
func (e election) giveBack() {
	ctx, cancel := context.WithTimeout(context.Background(), e.retry+time.Second)
	defer cancel()
	client, err := e.leases()
	if err != nil {
		return
	}
	lease, err := client.Leases(e.namespace).Get(ctx, leaseName, metav1.GetOptions{})
	if err != nil || lease.Spec.HolderIdentity == nil || *lease.Spec.HolderIdentity != e.identity {
		return
	}
	lease.Spec.HolderIdentity = nil
	_, _ = client.Leases(e.namespace).Update(ctx, lease, metav1.UpdateOptions{}) // of the version that was read
}

// identity tells a data folder's processes, of which there is one at a time, from all
// others: one that was killed has not to be waited for by the next.
func (d *dataDir) identity() (string, error) {
	file := d.path("id")
	content, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		content = []byte(rand.Text()[:8])
		err = os.WriteFile(file, content, 0o600)
	}
	if err != nil {
		return "", fmt.Errorf("find a name for this process: %w", err)
	}
	host, err := os.Hostname()
	if err != nil {
		return "", fmt.Errorf("find a name for this process: %w", err)
	}
	return fmt.Sprintf("%s:%s (%s)", host, d.dir, strings.TrimSpace(string(content))), nil
}
