package apply

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// trust is for how long what is watched is believed without the server being asked for a list.
const trust = 10 * time.Minute

// observe finds the objects of ours that an inventory knows, as they are now. Those of a kind that is watched are
// remembered, unless there is any doubt: then the server lists them.
//
// What is to be deleted is never left to memory. A list says which objects there are, which are protected and which do
// not carry our label any more, so that a cache that has fallen behind costs no object and leaves no orphan.
func (t *Target) observe(ctx context.Context, known *inventory, want []declared) (map[Identity]presence, error) {
	var adding sync.Mutex
	live := make(map[Identity]presence, len(known.good))
	began, remembered := t.clock.Now(), t.remembered(known, want)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(t.workers)
	for kind, version := range known.kinds() {
		if remembered[kind] {
			continue
		}
		at, err := t.kinds.find(kind.WithVersion(version))
		if errors.Is(err, errNoKind) {
			continue // its definition is gone, and all objects with it
		}
		if err != nil {
			return nil, err
		}
		group.Go(func() error {
			err := t.cluster.list(ctx, kind, at, func(namespace, name string, p presence) {
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
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if remembered == nil {
		t.listed = began
	}
	t.remember(known, remembered, live)
	return live, nil
}

// remember adds the objects of some kinds as they were last seen.
func (t *Target) remember(known *inventory, kinds map[schema.GroupKind]bool, live map[Identity]presence) {
	for id := range known.good {
		if !kinds[id.groupKind()] {
			continue
		}
		if found := t.watcher.lastSeen(id); found != nil {
			live[id] = found.presence
		}
	}
}

// remembered gives the kinds of which it is known, without asking, what is there.
func (t *Target) remembered(known *inventory, want []declared) map[schema.GroupKind]bool {
	if t.watcher == nil || known.interrupted() || t.clock.Since(t.listed) > trust {
		return nil
	}
	kinds := make(map[schema.GroupKind]bool)
	for kind, written := range known.written() {
		e := t.watcher.eye(kind)
		kinds[kind] = e != nil && e.sees(written)
	}
	wanted := make(map[Identity]bool, len(want))
	for _, d := range want {
		wanted[d.Identity] = true
	}
	for id, e := range known.good {
		if !wanted[id] && !t.left(e) {
			kinds[id.groupKind()] = false
		}
	}
	return kinds
}

// left tells whether an object that no revision declares any more stays, by what was last seen of it.
func (t *Target) left(e entry) bool {
	found := t.watcher.lastSeen(e.Identity)
	if found == nil {
		return false
	}
	verb := drop(e, found.presence).verb
	return verb == verbKeep || verb == verbPause
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

// written gives the newest resourceVersion that we know of each kind.
func (i *inventory) written() map[schema.GroupKind]string {
	newest := make(map[schema.GroupKind]string)
	for id, e := range i.good {
		if last, ok := newest[id.groupKind()]; !ok || newer(e.ResourceVersion, last) {
			newest[id.groupKind()] = e.ResourceVersion
		}
	}
	return newest
}
