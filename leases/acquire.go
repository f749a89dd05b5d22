package leases

import "time"

// Acquisition asks for any resource of a type and state.
type Acquisition struct {
	Type, State string
	// Dest is the state that the resource gets.
	Dest  string
	Owner string
	// ID is the request's id; empty if it has none. Then the owner stands for it.
	ID string
	// Wait says that the call waits until there is a resource.
	Wait bool
}

// Ticket is a call that is not answered yet.
type Ticket struct {
	// Resource is what was given.
	Resource Resource
	// Resources are what was given by name, the least recently used first.
	Resources []Resource
	// Taken is what was reset, as it was before, by name.
	Taken map[string]Resource
	// Since is when the request was first made.
	Since time.Time

	err      error
	done     chan struct{}
	finished bool
	waiter   *waiter
	// heldSince is since when what is released was held.
	heldSince time.Time
	// waits says that the call waits until there is a resource.
	waits bool
	// asked is when the call came, by the clock that never jumps.
	asked time.Duration
	// line and edition: the answer waits until this edition of the lines of the
	// type is stored.
	line    *class
	edition uint64
}

func newTicket(now Now) *Ticket {
	return &Ticket{done: make(chan struct{}), Since: now.Wall, asked: now.Up}
}

// Done is closed when the call is answered.
func (t *Ticket) Done() <-chan struct{} { return t.done }

// Err is why nothing was given, once Done is closed.
func (t *Ticket) Err() error { return t.err }

func (t *Ticket) finish(err error) {
	if t.finished {
		return
	}
	t.finished = true
	t.err = err
	close(t.done)
}

// madeID starts the ids of requests that came without one.
const madeID = "drover:"

// Acquire asks for a resource. Whoever cannot be given one waits in line: with
// Wait, until [Pool.Quit] ends the call; without, the answer is that there is
// none, and the place is kept for when the request comes again.
func (p *Pool) Acquire(a Acquisition, now Now) *Ticket {
	ticket := newTicket(now)
	if e := p.grantedTo(a, now); e != nil {
		p.replay(e, a, ticket, now)
		return ticket
	}
	p.seek(a, ticket, now)
	return ticket
}

// seek gives a call its place in line, and a resource if there is one for it.
func (p *Pool) seek(a Acquisition, ticket *Ticket, now Now) {
	if !p.exists(a.Type) {
		ticket.finish(&TypeNotFoundError{Type: a.Type})
		return
	}
	c := p.class(a.Type)
	w := p.waiterOf(c, a, now)
	if w == nil {
		ticket.finish(ErrLineFull)
		return
	}
	if w.ticket != nil {
		w.ticket.finish(ErrSuperseded)
	}
	w.called(now, p.options.RequestTTL)
	w.Dest = a.Dest
	w.ticket, ticket.waiter, ticket.Since, ticket.waits = ticket, w, w.Since, a.Wait
	p.dispatch(c, a.State, now)
	if w.entry == nil && !ticket.finished && (a.ID != "" || a.Wait) {
		p.growOnDemand(c, now)
	}
	p.answer(ticket, now)
}

// answer ends a call that does not wait and for which there is nothing. Where
// resources of its type are being created at this moment, it is answered when
// they are there.
func (p *Pool) answer(t *Ticket, now Now) {
	if t == nil || t.waits || t.finished || t.waiter.ticket != t || t.waiter.entry != nil {
		return
	}
	if c := t.waiter.line.class; p.creating(c) && now.Up-t.asked <= soonPatience {
		c.soon = append(c.soon, t)
		return
	}
	p.Quit(t, now)
}

// soonPatience is how long a call waits at most for what is being created.
const soonPatience = 5 * time.Second

// creating says whether resources of a type are on their way.
func (p *Pool) creating(c *class) bool {
	life, dynamic := p.lifecycles[c.name]
	return c.fresh > 0 || dynamic && life.Version == 0
}

// created answers the calls that waited for what is being created, if nothing
// is any more.
func (p *Pool) created(leaseType string, now Now) {
	if c := p.class(leaseType); !p.creating(c) {
		p.answerSoon(c, now)
	}
}

// answerSoon answers the calls that waited for what is created by now, or for
// too long.
func (p *Pool) answerSoon(c *class, now Now) {
	calls := c.soon
	c.soon = nil
	for _, each := range calls {
		p.answer(each, now)
	}
}

// grantedTo finds the resource that a request was given already, if the answer
// may not have arrived: a sign of life shows that it did.
func (p *Pool) grantedTo(a Acquisition, now Now) *entry {
	e, ok := p.granted[a.key()]
	if a.ID == "" || !ok || now.Up-e.heard > replayFor || !a.replayable(&e.Resource) {
		return nil
	}
	return e
}

func (a *Acquisition) key() requestKey { return requestKey{a.Owner, a.ID} }

func (a *Acquisition) replayable(r *Resource) bool {
	return r.Type == a.Type && r.Owner == a.Owner && r.State == a.Dest && r.Request == a.ID && r.LastUpdate.Equal(r.Since)
}

// replay answers a request as it was answered before. The resource is written
// once more, so that a write which was to take it back, and may still be on its
// way, can not land any more.
func (p *Pool) replay(e *entry, a Acquisition, ticket *Ticket, now Now) {
	p.enqueue(e, &op{
		plan: func(current *Resource, now Now) (Resource, error) {
			if current == nil || !a.replayable(current) {
				return Resource{}, errMoot
			}
			after := *current
			after.Since = now.second()
			if after.Since.Equal(current.Since) {
				after.Since = after.Since.Add(time.Second)
			}
			after.LastUpdate = after.Since
			return after, nil
		},
		done: func(stored Resource, err error, now Now) {
			switch {
			case ticket.finished: // given up
			case err == errMoot: //nolint:errorlint // never wrapped
				p.seek(a, ticket, now)
			default:
				ticket.Resource = stored
				ticket.finish(err)
			}
		},
	}, now)
}

// waiterOf finds a request's place in line, or gives it one at the end. A
// request without an id is taken for the longest absent one of its owner. It
// gives nil if the line is full.
func (p *Pool) waiterOf(c *class, a Acquisition, now Now) *waiter {
	if l, ok := c.lines[a.State]; ok {
		if w := l.find(a); w != nil {
			return w
		}
	}
	id := a.ID
	if id == "" {
		id = madeID + p.options.NewID()
	}
	w := Waiting{ID: id, Named: a.ID != "", Owner: a.Owner, State: a.State, Dest: a.Dest, Since: now.Wall.UTC()}
	if !p.room(c, &w) {
		return nil
	}
	return p.line(c, a.State).join(w, now)
}

// maxLineSize bounds what is stored of the lines of a type: an object takes no
// more than 1 MiB.
const maxLineSize = 960 << 10

// room says whether there is a place in the lines of a type.
func (p *Pool) room(c *class, w *Waiting) bool {
	return c.waiters < p.options.MaxLine && c.lineSize+w.size() <= maxLineSize
}

func (l *line) find(a Acquisition) *waiter {
	if a.ID != "" {
		return l.byID[a.key()]
	}
	for element := l.waiters.Front(); element != nil; element = element.Next() {
		w, _ := element.Value.(*waiter)
		if !w.Named && w.Owner == a.Owner && w.ticket == nil && w.entry == nil {
			return w
		}
	}
	return nil
}

// Quit ends a call that waits: the answer is that there is no resource, and the
// place in line stays. A resource that is being given at this moment is waited
// for, so the call may yet succeed. Quit does nothing to an answered call.
func (p *Pool) Quit(t *Ticket, now Now) {
	w := t.waiter
	if t.finished || w == nil || w.ticket != t || w.entry != nil {
		return
	}
	w.ticket = nil
	w.seen = now.Up
	w.keep()
	t.err = &NotFoundError{Name: w.line.class.name}
	t.line, t.edition = w.line.class, w.line.class.edition
	if t.line.saved >= t.edition {
		t.finish(t.err)
		return
	}
	t.line.unsaved = append(t.line.unsaved, t)
	p.urgent = true
}

// Abandon ends a call whose caller is gone. What it was given goes back. A
// request with an id keeps its place for a while, one without does not. It may
// be called after the answer, if the answer could not be sent.
func (p *Pool) Abandon(t *Ticket, now Now) {
	if t.finished {
		if w := t.waiter; t.err == nil && w != nil {
			if w.Named {
				w.seen = now.Up
				p.rejoin(w)
			}
			p.giveBack(t.Resource, w.State, now)
		}
		return
	}
	w := t.waiter
	if w == nil || w.ticket != t {
		t.finish(&NotFoundError{})
		return
	}
	w.ticket = nil
	w.seen = now.Up
	t.finish(&NotFoundError{Name: w.line.class.name})
	if w.entry == nil && !w.Named {
		p.leave(w)
		p.dispatch(w.line.class, w.State, now)
	}
}
