package apply

import (
	"context"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// salvage makes an inventory where there is none, from the objects that carry our label: it may have been lost. Before
// the first revision there are no such objects. What they looked like is not known, only that they are ours.
func (t *Target) salvage(ctx context.Context) (*inventory, error) {
	found := &inventory{good: make(map[Identity]entry), intents: make(map[Identity]intent)}
	kinds, err := t.kinds.all()
	if err != nil {
		return nil, err
	}
	var adding sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(t.workers)
	for kind, at := range kinds {
		group.Go(func() error {
			err := t.cluster.list(ctx, kind.GroupKind(), at, func(namespace, name string, p presence) {
				if !p.applied || p.foreign {
					return // somebody made it from one of ours, labels and all; or it is another owner's
				}
				adding.Lock()
				defer adding.Unlock()
				id := Identity{kind.Group, kind.Kind, namespace, name}
				found.good[id] = entry{Identity: id, Version: kind.Version, ResourceVersion: p.resourceVersion}
			})
			if apierrors.IsForbidden(err) || apierrors.IsMethodNotSupported(err) {
				return nil // we cannot have made any either
			}
			if err != nil {
				return fmt.Errorf("look for objects of ours: list %s: %w", kind, err)
			}
			return nil
		})
	}
	return found, group.Wait()
}
