package leases

import (
	"maps"
	"time"
)

// onResource starts an operation on a resource by name, and answers with its
// outcome.
func (p *Pool) onResource(name string, plan func(current *Resource, now Now) (Resource, error), now Now) *Ticket {
	ticket := newTicket(now)
	e, ok := p.entries[name]
	if !ok || e.fresh {
		ticket.finish(&NotFoundError{Name: name})
		return ticket
	}
	p.enqueue(e, &op{
		plan: func(current *Resource, now Now) (Resource, error) {
			if current == nil {
				return Resource{}, &NotFoundError{Name: name}
			}
			return plan(current, now)
		},
		done: func(stored Resource, err error, _ Now) {
			ticket.Resource = stored
			ticket.finish(err)
		},
	}, now)
	return ticket
}

// Release gives a resource back, which its owner alone can. Where somebody waits
// for it, it is handed over by the same write. Ticket.Resource is the resource as
// it was given back.
func (p *Pool) Release(name, dest, owner string, now Now) *Ticket {
	ticket := newTicket(now)
	e, ok := p.entries[name]
	if !ok || e.fresh {
		ticket.finish(&NotFoundError{Name: name})
		return ticket
	}
	hand := &handOver{pool: p, entry: e}
	var back Resource
	p.enqueue(e, &op{
		plan: func(current *Resource, now Now) (Resource, error) {
			former := hand.end() // of a try that met a conflict
			err := mayRelease(current, name, owner)
			if err != nil {
				p.passOver(former, now)
				return Resource{}, err
			}
			ticket.heldSince = current.Since
			back = p.givenBack(current, dest, now)
			after := hand.begin(back, now)
			if former != hand.to {
				p.passOver(former, now)
			}
			return after, nil
		},
		done: func(stored Resource, err error, now Now) {
			ticket.Resource = back
			ticket.finish(err)
			if w := hand.end(); w != nil {
				p.grantDone(w, stored, err, now)
			}
		},
	}, now)
	return ticket
}

func mayRelease(current *Resource, name, owner string) error {
	switch {
	case current == nil:
		return &NotFoundError{Name: name}
	case current.Owner != owner:
		return &OwnerError{Request: owner, Owner: current.Owner}
	}
	return nil
}

// givenBack is a resource that its holder gives back. The time of a dynamic one
// begins anew.
func (p *Pool) givenBack(current *Resource, dest string, now Now) Resource {
	back := current.released(dest, now)
	switch lifecycle, dynamic := p.lifecycles[current.Type]; {
	case !dynamic:
		back.Expires = time.Time{}
	case lifecycle.LifeSpan > 0:
		back.Expires = now.second().Add(lifecycle.LifeSpan)
	}
	return back
}

// HeldSince tells since when a released resource was held; zero if unknown.
func (t *Ticket) HeldSince() time.Time { return t.heldSince }

// Update is a sign of life of a resource's owner. Of the data given, empty
// values delete, others set; what is not named stays.
func (p *Pool) Update(name, owner, state string, data map[string]string, now Now) *Ticket {
	return p.onResource(name, func(current *Resource, now Now) (Resource, error) {
		if current.Owner != owner {
			return Resource{}, &OwnerError{Request: owner, Owner: current.Owner}
		}
		if current.State != state {
			return Resource{}, &StateError{Current: current.State, Request: state}
		}
		after := *current
		after.LastUpdate = now.second()
		if after.LastUpdate.Equal(after.Since) {
			after.LastUpdate = after.Since.Add(time.Second) // so that one can tell that the holder has its answer
		}
		after.UserData = merged(current.UserData, data)
		if size(after.UserData) > MaxUserData {
			return Resource{}, ErrTooMuchData
		}
		return after, nil
	}, now)
}

// MaxUserData is how many bytes of user data a resource holds at most.
const MaxUserData = 256 << 10

func size(data map[string]string) int {
	total := 0
	for key, value := range data {
		total += len(key) + len(value)
	}
	return total
}

func merged(old, data map[string]string) map[string]string {
	if len(data) == 0 {
		return old
	}
	result := make(map[string]string, len(old)+len(data))
	maps.Copy(result, old)
	for key, value := range data {
		if value == "" {
			delete(result, key)
		} else {
			result[key] = value
		}
	}
	return result
}

// Reset takes resources of a type and state from owners that were not heard of
// for a time, and gives them the state dest. Ticket.Taken has them as they were.
func (p *Pool) Reset(reset Reset, now Now) *Ticket {
	ticket := newTicket(now)
	ticket.Taken = map[string]Resource{}
	all := &gathering{ticket: ticket, open: 1}
	for _, e := range p.membersOf(reset.Type) {
		if reset.check(&e.Resource, now) != nil || now.Up-e.heard < reset.silence(e) {
			continue
		}
		all.open++
		var before Resource
		p.enqueue(e, &op{
			plan: func(current *Resource, now Now) (Resource, error) {
				if current == nil {
					return Resource{}, errMoot
				}
				before = *current
				return current.released(reset.Dest, now), reset.check(current, now)
			},
			done: func(stored Resource, err error, _ Now) {
				if err == nil {
					ticket.Taken[stored.Name] = before
				}
				all.add(err)
			},
		}, now)
	}
	all.add(nil)
	return ticket
}

// Reset says which resources are to be taken from their owners.
type Reset struct {
	Type, State string
	// Expire is how long an owner was not heard of.
	Expire time.Duration
	// Settle is for owners that were not heard of since this server started: how
	// long it must have listened, or Expire if that is less. Of those that were,
	// it knows by a clock that never jumps. Zero leaves it to the time of day.
	Settle time.Duration
	Dest   string
}

// silence is how long nothing must have been heard of a resource by the clock
// that never jumps. Of what was so before the server started, only the times in
// the objects tell.
func (r *Reset) silence(e *entry) time.Duration {
	if e.loaded {
		return min(r.Settle, r.Expire)
	}
	return r.Expire
}

func (r *Reset) check(current *Resource, now Now) error {
	if current.Type != r.Type || current.State != r.State || !current.held() || now.Wall.Sub(current.LastUpdate) < r.Expire {
		return errMoot
	}
	return nil
}

// gathering answers a ticket when several operations have ended.
type gathering struct {
	ticket *Ticket
	open   int
	err    error
}

func (g *gathering) add(err error) {
	if err != nil && err != errMoot { //nolint:errorlint // never wrapped
		g.err = err
	}
	g.open--
	if g.open == 0 {
		g.ticket.finish(g.err)
	}
}
