// Package reaper takes leases from owners that were not heard of for a time:
// jobs that died and could not give back what they held. It looks at every type
// there is, so that no list of types can be out of date.
package reaper

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/drover-ci/drover/leases"
)

// Server is a lease server.
type Server interface {
	Summary() ([]leases.TypeReport, error)
	Reset(ctx context.Context, reset leases.Reset) (map[string]leases.Resource, error)
}

// Options change how leases are reaped. The zero value is the default.
type Options struct {
	// Expire is how long an owner may be silent. Default: 30 minutes.
	Expire time.Duration
	// Settle is how long a server listens after its start before it believes
	// what the times in the objects say. Default: 10 minutes, twice what the
	// slowest of today's clients takes between two signs of life.
	Settle time.Duration
	// States are the states from which leases are taken. Default: busy, cleaning
	// and leased, as Boskos's reaper.
	States []string
	// Dest gives the state that resources of a type get. Default: dirty.
	Dest func(leaseType string) string
	// Every is how often to look. Default: 1 minute.
	Every time.Duration
	// Taken, if set, is told of each lease that is taken, as it was before.
	Taken func(resource leases.Resource)
	// Logger gets a line for each lease taken. Default: slog.Default().
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	o.Expire = cmp.Or(o.Expire, 30*time.Minute)
	o.Settle = cmp.Or(o.Settle, 10*time.Minute)
	o.Every = cmp.Or(o.Every, time.Minute)
	if len(o.States) == 0 {
		o.States = []string{leases.Busy, leases.Cleaning, leases.Leased}
	}
	if o.Dest == nil {
		o.Dest = func(string) string { return leases.Dirty }
	}
	if o.Taken == nil {
		o.Taken = func(leases.Resource) {}
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return o
}

// Run reaps until the context ends.
func Run(ctx context.Context, server Server, options Options) {
	options = options.withDefaults()
	ticker := time.NewTicker(options.Every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			once(ctx, server, options)
		}
	}
}

// once goes through all types.
func once(ctx context.Context, server Server, options Options) {
	types, err := server.Summary()
	if err != nil {
		return // another server serves, and reaps
	}
	for _, each := range types {
		for _, state := range options.States {
			if each.States[state] == 0 {
				continue
			}
			taken, err := server.Reset(ctx, leases.Reset{
				Type: each.Type, State: state, Expire: options.Expire, Settle: options.Settle, Dest: options.Dest(each.Type),
			})
			if err != nil && ctx.Err() == nil {
				options.Logger.WarnContext(ctx, "reap leases", "type", each.Type, "error", err)
			}
			for name, before := range taken {
				options.Logger.InfoContext(ctx, "reaped: the owner was not heard of", "resource", name, "type", each.Type, "owner", before.Owner)
				options.Taken(before)
			}
		}
	}
}
