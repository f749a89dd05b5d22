package leases

import (
	"maps"
	"slices"
	"time"
)

// check holds the whole world against what must always be so.
func (w *world) check() {
	for name, held := range w.leases {
		if stored := w.cluster.resources[name]; stored.Owner != held.owner {
			w.failf("%s holds %s, but stored is %q in state %s", held.owner, name, stored.Owner, stored.State)
		}
	}
	for _, c := range w.pool.types {
		w.checkClass(c)
	}
}

// checkClass counts anew what the pool keeps count of.
func (w *world) checkClass(c *class) {
	owned, fresh := 0, 0
	held, idle := map[string]int{}, map[string]int{}
	for _, write := range w.writes {
		// Even one that is gone counts until the pool knows what became of it.
		if e := write.entry; e != nil && e.write == write && e.Type == c.name && e.granting != "" {
			if !e.handed {
				owned++
			}
			held[e.granting]++
		}
	}
	for _, e := range c.members {
		switch {
		case e.fresh:
			fresh++
		case e.held():
			owned++
			held[e.Owner]++
		default:
			idle[e.State]++
		}
		if e.place >= 0 && (e.held() || e.write != nil || e.gone || e.fresh || (*c.free[e.State])[e.place] != e) {
			w.failf("%s is offered, but cannot be had", e.Name)
		}
		if e.Type != c.name || w.pool.entries[e.Name] != e {
			w.failf("%s is in the wrong place", e.Name)
		}
	}
	if owned != c.owned || fresh != c.fresh {
		w.failf("%s: owned %d, counted %d; fresh %d, counted %d", c.name, owned, c.owned, fresh, c.fresh)
	}
	for owner, n := range held {
		if c.held[owner] != n {
			w.failf("%s: %s holds %d, counted %d", c.name, owner, n, c.held[owner])
		}
	}
	if !maps.Equal(idle, c.idle) {
		w.failf("%s: idle %v, counted %v", c.name, idle, c.idle)
	}
}

// quiesce lets everything come to an end: no more trouble, all leases go back.
// Then everything that is wanted is there, nothing else is, and whoever waits is
// served.
func (w *world) quiesce() {
	w.zombies = nil
	w.settleDown()
	w.crash() // what is stored must suffice
	w.settleDown()
	for name, held := range w.leases {
		delete(w.leases, name)
		w.pool.Release(name, Free, held.owner, w.now())
	}
	w.settleDown()
	w.wall = w.wall.Add(1000 * time.Hour) // what clocks that jump have left behind is past
	for _, r := range slices.Collect(valuesOf(w.cluster.resources)) {
		if r.held() { // of clients that never got an answer
			w.pool.Reset(Reset{Type: r.Type, State: r.State, Dest: Free}, w.now())
		}
	}
	w.settleDown()
	w.check()
	w.checkWanted()
	w.checkService()
}

func valuesOf(m map[string]Resource) func(func(Resource) bool) {
	return func(yield func(Resource) bool) {
		for _, r := range m {
			if !yield(r) {
				return
			}
		}
	}
}

// settleDown carries out everything, the janitor's work too, until nothing more
// happens: something may expire in the last moment.
func (w *world) settleDown() {
	for round, quiet := 0, 0; round < 60 || round < 180 && (quiet < 3 || len(w.writes) > 0); round++ {
		w.collect()
		quiet++
		for len(w.writes) > 0 {
			quiet = 0
			write := w.writes[0]
			w.writes = w.writes[1:]
			w.pool.Complete(write, w.cluster.apply(write), w.now())
			w.collect()
		}
		for len(w.cluster.events) > 0 {
			w.seeEvent()
		}
		w.saveLinesWell()
		w.clean()
		w.up += 2 * time.Second
		w.wall = w.wall.Add(2 * time.Second)
		w.pool.Tick(w.now())
		w.pool.Housekeep(w.now())
		w.collect()
	}
	if len(w.writes) > 0 {
		w.failf("writes without end: %d %+v", w.writes[0].Kind, w.writes[0].After)
	}
}

func (w *world) saveLinesWell() {
	for _, line := range w.pool.Lines() {
		w.cluster.lines[line.Type] = line.SavedLine
		w.pool.LineSaved(line, nil)
	}
}

// clean is the janitor: what is to be deleted becomes a tombstone.
func (w *world) clean() {
	for _, r := range slices.Collect(valuesOf(w.cluster.resources)) {
		switch {
		case r.held() && r.Owner == "janitor":
			w.pool.Release(r.Name, Tombstone, "janitor", w.now())
		case !r.held() && r.State == ToBeDeleted:
			w.pool.Acquire(Acquisition{Type: r.Type, State: ToBeDeleted, Dest: Cleaning, Owner: "janitor"}, w.now())
		}
	}
}

// checkWanted: what is there is what is wanted.
func (w *world) checkWanted() {
	if w.config == nil {
		return
	}
	want := newWanted(w.config)
	count := map[string]int{}
	for _, r := range w.cluster.resources {
		count[r.Type]++
		if r.held() || r.Group.ID != "" {
			w.failf("%s is still held by %s", r.Name, r.Owner)
		}
		if static, ok := want.static[r.Name]; ok && static.leaseType != r.Type {
			w.failf("%s is of type %s, not %s", r.Name, r.Type, static.leaseType)
		} else if _, dynamic := want.dynamic[r.Type]; !ok && !dynamic {
			w.failf("%s of type %s is not wanted", r.Name, r.Type)
		}
	}
	for name := range want.static {
		if _, ok := w.cluster.resources[name]; !ok {
			w.failf("%s is missing", name)
		}
	}
	for leaseType, life := range want.dynamic {
		if n := count[leaseType]; n < life.Min || n > life.Max {
			w.failf("there are %d of type %s, not %d to %d", n, leaseType, life.Min, life.Max)
		}
	}
	for leaseType := range w.cluster.lifecycles {
		if _, ok := want.dynamic[leaseType]; !ok {
			w.failf("the lifecycle of %s is left", leaseType)
		}
	}
}

// checkService: everything can be leased once more.
func (w *world) checkService() {
	if w.config == nil {
		return
	}
	w.up += 5 * time.Minute
	w.pool.Housekeep(w.now())
	w.collect()
	for _, entry := range w.config.Resources {
		limit, _ := w.pool.limit(entry.Type)
		for i := range limit {
			w.ids++
			ask := Acquisition{Type: entry.Type, State: Free, Dest: Leased, Owner: "last-" + w.options.NewID(), ID: w.options.NewID(), Wait: true}
			c := &call{ask: ask, ticket: w.pool.Acquire(ask, w.now())}
			w.settleDown()
			select {
			case <-c.ticket.Done():
				if err := c.ticket.Err(); err != nil {
					w.failf("lease %d of %d of type %s: %v", i+1, limit, entry.Type, err)
				}
			default:
				w.failf("lease %d of %d of type %s is never given: %+v", i+1, limit, entry.Type, w.pool.Report(entry.Type, w.now()))
			}
		}
	}
}
