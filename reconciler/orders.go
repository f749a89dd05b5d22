package reconciler

import (
	"context"
	"fmt"
	"strings"

	"github.com/drover-ci/drover/reconciler/gitsource"
)

// Orders are what people ask for beside what the branch says.
type Orders struct {
	// Suspend stops everything but serving what is in force.
	Suspend bool
	// Sync, whenever it changes, has everything gone through once, though nothing
	// was seen to change, and even while suspended.
	Sync string
	// Rollback is the hash of a revision to go to; empty for the newest. It counts
	// for as long as the newest revision is From: once the branch moves it is over.
	Rollback, From string
}

// Order takes over what people ask for. It may be called at any time.
func (r *Reconciler) Order(orders Orders) {
	r.ordering.Lock()
	changed := r.orders != orders
	r.orders = orders
	r.ordering.Unlock()
	if changed {
		r.notify()
	}
}

func (r *Reconciler) ordered() Orders {
	r.ordering.Lock()
	defer r.ordering.Unlock()
	return r.orders
}

// rolledBack says whether the orders ask for another revision than the newest.
func (o Orders) rolledBack(newest gitsource.Revision) bool {
	return o.Rollback != "" && o.From != "" && strings.HasPrefix(newest.Hash, o.From)
}

// wanted gives the newest revision, and the one that is to be in force. Where
// the newest is one that nobody vouches for, it comes with the error that says
// so.
func (r *Reconciler) wanted(ctx context.Context, orders Orders) (newest, wanted gitsource.Revision, err error) {
	defer r.took.start(Fetch)()
	newest, err = r.fetch(ctx)
	if !orders.rolledBack(newest) {
		return newest, newest, err
	}
	wanted, err = r.source.Find(ctx, orders.Rollback)
	if err != nil {
		return newest, newest, fmt.Errorf("roll back to %s: %w", orders.Rollback, err)
	}
	return newest, wanted, nil
}
