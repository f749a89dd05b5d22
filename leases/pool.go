package leases

import (
	"cmp"
	"container/heap"
	"time"
)

// Options change how a [Pool] works. The zero value is the default.
type Options struct {
	// RequestTTL is how long a waiter that is not heard of keeps its place.
	// Default: 30 seconds, as Boskos.
	RequestTTL time.Duration
	// MaxPerOwner is how many resources of one type an owner may hold; zero for
	// no limit. Whoever cleans may hold any number.
	MaxPerOwner int
	// MaxLine is how many may wait for one type, in whatever state. Default:
	// 2,000, or fewer if what they say of themselves is long.
	MaxLine int
	// NewID makes ids that were never used: of requests without one, and of
	// dynamic resources. It must be given.
	NewID func() string
}

func (o Options) withDefaults() Options {
	o.RequestTTL = cmp.Or(o.RequestTTL, 30*time.Second)
	o.MaxLine = cmp.Or(o.MaxLine, 2000)
	return o
}

// Times of the pool.
const (
	// replayFor is how long a request with an id gets the answer again that it
	// got.
	replayFor = time.Minute
	// retryAfter is how long what nobody waits for rests after a write failed.
	retryAfter = time.Second
	// usualPause is how long clients wait between two calls: Boskos's client
	// does. A waiter that is later than its own pause and half of it again, and
	// a second, is passed over until it calls.
	usualPause = 3 * time.Second
	// restartPause is what a waiter is given that another server knew: Boskos's
	// client waits ten seconds where a connection is refused.
	restartPause = 12 * time.Second
)

// Pool is everything that the lease server knows. Its methods are not safe for
// concurrent use.
type Pool struct {
	options    Options
	entries    map[string]*entry
	types      map[string]*class
	lifecycles map[string]*lifecycle
	wanted     *wanted
	// granted finds what a request was given.
	granted map[requestKey]*entry
	// keeping are the lines in which a resource is kept for somebody who has to
	// call again.
	keeping map[*line]struct{}
	// postponed is tried again in a while.
	postponed []postponed
	outbox    []*Write
	// urgent says that somebody waits until a line is stored.
	urgent bool
	// repaired is when all resources were last gone through.
	repaired time.Duration
}

type postponed struct {
	due time.Duration
	do  func(now Now)
}

// New makes an empty pool.
func New(options Options) *Pool {
	return &Pool{
		options: options.withDefaults(), entries: map[string]*entry{}, types: map[string]*class{},
		lifecycles: map[string]*lifecycle{}, granted: map[requestKey]*entry{}, keeping: map[*line]struct{}{},
	}
}

// entry is a resource and what is being done with it.
type entry struct {
	Resource

	write *Write // under way
	queue []*op
	gone  bool
	fresh bool // being created: it is not there yet
	// place is where the entry is in the list of its type's free ones of its
	// state, or -1.
	place int
	list  *freeList
	// granting is the owner to whom it is being given, handed says that it is so
	// by its holder.
	granting string
	handed   bool
	retry    time.Duration
	// heard is when it was last seen to change, by the clock that never jumps.
	heard time.Duration
	// loaded says that it was not seen to change since the server started.
	loaded bool
}

// requestKey tells requests apart. An id is its owner's: nobody takes another's
// place by naming it.
type requestKey struct{ owner, id string }

func (e *entry) key() requestKey { return requestKey{e.Owner, e.Request} }

// class is all about one type.
type class struct {
	name    string
	members map[string]*entry
	free    map[string]*freeList
	lines   map[string]*line
	// held counts what each owner holds or is being given, owned all of it.
	held  map[string]int
	owned int
	// idle counts what nobody holds, by state.
	idle map[string]int
	// fresh counts what is being created, retiring what is being retired.
	fresh, retiring int
	// soon are calls that are answered when what is being created is there.
	soon []*Ticket
	// waiters counts those in all lines, lineSize how much there is to store of
	// them.
	waiters, lineSize int
	// edition counts the changes of the lines that are to be stored; saved is the
	// last that is. Answers in unsaved wait for it.
	edition, saved uint64
	unsaved        []*Ticket
}

func (p *Pool) class(name string) *class {
	c, ok := p.types[name]
	if !ok {
		c = &class{
			name: name, members: map[string]*entry{}, free: map[string]*freeList{}, lines: map[string]*line{},
			held: map[string]int{}, idle: map[string]int{},
		}
		p.types[name] = c
	}
	return c
}

// exists says whether there is such a type: Boskos says no where there just
// happens to be no resource of it.
func (p *Pool) exists(name string) bool {
	if c, ok := p.types[name]; ok && len(c.members) > 0 {
		return true
	}
	if _, ok := p.lifecycles[name]; ok {
		return true
	}
	return p.wanted != nil && p.wanted.has(name)
}

// add takes a new entry in.
func (p *Pool) add(e *entry) {
	e.place = -1
	p.entries[e.Name] = e
	p.class(e.Type).members[e.Name] = e
	p.count(e, 1)
}

// take replaces what is known of a resource.
func (p *Pool) take(e *entry, r Resource, now Now) {
	p.unlist(e)
	p.count(e, -1)
	if r.Type != e.Type {
		delete(p.class(e.Type).members, e.Name)
		p.class(r.Type).members[e.Name] = e
	}
	e.Resource, e.fresh = r, false
	e.heard, e.loaded = now.Up, false
	p.count(e, 1)
}

// drop forgets an entry.
func (p *Pool) drop(e *entry, now Now) {
	if e.gone {
		return
	}
	p.unlist(e)
	p.count(e, -1)
	e.gone = true
	delete(p.entries, e.Name)
	delete(p.class(e.Type).members, e.Name)
	p.advance(e, now)
}

// count adds an entry to the sums of its type, or takes it off.
func (p *Pool) count(e *entry, by int) {
	c := p.class(e.Type)
	switch {
	case e.fresh:
		c.fresh += by
	case e.held():
		c.owned += by
		c.addHeld(e.Owner, by)
		if by > 0 && e.Request != "" {
			p.granted[e.key()] = e
		} else if p.granted[e.key()] == e {
			delete(p.granted, e.key())
		}
	default:
		if c.idle[e.State] += by; c.idle[e.State] == 0 {
			delete(c.idle, e.State) // anybody may invent states
		}
	}
}

func (c *class) addHeld(owner string, by int) {
	c.held[owner] += by
	if c.held[owner] == 0 {
		delete(c.held, owner)
	}
}

// grantTo counts an entry as given before it is, so that no limit is passed
// while writes are under way.
func (p *Pool) grantTo(e *entry, owner string) {
	e.granting = owner
	c := p.class(e.Type)
	c.owned++
	c.addHeld(owner, 1)
}

// handTo is grantTo of what somebody holds: no more of the type is in use then.
func (p *Pool) handTo(e *entry, owner string) {
	e.granting, e.handed = owner, true
	p.class(e.Type).addHeld(owner, 1)
}

func (p *Pool) grantEnds(e *entry, class *class) {
	if !e.handed {
		class.owned--
	}
	class.addHeld(e.granting, -1)
	e.granting, e.handed = "", false
}

// compareUse puts the least recently used in front.
func (e *entry) compareUse(other *entry) int {
	return cmp.Or(e.LastUpdate.Compare(other.LastUpdate), cmp.Compare(e.Name, other.Name))
}

// list offers an entry that nobody holds to those who want one of its state.
func (p *Pool) list(e *entry) {
	if e.place >= 0 {
		return
	}
	c := p.class(e.Type)
	l, ok := c.free[e.State]
	if !ok {
		l = &freeList{}
		c.free[e.State] = l
	}
	e.list = l
	heap.Push(l, e)
}

func (p *Pool) unlist(e *entry) {
	if e.place < 0 {
		return
	}
	heap.Remove(e.list, e.place)
	if len(*e.list) == 0 {
		delete(p.class(e.Type).free, e.State)
	}
	e.list = nil
}

// freeList has the least recently used resource first.
type freeList []*entry //nolint:recvcheck // as heap.Interface is implemented: only Push and Pop change the length

// Len implements [heap.Interface].
func (l freeList) Len() int { return len(l) }

// Less implements [heap.Interface].
func (l freeList) Less(i, j int) bool { return l[i].compareUse(l[j]) < 0 }

// Swap implements [heap.Interface].
func (l freeList) Swap(i, j int) {
	l[i], l[j] = l[j], l[i]
	l[i].place, l[j].place = i, j
}

// Push implements [heap.Interface].
func (l *freeList) Push(x any) {
	e, _ := x.(*entry)
	e.place = len(*l)
	*l = append(*l, e)
}

// Pop implements [heap.Interface].
func (l *freeList) Pop() any {
	last := len(*l) - 1
	e := (*l)[last]
	(*l)[last] = nil
	*l = (*l)[:last]
	e.place = -1
	return e
}
