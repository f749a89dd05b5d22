package main

import (
	"context"
	"sync"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"

	"github.com/drover-ci/drover/reconciler"
	"github.com/drover-ci/drover/reconciler/configrepo"
)

// followOrders has what people ask for in a ConfigRepo heeded, until the
// context ends.
func followOrders(ctx context.Context, config *rest.Config, namespace, name string, heed func(reconciler.Orders)) error {
	informer, err := configrepo.NewInformer(config, namespace, 10*time.Minute)
	if err != nil {
		return err
	}
	see := func(object any) {
		if repo, err := configrepo.FromObject(object); err == nil && repo.Name == name {
			heed(ordersOf(repo))
		}
	}
	_, err = informer.AddEventHandler(cache.ResourceEventHandlerFuncs{AddFunc: see, UpdateFunc: func(_, now any) { see(now) }})
	if err != nil {
		return err
	}
	informer.RunWithContext(ctx)
	return nil
}

// pausable runs something that can be stopped and begun again.
type pausable struct {
	do func(ctx context.Context) error

	mu      sync.Mutex
	paused  bool
	changed chan struct{} // closed when paused changes
}

func newPausable(do func(ctx context.Context) error) *pausable {
	return &pausable{do: do, changed: make(chan struct{})}
}

// pause stops it, or lets it go on.
func (p *pausable) pause(paused bool) { //nolint:revive // it is the new value
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.paused != paused {
		p.paused = paused
		close(p.changed)
		p.changed = make(chan struct{})
	}
}

// run does it, whenever it is not paused, until the context ends.
func (p *pausable) run(ctx context.Context) error {
	for ctx.Err() == nil {
		p.mu.Lock()
		paused, changed := p.paused, p.changed
		p.mu.Unlock()
		if paused {
			select {
			case <-ctx.Done():
			case <-changed:
			}
			continue
		}
		doing, stop := context.WithCancel(ctx)
		go func() {
			select {
			case <-doing.Done():
			case <-changed:
				stop()
			}
		}()
		err := p.do(doing)
		stop()
		if err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}
