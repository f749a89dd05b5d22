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
	// Resources are what was given by name, in the order of the names asked for.
	Resources []Resource
	// Owners are who held what was reset, by name.
	Owners map[string]string
	// Since is when the request was first made.
	Since time.Time

	err      error
	done     chan struct{}
	finished bool
	held     *time.Time
	waiter   *waiter
	// line and edition: the answer waits until this edition of the lines of the
	// type is stored.
	line    *class
	edition uint64
}

func newTicket(now Now) *Ticket { return &Ticket{done: make(chan struct{}), Since: now.Wall} }

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
	w.Dest, w.Owner = a.Dest, a.Owner
	w.ticket, ticket.waiter, ticket.Since = ticket, w, w.Since
	p.dispatch(c, a.State, now)
	if w.entry == nil && !ticket.finished {
		if a.ID != "" || a.Wait {
			p.growOnDemand(c, now)
		}
		if !a.Wait {
			p.Quit(ticket, now)
		}
	}
}

// grantedTo finds the resource that a request was given already, if the answer
// may not have arrived: a sign of life shows that it did.
func (p *Pool) grantedTo(a Acquisition, now Now) *entry {
	e, ok := p.granted[a.ID]
	if a.ID == "" || !ok || now.Up-e.heard > replayFor || !a.replayable(&e.Resource) {
		return nil
	}
	return e
}

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
	l := p.line(c, a.State)
	if w := l.find(a); w != nil {
		return w
	}
	if l.waiters.Len() >= p.options.MaxLine {
		return nil
	}
	id := a.ID
	if id == "" {
		id = madeID + p.options.NewID()
	}
	return l.join(Waiting{ID: id, Named: a.ID != "", Owner: a.Owner, State: a.State, Dest: a.Dest, Since: now.Wall.UTC()}, now)
}

func (l *line) find(a Acquisition) *waiter {
	if a.ID != "" {
		return l.byID[a.ID]
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
