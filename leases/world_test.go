package leases

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// cluster is the API server of a model run: a map, and conditions on writes.
type cluster struct {
	version    Version
	resources  map[string]Resource
	lifecycles map[string]Lifecycle
	lines      map[string]SavedLine
	// hand has the last version at which somebody edited a resource by hand.
	hand map[string]Version
	// events have not been seen by the pool yet.
	events []event
}

type event struct {
	resource  Resource
	lifecycle Lifecycle
	gone      bool
	version   Version
}

func (c *cluster) next() Version { c.version++; return c.version }

// put stores a resource.
func (c *cluster) put(r Resource) Resource {
	r.Version = c.next()
	r.UserData = maps.Clone(r.UserData)
	c.resources[r.Name] = r
	c.events = append(c.events, event{resource: r})
	return r
}

func (c *cluster) remove(name string) {
	r := c.resources[name]
	delete(c.resources, name)
	c.events = append(c.events, event{resource: r, gone: true, version: c.next()})
}

// apply carries a write out, if its condition holds.
func (c *cluster) apply(w *Write) Result {
	switch w.Kind {
	case SaveLifecycle, DeleteLifecycle:
		return c.applyLifecycle(w)
	default:
	}
	current, exists := c.resources[cmp.Or(w.Before.Name, w.After.Name)]
	switch {
	case w.Kind == Create && exists:
		return Result{Outcome: Conflict, Resource: current}
	case w.Kind == Create:
		return Result{Outcome: Stored, Resource: c.put(w.After)}
	case !exists:
		return Result{Outcome: Conflict, Gone: true}
	case current.Version != w.Before.Version:
		return Result{Outcome: Conflict, Resource: current}
	case w.Kind == Delete:
		c.remove(current.Name)
		return Result{Outcome: Stored}
	default:
		return Result{Outcome: Stored, Resource: c.put(w.After)}
	}
}

func (c *cluster) applyLifecycle(w *Write) Result {
	want := w.Lifecycle
	current, exists := c.lifecycles[want.Type]
	switch {
	case exists && current.Version != want.Version:
		return Result{Outcome: Conflict, Lifecycle: current}
	case !exists && want.Version != 0:
		return Result{Outcome: Conflict, Gone: true}
	case w.Kind == DeleteLifecycle:
		delete(c.lifecycles, want.Type)
		c.events = append(c.events, event{lifecycle: current, gone: true, version: c.next()})
		return Result{Outcome: Stored}
	default:
		want.Version = c.next()
		c.lifecycles[want.Type] = want
		c.events = append(c.events, event{lifecycle: want})
		return Result{Outcome: Stored, Lifecycle: want}
	}
}

// content is what a server finds when it starts.
func (c *cluster) content() Content {
	return Content{
		Resources:  slices.Collect(maps.Values(c.resources)),
		Lifecycles: slices.Collect(maps.Values(c.lifecycles)),
		Lines:      slices.Collect(maps.Values(c.lines)),
	}
}

// world is a model run: one pool at a time, clients, and a cluster. Everything
// that happens is drawn from random.
type world struct {
	random  *rand.Rand
	cluster *cluster
	pool    *Pool
	options Options
	wall    time.Time
	up      time.Duration
	ids     int
	config  *Config

	writes []*Write // under way
	// zombies are writes of servers that have ended, which may still land.
	zombies []*Write

	calls []*call
	// leases are what clients believe to hold, by resource.
	leases map[string]*lease
	// rounds grow when a client is through with a request id.
	rounds map[string]string
	// line is the order in which requests came, by type and state: the simple
	// sequential model.
	line     map[string][]string
	problems []string
	log      []string
}

// call is a call that was not answered yet.
type call struct {
	ask    Acquisition
	names  []string
	ticket *Ticket
}

type lease struct {
	resource Resource
	owner    string
	id       string
}

func newWorld(seed uint64) *world {
	w := &world{
		random:  rand.New(rand.NewPCG(seed, 1)),
		cluster: &cluster{resources: map[string]Resource{}, lifecycles: map[string]Lifecycle{}, lines: map[string]SavedLine{}, hand: map[string]Version{}},
		wall:    time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		leases:  map[string]*lease{}, rounds: map[string]string{}, line: map[string][]string{},
	}
	w.options = Options{MaxPerOwner: w.random.IntN(2) * 3, NewID: func() string { w.ids++; return fmt.Sprintf("id-%d", w.ids) }}
	w.start()
	return w
}

func (w *world) now() Now { return Now{Wall: w.wall, Up: w.up} }

func (w *world) failf(format string, args ...any) {
	w.problems = append(w.problems, fmt.Sprintf(format, args...))
}

func (w *world) notef(format string, args ...any) {
	if len(w.log) > 100_000 {
		w.log = nil
	}
	w.log = append(w.log, fmt.Sprintf(format, args...))
}

// start begins a server: on what is stored, and nothing else.
func (w *world) start() {
	w.up = 0
	w.pool = New(w.options)
	w.cluster.events = nil
	w.line = map[string][]string{}
	for _, saved := range w.cluster.lines {
		for _, waiting := range saved.Waiting {
			key := saved.Type + "/" + waiting.State
			w.line[key] = append(w.line[key], waiting.ID)
		}
	}
	w.pool.Load(w.cluster.content(), w.now())
	if w.config != nil {
		w.pool.Configure(w.config, w.now())
	}
	w.collect()
}

// crash ends the server between any two steps.
func (w *world) crash() {
	w.notef("crash with %d writes under way", len(w.writes))
	w.zombies = append(w.zombies, w.writes...)
	w.writes, w.calls = nil, nil
	w.start()
}

// collect takes the pool's writes, checking that each is one that the model
// would make, and the answers to calls.
func (w *world) collect() {
	for _, write := range w.pool.Outbox() {
		if write.Kind == Patch && write.op.tries == 0 && !write.Before.held() && write.After.held() && !strings.HasPrefix(write.After.Owner, "group-") {
			w.checkOrder(write)
		}
		w.writes = append(w.writes, write)
	}
	waiting := w.calls[:0]
	for _, c := range w.calls {
		select {
		case <-c.ticket.Done():
			w.answered(c)
		default:
			waiting = append(waiting, c)
		}
	}
	w.calls = waiting
	w.pruneLines()
}

// checkOrder: whoever is given a resource has nobody before it in line who is
// there or was there a moment ago, unless there is a resource for each of those
// too.
func (w *world) checkOrder(write *Write) {
	id := write.After.Request
	key := write.Before.Type + "/" + write.Before.State
	before := 0
	for _, other := range w.line[key] {
		if other == id {
			break
		}
		if w.entitled(write.Before.Type, write.Before.State, other) {
			before++
		}
	}
	c := w.pool.class(write.Before.Type)
	if available := max(0, w.pool.available(c, write.Before.State)); before > available {
		w.failf("%s was given %s before %d others in line, and %d are left", id, write.Before.Name, before, available)
	}
}

// entitled says whether a waiter must not be passed over.
func (w *world) entitled(leaseType, state, id string) bool {
	c := w.pool.class(leaseType)
	l, ok := c.lines[state]
	if !ok {
		return false
	}
	waiter := inLine(l, id)
	if waiter == nil || waiter.entry != nil || w.pool.atLimit(c, waiter.Owner, waiter.Dest, 1) {
		return false
	}
	return waiter.ticket != nil || w.up-waiter.seen < 2*time.Second
}

// inLine finds a request in a line. Ids of this world are no two owners'.
func inLine(l *line, id string) *waiter {
	for element := l.waiters.Front(); element != nil; element = element.Next() {
		if found, _ := element.Value.(*waiter); found.ID == id {
			return found
		}
	}
	return nil
}

// pruneLines takes those out of the model's lines who are not in the pool's: it
// is the order that is compared, not who gives up when. Newcomers go to the end.
func (w *world) pruneLines() {
	for _, c := range w.pool.types {
		for state, l := range c.lines {
			key := c.name + "/" + state
			var kept []string
			for _, id := range w.line[key] {
				if inLine(l, id) != nil {
					kept = append(kept, id)
				}
			}
			for element := l.waiters.Front(); element != nil; element = element.Next() {
				if waiter, _ := element.Value.(*waiter); !slices.Contains(kept, waiter.ID) {
					kept = append(kept, waiter.ID)
				}
			}
			w.line[key] = kept
		}
	}
}

// answered takes in the answer to a call: nobody may hold what a client is
// given.
func (w *world) answered(c *call) {
	if c.ticket.Err() != nil {
		return
	}
	given := c.ticket.Resources
	if c.names == nil {
		given = []Resource{c.ticket.Resource}
	}
	for _, r := range given {
		if w.cluster.hand[r.Name] > r.Version {
			continue // what a hand takes away, no server can keep
		}
		if other, ok := w.leases[r.Name]; ok && (other.id != c.ask.ID || c.ask.ID == "") {
			w.failf("%s was given to %s (request %q), but %s (request %q) holds it", r.Name, c.ask.Owner, c.ask.ID, other.owner, other.id)
		}
		if stored := w.cluster.resources[r.Name]; stored.Owner != c.ask.Owner {
			w.failf("%s was answered to %s, but what is stored is %q", r.Name, c.ask.Owner, stored.Owner)
		}
		w.leases[r.Name] = &lease{resource: r, owner: c.ask.Owner, id: c.ask.ID}
	}
}
