package server

import (
	"context"
	"time"

	"github.com/drover-ci/drover/leases"
)

// Granted is a resource that was given to a caller.
type Granted struct {
	Resource leases.Resource
	// Since is when the request was first made.
	Since time.Time

	server *Server
	ticket *leases.Ticket
}

// Undelivered gives the resource back, because the caller could not be told.
func (g *Granted) Undelivered() {
	_ = g.server.do(func(pool *leases.Pool, now leases.Now) { pool.Abandon(g.ticket, now) })
}

// Acquire gives a resource. If there is none, a positive wait lets the caller
// wait so long for one; the place in line stays for a while in any case. If the
// context ends, the caller is taken to be gone.
func (s *Server) Acquire(ctx context.Context, ask leases.Acquisition, wait time.Duration) (*Granted, error) {
	ask.Wait = wait > 0
	var ticket *leases.Ticket
	var stopped chan struct{}
	err := s.do(func(pool *leases.Pool, now leases.Now) {
		ticket = pool.Acquire(ask, now)
		stopped = s.stopped
	})
	if err != nil {
		return nil, err
	}
	timer := time.NewTimer(max(wait, 0))
	defer timer.Stop()
	expired := timer.C
	if !ask.Wait {
		expired = nil
	}
	for {
		select {
		case <-ticket.Done():
			if err := ticket.Err(); err != nil {
				return nil, err
			}
			return &Granted{Resource: ticket.Resource, Since: ticket.Since, server: s, ticket: ticket}, nil
		case <-expired:
			expired = nil
			_ = s.do(func(pool *leases.Pool, now leases.Now) { pool.Quit(ticket, now) })
		case <-ctx.Done():
			_ = s.do(func(pool *leases.Pool, now leases.Now) { pool.Abandon(ticket, now) })
			return nil, ctx.Err()
		case <-stopped:
			return nil, ErrNotServing // a write for it may be under way: a request with an id gets the answer from the next server
		}
	}
}

// call makes a call of the pool and waits for its answer. A write that was
// begun is not stopped by the caller's going away.
func (s *Server) call(ctx context.Context, begin func(pool *leases.Pool, now leases.Now) *leases.Ticket) (*leases.Ticket, error) {
	var ticket *leases.Ticket
	var stopped chan struct{}
	err := s.do(func(pool *leases.Pool, now leases.Now) {
		ticket = begin(pool, now)
		stopped = s.stopped
	})
	if err != nil {
		return nil, err
	}
	select {
	case <-ticket.Done():
		err := ticket.Err()
		return ticket, err
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-stopped:
		return nil, ErrNotServing
	}
}

// AcquireByState takes the named resources if all of them are of a state.
func (s *Server) AcquireByState(ctx context.Context, state, dest, owner string, names []string) ([]leases.Resource, error) {
	ticket, err := s.call(ctx, func(pool *leases.Pool, now leases.Now) *leases.Ticket {
		return pool.AcquireByState(state, dest, owner, names, now)
	})
	if err != nil {
		return nil, err
	}
	return ticket.Resources, nil
}

// Released is a resource that was given back.
type Released struct {
	Resource leases.Resource
	// Since is when it was given out; zero if unknown.
	Since time.Time
}

// Release gives a resource back.
func (s *Server) Release(ctx context.Context, name, dest, owner string) (Released, error) {
	ticket, err := s.call(ctx, func(pool *leases.Pool, now leases.Now) *leases.Ticket { return pool.Release(name, dest, owner, now) })
	if err != nil {
		return Released{}, err
	}
	return Released{Resource: ticket.Resource, Since: ticket.HeldSince()}, nil
}

// Take is Acquire for those who do not wait.
func (s *Server) Take(ctx context.Context, ask leases.Acquisition) (leases.Resource, error) {
	granted, err := s.Acquire(ctx, ask, 0)
	if err != nil {
		return leases.Resource{}, err
	}
	return granted.Resource, nil
}

// Give is Release for those who do not ask since when.
func (s *Server) Give(ctx context.Context, name, dest, owner string) error {
	_, err := s.Release(ctx, name, dest, owner)
	return err
}

// Update is a sign of life of an owner, with user data to change.
func (s *Server) Update(ctx context.Context, name, owner, state string, data map[string]string) error {
	_, err := s.call(ctx, func(pool *leases.Pool, now leases.Now) *leases.Ticket {
		return pool.Update(name, owner, state, data, now)
	})
	return err
}

// Reset takes resources from owners that were not heard of. It gives them as
// they were before, by name.
func (s *Server) Reset(ctx context.Context, reset leases.Reset) (map[string]leases.Resource, error) {
	ticket, err := s.call(ctx, func(pool *leases.Pool, now leases.Now) *leases.Ticket { return pool.Reset(reset, now) })
	if err != nil {
		return nil, err
	}
	return ticket.Taken, nil
}

// Metric counts the resources of a type.
func (s *Server) Metric(leaseType string) (metric leases.Metric, err error) {
	if gone := s.do(func(pool *leases.Pool, _ leases.Now) { metric, err = pool.Metric(leaseType) }); gone != nil {
		return metric, gone
	}
	return metric, err
}

// Report says how things are with one type, or with all for the empty name.
func (s *Server) Report(leaseType string) (reports []leases.TypeReport, err error) {
	err = s.do(func(pool *leases.Pool, now leases.Now) { reports = pool.Report(leaseType, now) })
	return reports, err
}

// Idle counts what nobody holds in some states.
func (s *Server) Idle(states ...string) (all []leases.Idle, err error) {
	err = s.do(func(pool *leases.Pool, _ leases.Now) { all = pool.Idle(states...) })
	return all, err
}

// Summary is Report of all types without resources and lines.
func (s *Server) Summary() (reports []leases.TypeReport, err error) {
	err = s.do(func(pool *leases.Pool, _ leases.Now) { reports = pool.Summary() })
	return reports, err
}
