package leases

import "slices"

// group is several resources that are being taken together.
//
// Each is first taken with a mark that names the group. When all are, the mark
// is wiped from one of them, the decider, by a single write: with it, the group
// is taken. A server that finds the mark on the decider when it starts knows
// that nobody was answered, and gives all of them back.
type group struct {
	mark    GroupMark
	owner   string
	dest    string
	entries []*entry
	taken   []Resource
	open    int
	err     error
	ticket  *Ticket
}

// AcquireByState takes the named resources, if all of them are of a state and
// nobody's. Otherwise it takes none.
func (p *Pool) AcquireByState(state, dest, owner string, names []string, now Now) *Ticket {
	ticket := newTicket(now)
	g := &group{owner: owner, dest: dest, ticket: ticket}
	seen, more := map[string]bool{}, map[string]int{}
	for _, name := range names {
		if seen[name] {
			continue
		}
		seen[name] = true
		e, ok := p.entries[name]
		if ok {
			more[e.Type]++
		}
		if !ok || e.place < 0 || e.State != state || p.atLimit(p.class(e.Type), owner, dest, more[e.Type]) {
			ticket.finish(&NotFoundError{Name: state})
			return ticket
		}
		g.entries = append(g.entries, e)
	}
	if len(g.entries) == 0 {
		ticket.finish(&NotFoundError{Name: state})
		return ticket
	}
	slices.SortFunc(g.entries, func(a, b *entry) int { return a.compareUse(b) })
	g.mark = GroupMark{ID: madeID + p.options.NewID(), Decider: g.entries[0].Name, State: state}
	g.open = len(g.entries)
	g.taken = make([]Resource, len(g.entries))
	for i, e := range g.entries {
		p.takeForGroup(g, i, e, now)
	}
	return ticket
}

func (p *Pool) takeForGroup(g *group, i int, e *entry, now Now) {
	c := p.class(e.Type)
	p.grantTo(e, g.owner)
	p.enqueue(e, &op{
		plan: func(current *Resource, now Now) (Resource, error) {
			if current == nil || current.held() || current.State != g.mark.State {
				return Resource{}, &NotFoundError{Name: g.mark.State}
			}
			after := *current
			after.Owner, after.State, after.Request = g.owner, g.dest, g.mark.ID
			after.LastUpdate, after.Since = now.second(), now.second()
			if len(g.entries) > 1 {
				after.Group = g.mark
			}
			return after, nil
		},
		done: func(stored Resource, err error, now Now) {
			p.grantEnds(e, c)
			g.taken[i] = stored
			if err != nil {
				g.err = err
			}
			g.open--
			if g.open == 0 {
				p.groupReady(g, now)
			}
		},
	}, now)
}

// groupReady decides when all resources were tried.
func (p *Pool) groupReady(g *group, now Now) {
	switch {
	case g.err != nil && len(g.entries) == 1:
		g.ticket.finish(g.err)
	case g.err != nil:
		p.undoGroup(g, now)
	case len(g.entries) == 1:
		g.ticket.Resources = g.taken
		g.ticket.finish(nil)
	default:
		p.decide(g, now)
	}
}

// decide wipes the mark from the decider.
func (p *Pool) decide(g *group, now Now) {
	p.enqueue(g.entries[0], &op{
		plan: func(current *Resource, _ Now) (Resource, error) {
			if current == nil || current.Request != g.mark.ID {
				return Resource{}, &NotFoundError{Name: g.mark.State}
			}
			after := *current
			after.Group = GroupMark{}
			return after, nil
		},
		done: func(stored Resource, err error, now Now) {
			if err != nil {
				g.err = err
				p.undoGroup(g, now)
				return
			}
			g.taken[0] = stored
			g.ticket.Resources = g.taken
			g.ticket.finish(nil)
		},
	}, now)
}

// undoGroup gives back what a group has taken, and answers that it could not be
// had.
func (p *Pool) undoGroup(g *group, now Now) {
	p.undo(g.mark, g.entries, func(decided bool, _ Now) {
		if decided { // it was taken after all, only the answer was lost
			g.ticket.Resources = g.taken
			g.ticket.finish(nil)
			return
		}
		g.ticket.finish(g.err)
	}, now)
}

// undo gives back the resources of a group, of which the first is the decider.
// It is changed first, so that no write which is still on its way can take the
// group, and goes back last, so that a server which ends half-way leaves the
// mark for the next. If the group was taken already, nothing goes back.
func (p *Pool) undo(mark GroupMark, entries []*entry, then func(decided bool, now Now), now Now) {
	decided := false
	p.enqueue(entries[0], &op{
		plan: func(current *Resource, _ Now) (Resource, error) {
			decided = current != nil && current.Request == mark.ID && current.Group.ID != mark.ID
			if current == nil || current.Group.ID != mark.ID || current.Group.Undo {
				return Resource{}, errMoot
			}
			after := *current
			after.Group.Undo = true
			return after, nil
		},
		done: func(_ Resource, err error, now Now) {
			switch {
			case err != nil && err != errMoot: //nolint:errorlint // never wrapped
				p.later(func(now Now) { p.undo(mark, entries, func(bool, Now) {}, now) }, now)
				then(false, now)
			case decided:
				then(true, now)
			default:
				p.undoOthers(mark, entries, then, now)
			}
		},
	}, now)
}

func (p *Pool) undoOthers(mark GroupMark, entries []*entry, then func(decided bool, now Now), now Now) {
	open, failed := len(entries)-1, false
	last := func(err error, now Now) {
		failed = failed || err != nil
		if open--; open > 0 {
			return
		}
		if failed {
			p.later(func(now Now) { p.undo(mark, entries, func(bool, Now) {}, now) }, now)
			then(false, now)
			return
		}
		p.undoOne(mark, entries[0], func(_ error, now Now) { then(false, now) }, now)
	}
	for _, e := range entries[1:] {
		p.undoOne(mark, e, last, now)
	}
}

// undoOne gives back one resource, if the group has it.
func (p *Pool) undoOne(mark GroupMark, e *entry, then func(err error, now Now), now Now) {
	p.enqueue(e, &op{
		plan: func(current *Resource, now Now) (Resource, error) {
			if current == nil || current.Request != mark.ID || current.Group.ID != mark.ID {
				return Resource{}, errMoot
			}
			return current.released(mark.State, now), nil
		},
		done: func(_ Resource, err error, now Now) {
			if err == errMoot { //nolint:errorlint // never wrapped
				err = nil
			}
			then(err, now)
		},
	}, now)
}

// undoUndecided gives back the groups that another server did not live to take.
func (p *Pool) undoUndecided(now Now) {
	groups := map[GroupMark][]*entry{}
	var marks []GroupMark
	for _, e := range p.sorted() {
		mark := e.Group
		mark.Undo = false
		if e.Name == mark.Decider {
			marks = append(marks, mark)
			groups[mark] = append([]*entry{e}, groups[mark]...)
		} else if mark.ID != "" {
			groups[mark] = append(groups[mark], e)
		}
	}
	for _, mark := range marks {
		entries := groups[mark]
		if len(entries) == 1 {
			p.undoOne(mark, entries[0], func(error, Now) {}, now)
			continue
		}
		p.undo(mark, entries, func(bool, Now) {}, now)
	}
}
