package leases

// handOver is a resource that passes from its holder to the first in line with
// the same write that gives it back. In between it lies with nobody, so that no
// crash can lose the turn of the one, and it takes one write instead of two.
type handOver struct {
	pool  *Pool
	entry *entry
	// to is the waiter that it goes to; nil if it is simply given back.
	to *waiter
}

// begin chooses the waiter for a resource that is given back, and gives the
// resource as that waiter gets it; as it is where there is nobody for it.
func (h *handOver) begin(back Resource, now Now) Resource {
	h.to = h.pool.nextFor(&back, now)
	if h.to == nil {
		return back
	}
	h.to.entry = h.entry
	h.pool.handTo(h.entry, h.to.Owner)
	return h.to.leased(back, now)
}

// end says who was chosen, if anybody, and that it is over.
func (h *handOver) end() *waiter {
	w := h.to
	if w == nil {
		return nil
	}
	h.to, w.entry = nil, nil
	h.pool.grantEnds(h.entry, w.line.class)
	return w
}

// nextFor is the first in line for a resource that comes back, if it may be
// given away at once: it is to stay, it would lie free alone, and whoever is
// first is there.
func (p *Pool) nextFor(back *Resource, now Now) *waiter {
	c := p.class(back.Type)
	l, waited := c.lines[back.State]
	_, dynamic := p.lifecycles[back.Type] // may be too old, or one too many
	if !waited || dynamic || c.free[back.State] != nil || p.fate(&entry{Resource: *back}, now) != stays {
		return nil
	}
	if limit, known := p.limit(c.name); known && c.owned > limit && back.State != ToBeDeleted {
		return nil
	}
	for element := l.waiters.Front(); element != nil; element = element.Next() {
		w, _ := element.Value.(*waiter)
		switch {
		case p.passedOver(w, now):
		case w.ticket == nil:
			return nil // it is kept until the waiter calls
		default:
			return w
		}
	}
	return nil
}

// passOver lets somebody who was to get a resource, and does not, wait on.
func (p *Pool) passOver(w *waiter, now Now) {
	if w != nil {
		p.dispatch(w.line.class, w.State, now)
		p.answer(w.ticket, now)
	}
}
