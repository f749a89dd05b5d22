package apply

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// observe finds the objects of ours that an inventory knows, as they are now.
func (t *Target) observe(ctx context.Context, known *inventory) (map[Identity]presence, error) {
	var adding sync.Mutex
	live := make(map[Identity]presence, len(known.good))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(t.workers)
	for kind, version := range known.kinds() {
		at, err := t.kinds.find(kind.WithVersion(version))
		if errors.Is(err, errNoKind) {
			continue // its definition is gone, and all objects with it
		}
		if err != nil {
			return nil, err
		}
		group.Go(func() error {
			err := t.cluster.list(ctx, at, func(namespace, name string, p presence) {
				adding.Lock()
				defer adding.Unlock()
				live[Identity{kind.Group, kind.Kind, namespace, name}] = p
			})
			if err != nil {
				return fmt.Errorf("list %s: %w", kind, err)
			}
			return nil
		})
	}
	return live, group.Wait()
}

// kinds are those of the objects that are known, each with a version that it was written in.
func (i *inventory) kinds() map[schema.GroupKind]string {
	kinds := make(map[schema.GroupKind]string)
	for id, e := range i.good {
		kinds[id.groupKind()] = max(kinds[id.groupKind()], e.Version)
	}
	for id, i := range i.intents {
		kinds[id.groupKind()] = max(kinds[id.groupKind()], i.Version)
	}
	return kinds
}
