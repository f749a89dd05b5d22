package leases

import (
	"cmp"
	"maps"
	"slices"
)

// lifecycle is a Lifecycle as it is stored, and whether it is being written.
type lifecycle struct {
	Lifecycle

	write *Write
}

// Configure makes the pool want what a valid configuration says. What is
// missing is created at once. What is not wanted is removed when nobody holds
// it; until then it can not be leased anew, and counts against what its type
// may have in use.
func (p *Pool) Configure(config *Config, now Now) {
	p.wanted = newWanted(config)
	p.settleAll(now)
}

// settleAll brings everything to where it belongs.
func (p *Pool) settleAll(now Now) {
	if p.wanted == nil {
		return
	}
	for _, leaseType := range slices.Sorted(maps.Keys(p.wanted.dynamic)) {
		p.settleLifecycle(leaseType)
	}
	for _, leaseType := range slices.Sorted(maps.Keys(p.lifecycles)) {
		p.settleLifecycle(leaseType)
	}
	p.settleEach(p.sorted(), now)
	for _, name := range slices.Sorted(maps.Keys(p.wanted.static)) {
		p.createStatic(name, now)
	}
	for _, leaseType := range slices.Sorted(maps.Keys(p.lifecycles)) {
		p.refill(leaseType, now)
	}
}

// settleEach brings entries to where they belong, the last names first, as in
// Boskos. What does not stay is offered to nobody from the start: else it would
// seem to be there for the first in line, and another be given to the next.
func (p *Pool) settleEach(all []*entry, now Now) {
	slices.Reverse(all)
	for _, e := range all {
		if e.place >= 0 && p.fate(e, now) != stays {
			p.unlist(e)
		}
	}
	for _, e := range all {
		if e.write == nil && !e.gone {
			p.settle(e, now)
		}
	}
}

// settle decides what becomes of a resource that nothing is being done with:
// whoever waits may have it, or it is on its way out.
func (p *Pool) settle(e *entry, now Now) {
	if e.held() || e.retry > now.Up {
		p.unlist(e)
		return
	}
	switch p.fate(e, now) {
	case stays:
		p.list(e)
		p.dispatch(p.class(e.Type), e.State, now)
	case goes:
		p.unlist(e)
		p.enqueue(e, &op{
			remove: true,
			plan: func(current *Resource, _ Now) (Resource, error) {
				if current == nil || current.held() {
					return Resource{}, errMoot
				}
				return *current, nil
			},
			done: func(Resource, error, Now) {},
		}, now)
	case retires:
		p.unlist(e)
		p.retire(e, now)
	}
}

// retire marks a resource for the janitor. It expires, too, so that one can
// tell what it is being cleaned for.
func (p *Pool) retire(e *entry, now Now) {
	c := p.class(e.Type)
	c.retiring++
	p.enqueue(e, &op{
		plan: func(current *Resource, now Now) (Resource, error) {
			if current == nil || current.held() || current.State == Tombstone || current.State == ToBeDeleted {
				return Resource{}, errMoot
			}
			after := current.released(ToBeDeleted, now)
			if after.Expires.IsZero() || after.Expires.After(now.Wall) {
				after.Expires = now.second()
			}
			return after, nil
		},
		done: func(Resource, error, Now) { c.retiring-- },
	}, now)
}

// fate is what becomes of a resource that nobody holds.
type fate int

const (
	stays fate = iota
	// retires: it is marked for the janitor, which makes it a tombstone.
	retires
	// goes: it is deleted.
	goes
)

func (p *Pool) fate(e *entry, now Now) fate {
	if p.wanted == nil {
		return stays
	}
	if want, ok := p.wanted.static[e.Name]; ok {
		if want.leaseType != e.Type || e.State == Tombstone {
			return goes // and is made anew
		}
		return stays
	}
	life, dynamic := p.lifecycles[e.Type]
	switch {
	case !dynamic && p.willBeDynamic(e.Type):
		return stays // until its lifecycle is stored
	case !dynamic, e.State == Tombstone:
		return goes
	case e.State == ToBeDeleted:
		return stays
	case !e.Expires.IsZero() && now.Wall.After(e.Expires), p.excess(&life.Lifecycle, now) > 0:
		return retires
	}
	return stays
}

func (p *Pool) willBeDynamic(leaseType string) bool {
	_, ok := p.wanted.dynamic[leaseType]
	return ok
}

// excess is how many resources a type has above its maximum, less those that
// are on their way out.
func (p *Pool) excess(life *Lifecycle, now Now) int {
	c := p.class(life.Type)
	excess := p.dynamicMembers(c) - c.idle[Tombstone] - c.idle[ToBeDeleted] - c.retiring - life.Max
	if excess <= 0 {
		return excess
	}
	for _, e := range c.members {
		if e.held() && (e.State == Cleaning || e.State == ToBeDeleted) && !e.Expires.IsZero() && !now.Wall.Before(e.Expires) {
			excess-- // the janitor has it
		}
	}
	return excess
}

// dynamicMembers counts the resources of a type that are not static ones.
func (p *Pool) dynamicMembers(c *class) int {
	if p.wanted.count[c.name] == 0 {
		return len(c.members)
	}
	count := 0
	for name := range c.members {
		if p.wanted.static[name].leaseType != c.name {
			count++
		}
	}
	return count
}

// createStatic makes a static resource that is wanted and not there.
func (p *Pool) createStatic(name string, now Now) {
	want, ok := p.wanted.static[name]
	if _, exists := p.entries[name]; exists || !ok {
		return
	}
	p.create(Resource{Name: name, Type: want.leaseType, State: want.state, LastUpdate: now.second()})
}

func (p *Pool) create(r Resource) {
	e := &entry{Resource: r, fresh: true}
	p.add(e)
	e.write = &Write{Kind: Create, After: r, entry: e}
	p.outbox = append(p.outbox, e.write)
}

// refill makes what a type lacks.
func (p *Pool) refill(leaseType string, now Now) {
	if p.wanted == nil {
		return
	}
	life, ok := p.lifecycles[leaseType]
	if !ok || life.Version == 0 {
		return
	}
	c := p.class(leaseType)
	active := p.dynamicMembers(c) - c.idle[Tombstone]
	for ; active < life.Min; active++ {
		p.createDynamic(&life.Lifecycle, now)
	}
	p.growOnDemand(c, now)
	if len(c.members) == 0 && life.drains() {
		p.settleLifecycle(leaseType)
	}
}

func (p *Pool) createDynamic(life *Lifecycle, now Now) {
	p.create(Resource{
		Name: p.options.NewID(), Type: life.Type, State: cmp.Or(life.State, Free), LastUpdate: now.second(),
	})
}

// growOnDemand makes dynamic resources for those who wait, one each, if the
// type may have more and those that are idle do not suffice.
func (p *Pool) growOnDemand(c *class, now Now) {
	life, ok := p.lifecycles[c.name]
	if !ok || p.wanted == nil || life.Version == 0 {
		return
	}
	room := life.Max - (p.dynamicMembers(c) - c.idle[Tombstone] - c.idle[ToBeDeleted])
	if room <= 0 {
		return
	}
	fresh := cmp.Or(life.State, Free)
	for state, l := range c.lines {
		lack := l.demand() - c.fresh - c.idle[fresh]
		if state != fresh {
			lack -= c.idle[state]
		}
		for ; lack > 0 && room > 0; lack, room = lack-1, room-1 {
			p.createDynamic(&life.Lifecycle, now)
		}
	}
}

// demand is how many wait who would wait for something that is being made.
func (l *line) demand() int {
	demand := 0
	for element := l.waiters.Front(); element != nil; element = element.Next() {
		if w, _ := element.Value.(*waiter); w.entry == nil && (w.Named || w.ticket != nil) {
			demand++
		}
	}
	return demand
}

// settleLifecycle stores what the configuration says of a dynamic type. One
// that is not wanted is emptied first and then removed.
func (p *Pool) settleLifecycle(leaseType string) {
	stored, exists := p.lifecycles[leaseType]
	if exists && stored.write != nil {
		return
	}
	want, ok := p.wanted.dynamic[leaseType]
	switch {
	case ok && !exists:
		stored = &lifecycle{Lifecycle: Lifecycle{Type: leaseType}}
		p.lifecycles[leaseType] = stored
		p.saveLifecycle(stored, want)
	case ok && !stored.same(&want):
		p.saveLifecycle(stored, want)
	case !ok && exists && !stored.drains():
		want = stored.Lifecycle
		want.Min, want.Max = 0, 0
		p.saveLifecycle(stored, want)
	case !ok && exists && p.dynamicMembers(p.class(leaseType)) == 0:
		stored.write = &Write{Kind: DeleteLifecycle, Lifecycle: stored.Lifecycle}
		p.outbox = append(p.outbox, stored.write)
	}
}

func (p *Pool) saveLifecycle(stored *lifecycle, want Lifecycle) {
	want.Version = stored.Version
	stored.write = &Write{Kind: SaveLifecycle, Lifecycle: want}
	p.outbox = append(p.outbox, stored.write)
}

// completeLifecycle takes in what became of the write of a lifecycle. What
// failed is tried again by [Pool.Tick].
func (p *Pool) completeLifecycle(w *Write, result Result, now Now) {
	stored, ok := p.lifecycles[w.Lifecycle.Type]
	if !ok || stored.write != w {
		return
	}
	stored.write = nil
	switch {
	case result.Outcome == Failed:
		if stored.Version == 0 {
			delete(p.lifecycles, w.Lifecycle.Type)
		}
		return
	case result.Gone, result.Outcome == Stored && w.Kind == DeleteLifecycle:
		delete(p.lifecycles, w.Lifecycle.Type)
	default:
		stored.Lifecycle = result.Lifecycle
	}
	p.settleType(w.Lifecycle.Type, now)
	p.created(w.Lifecycle.Type, now)
}

// settleType brings all of a type to where it belongs.
func (p *Pool) settleType(leaseType string, now Now) {
	if p.wanted == nil {
		return
	}
	p.settleLifecycle(leaseType)
	p.settleEach(p.membersOf(leaseType), now)
	p.refill(leaseType, now)
}

// sorted gives all entries by name.
func (p *Pool) sorted() []*entry {
	return slices.SortedFunc(maps.Values(p.entries), func(a, b *entry) int { return cmp.Compare(a.Name, b.Name) })
}

func (p *Pool) membersOf(leaseType string) []*entry {
	c, ok := p.types[leaseType]
	if !ok {
		return nil
	}
	return slices.SortedFunc(maps.Values(c.members), func(a, b *entry) int { return cmp.Compare(a.Name, b.Name) })
}
