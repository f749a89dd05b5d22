package leases

import (
	"container/list"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// line is those who wait for one state of a type, the first in front.
type line struct {
	class   *class
	state   string
	waiters *list.List // of *waiter
	byID    map[requestKey]*waiter
}

// waiter is a request that could not be answered with a resource yet.
type waiter struct {
	Waiting

	line    *line
	element *list.Element
	// ticket is the call that waits at this moment, if any.
	ticket *Ticket
	// entry is being given to it.
	entry *entry
	// seen is when it last called or was last there, pause how long it stays away
	// between two calls.
	seen, pause time.Duration
	// kept says that the line is to be stored with this waiter, or is already.
	kept bool
}

// Waiting is a waiter as it is stored and shown.
type Waiting struct {
	// ID is the request's id, or one made here.
	ID string `json:"id"`
	// Named says that the request came with an id.
	Named bool   `json:"named,omitempty"`
	Owner string `json:"owner"`
	State string `json:"state"`
	Dest  string `json:"dest"`
	// Since is when it came.
	Since time.Time `json:"since"`
}

func (p *Pool) line(c *class, state string) *line {
	l, ok := c.lines[state]
	if !ok {
		l = &line{class: c, state: state, waiters: list.New(), byID: map[requestKey]*waiter{}}
		c.lines[state] = l
	}
	return l
}

// join puts a waiter at the end of a line.
func (l *line) join(w Waiting, now Now) *waiter {
	joined := &waiter{Waiting: w, line: l, seen: now.Up, pause: usualPause}
	joined.element = l.waiters.PushBack(joined)
	joined.arrive()
	return joined
}

// arrive and depart keep count of who is in line.
func (w *waiter) arrive() {
	w.line.byID[w.key()] = w
	w.line.class.waiters++
	w.line.class.lineSize += w.size()
}

func (w *waiter) depart() {
	delete(w.line.byID, w.key())
	w.line.class.waiters--
	w.line.class.lineSize -= w.size()
}

// key is what the waiter's request is known by. It never changes.
func (w *Waiting) key() requestKey { return requestKey{w.Owner, w.ID} }

// size is how many bytes are stored of a waiter at most.
func (w *Waiting) size() int {
	const others = 120 // names of fields, and the time
	return others + jsonSize(w.ID) + jsonSize(w.Owner) + jsonSize(w.State) + jsonSize(w.Dest)
}

// jsonSize is how long a text is in JSON at most, where some characters take
// six times as much.
func jsonSize(text string) int {
	size := len(text)
	for _, c := range []byte(text) {
		if c < ' ' || c >= utf8.RuneSelf || strings.IndexByte(`"\<>&`, c) >= 0 {
			size += 5
		}
	}
	return size
}

// rejoin puts a waiter back to where it was: in front.
func (p *Pool) rejoin(w *waiter) {
	if w.element != nil || w.line.byID[w.key()] != nil {
		return
	}
	w.line = p.line(w.line.class, w.State) // the line may have ended
	w.element = w.line.waiters.PushFront(w)
	w.arrive()
	w.kept = false
	w.keep()
}

// keep sees to it that the waiter's place is stored.
func (w *waiter) keep() {
	if !w.kept {
		w.kept = true
		w.line.class.edition++
	}
}

// leave takes a waiter out of its line.
func (p *Pool) leave(w *waiter) {
	if w.element == nil {
		return
	}
	w.line.waiters.Remove(w.element)
	w.element = nil
	w.depart()
	if w.kept {
		w.line.class.edition++
	}
	if w.line.waiters.Len() == 0 {
		delete(w.line.class.lines, w.line.state)
		delete(p.keeping, w.line)
	}
}

// absent says whether a waiter has to be passed over: it is not there, and
// later than it uses to be.
func (w *waiter) absent(now Now) bool {
	return w.ticket == nil && now.Up-w.seen > w.patience()
}

func (w *waiter) patience() time.Duration { return w.pause + w.pause/2 + time.Second }

// called notes that a waiter is there again.
func (w *waiter) called(now Now, ttl time.Duration) {
	if w.ticket == nil {
		w.pause = min(max(now.Up-w.seen, time.Second), ttl/2)
	}
	w.seen = now.Up
}

// dispatch gives what is free to those who wait for it, in their order. For one
// who has to call again, a resource is kept.
func (p *Pool) dispatch(c *class, state string, now Now) {
	l, ok := c.lines[state]
	if !ok {
		return
	}
	delete(p.keeping, l)
	available := p.available(c, state)
	for element := l.waiters.Front(); element != nil && available > 0; {
		w, _ := element.Value.(*waiter)
		element = element.Next()
		switch {
		case p.passedOver(w, now):
		case w.ticket != nil:
			p.grant(w, now)
			available--
		default:
			p.keeping[l] = struct{}{}
			available--
		}
	}
}

// passedOver says whether a waiter gets nothing for the moment: it is being
// given something, is not there, or holds as much as it may.
func (p *Pool) passedOver(w *waiter, now Now) bool {
	return w.entry != nil || w.absent(now) || p.atLimit(w.line.class, w.Owner, w.Dest, 1)
}

// freed gives away what has become available in any state, as less of a type is
// in use now.
func (p *Pool) freed(c *class, now Now) {
	for _, state := range slices.Sorted(maps.Keys(c.lines)) {
		p.dispatch(c, state, now)
	}
}

// available is how many resources of a state may be given now. A type never
// has more in use than the configuration says, even while others drain.
func (p *Pool) available(c *class, state string) int {
	free := 0
	if l, ok := c.free[state]; ok {
		free = len(*l)
	}
	if limit, ok := p.limit(c.name); ok && state != ToBeDeleted {
		free = min(free, limit-c.owned)
	}
	return free
}

// atLimit says whether an owner may not hold so many more. To clean is not to
// hold: a janitor must not be held up by a limit on leases.
func (p *Pool) atLimit(c *class, owner, dest string, more int) bool {
	return p.options.MaxPerOwner > 0 && dest != Cleaning && c.held[owner]+more > p.options.MaxPerOwner
}

// grant starts to give the least recently used resource to a waiter.
func (p *Pool) grant(w *waiter, now Now) {
	c := w.line.class
	e := (*c.free[w.line.state])[0]
	w.entry = e
	p.grantTo(e, w.Owner)
	p.enqueue(e, &op{
		plan: func(current *Resource, now Now) (Resource, error) {
			if current == nil || current.held() || current.State != w.State || current.Type != c.name {
				return Resource{}, errMoot
			}
			return w.leased(*current, now), nil
		},
		done: func(stored Resource, err error, now Now) {
			w.entry = nil
			p.grantEnds(e, c)
			p.grantDone(w, stored, err, now)
		},
	}, now)
}

// leased is a resource as the waiter holds it.
func (w *waiter) leased(r Resource, now Now) Resource {
	r.Owner, r.State, r.Request = w.Owner, w.Dest, w.ID
	r.LastUpdate, r.Since = now.second(), now.second()
	return r
}

// grantDone answers the waiter's call. Where the call has ended meanwhile, the
// resource goes back and the waiter keeps its place.
func (p *Pool) grantDone(w *waiter, stored Resource, err error, now Now) {
	switch {
	case err == errMoot: //nolint:errorlint // never wrapped
		if w.element != nil && w.ticket == nil && !w.Named {
			p.leave(w)
		}
		p.passOver(w, now)
	case err != nil:
		if ticket := w.ticket; ticket != nil {
			w.ticket = nil
			w.seen = now.Up
			ticket.finish(err)
		}
	case w.ticket == nil:
		if !w.Named {
			p.leave(w)
		}
		w.seen = now.Up
		p.giveBack(stored, w.State, now)
	default:
		p.leave(w)
		ticket := w.ticket
		w.ticket = nil
		ticket.Resource = stored
		ticket.finish(nil)
	}
}

// giveBack undoes a grant that nobody took.
func (p *Pool) giveBack(r Resource, state string, now Now) {
	e, ok := p.entries[r.Name]
	if !ok {
		return
	}
	p.enqueue(e, &op{
		plan: func(current *Resource, now Now) (Resource, error) {
			if current == nil || current.Owner != r.Owner || current.Request != r.Request || !current.Since.Equal(r.Since) {
				return Resource{}, errMoot
			}
			return current.released(state, now), nil
		},
		done: func(_ Resource, err error, now Now) {
			if err != nil && err != errMoot { //nolint:errorlint // never wrapped
				p.later(func(now Now) { p.giveBack(r, state, now) }, now)
			}
		},
	}, now)
}
