package leases

import (
	"maps"
	"slices"
	"time"
)

// SavedLine is all who wait for resources of one type, as it is stored.
type SavedLine struct {
	Type    string    `json:"type"`
	Waiting []Waiting `json:"waiting"`
}

// Content is all that is stored in the cluster.
type Content struct {
	Resources  []Resource
	Lifecycles []Lifecycle
	Lines      []SavedLine
}

// Load fills an empty pool when a server starts to serve.
func (p *Pool) Load(stored Content, now Now) {
	for _, r := range stored.Resources {
		p.add(&entry{Resource: r, heard: now.Up, loaded: true})
	}
	for _, l := range stored.Lifecycles {
		p.lifecycles[l.Type] = &lifecycle{Lifecycle: l}
	}
	for _, saved := range stored.Lines {
		p.loadLine(saved, now)
	}
	p.undoUndecided(now)
	for _, e := range p.sorted() {
		p.advance(e, now)
	}
}

// loadLine brings back those who waited. One who was given a resource since
// then waits no more.
func (p *Pool) loadLine(saved SavedLine, now Now) {
	c := p.class(saved.Type)
	for _, waiting := range saved.Waiting {
		if e, ok := p.granted[waiting.key()]; ok && e.Type == saved.Type && !e.Since.Before(waiting.Since.Truncate(time.Second)) {
			c.edition++
			continue
		}
		if l, ok := c.lines[waiting.State]; ok && l.byID[waiting.key()] != nil || !p.room(c, &waiting) {
			continue
		}
		w := p.line(c, waiting.State).join(waiting, now)
		w.pause, w.kept = restartPause, true
	}
}

// Lines gives the lines that are to be stored, by type. Each is to be reported
// with [Pool.LineSaved].
func (p *Pool) Lines() []LineToSave {
	var all []LineToSave
	p.urgent = false
	for _, name := range slices.Sorted(maps.Keys(p.types)) {
		if c := p.types[name]; c.edition != c.saved {
			all = append(all, LineToSave{SavedLine: SavedLine{Type: name, Waiting: c.waiting()}, Edition: c.edition})
		}
	}
	return all
}

// LineToSave is a line that has changed.
type LineToSave struct {
	SavedLine

	Edition uint64
}

// Urgent says whether somebody's answer waits until [Pool.Lines] are stored.
func (p *Pool) Urgent() bool { return p.urgent }

// waiting lists those who are to be stored, those who came first in front.
func (c *class) waiting() []Waiting {
	var all []Waiting
	for _, state := range slices.Sorted(maps.Keys(c.lines)) {
		for element := c.lines[state].waiters.Front(); element != nil; element = element.Next() {
			if w, _ := element.Value.(*waiter); w.kept {
				all = append(all, w.Waiting)
			}
		}
	}
	return all
}

// LineSaved reports that a line was stored, or why not. Those whose answer
// waits for it are answered.
func (p *Pool) LineSaved(line LineToSave, err error) {
	c := p.class(line.Type)
	if err == nil {
		c.saved = max(c.saved, line.Edition)
	}
	var waiting []*Ticket
	for _, t := range c.unsaved {
		switch {
		case t.edition > line.Edition:
			waiting = append(waiting, t)
		case err != nil:
			t.finish(err)
		default:
			t.finish(t.err)
		}
	}
	c.unsaved = waiting
}

// Observe takes in a resource as it was seen in the cluster.
func (p *Pool) Observe(r Resource, now Now) {
	e, ok := p.entries[r.Name]
	if !ok {
		e = &entry{Resource: r, heard: now.Up, loaded: true}
		p.add(e)
		p.advance(e, now)
		return
	}
	if r.Version <= e.Version {
		return
	}
	was := e.held()
	p.take(e, r, now)
	p.advance(e, now)
	if was && !r.held() {
		p.freed(p.class(r.Type), now)
	}
}

// Forget takes in that a resource is gone; version is that of its deletion.
func (p *Pool) Forget(name string, version Version, now Now) {
	e, ok := p.entries[name]
	if !ok || e.fresh || version < e.Version {
		return
	}
	p.drop(e, now)
	p.replace(e, now)
}

// ObserveAll takes in all resources that there were at a version.
func (p *Pool) ObserveAll(all []Resource, version Version, now Now) {
	there := make(map[string]bool, len(all))
	for _, r := range all {
		there[r.Name] = true
		p.Observe(r, now)
	}
	for _, e := range p.sorted() {
		if !there[e.Name] {
			p.Forget(e.Name, version, now)
		}
	}
}

// ObserveLifecycle takes in a lifecycle as it was seen in the cluster.
func (p *Pool) ObserveLifecycle(l Lifecycle, now Now) {
	stored, ok := p.lifecycles[l.Type]
	switch {
	case !ok:
		p.lifecycles[l.Type] = &lifecycle{Lifecycle: l}
	case l.Version <= stored.Version:
		return
	default:
		stored.Lifecycle = l
	}
	p.settleType(l.Type, now)
}

// ForgetLifecycle takes in that a lifecycle is gone.
func (p *Pool) ForgetLifecycle(leaseType string, version Version, now Now) {
	stored, ok := p.lifecycles[leaseType]
	if !ok || stored.write != nil || version < stored.Version {
		return
	}
	delete(p.lifecycles, leaseType)
	p.settleType(leaseType, now)
}

// keepAfter is how long somebody waits before the place in line is stored,
// where no answer depends on it.
const keepAfter = time.Second

// repairEvery is how often all resources are gone through.
const repairEvery = 10 * time.Second

// Tick does what is due by the clock alone. It is cheap where nothing is.
func (p *Pool) Tick(now Now) {
	due := p.postponed
	p.postponed = nil
	for _, each := range due {
		if each.due > now.Up {
			p.postponed = append(p.postponed, each)
			continue
		}
		each.do(now)
	}
	for l := range maps.Clone(p.keeping) {
		p.dispatch(l.class, l.state, now)
	}
}

// Housekeep does, every second or so, what would be too much for each
// [Pool.Tick]: waiters who were not heard of for too long lose their place,
// lines are stored. Every ten seconds resources expire, and what is different
// from what is wanted is mended.
func (p *Pool) Housekeep(now Now) {
	for _, name := range slices.Sorted(maps.Keys(p.types)) {
		c := p.types[name]
		for _, state := range slices.Sorted(maps.Keys(c.lines)) {
			p.clearLine(c.lines[state], now)
			p.dispatch(c, state, now)
		}
		p.answerSoon(c, now)
		if len(c.members) == 0 && len(c.lines) == 0 && c.edition == c.saved && c.fresh+c.retiring+c.owned == 0 {
			delete(p.types, name)
		}
	}
	if now.Up-p.repaired >= repairEvery {
		p.repaired = now.Up
		p.settleAll(now)
	}
}

func (p *Pool) clearLine(l *line, now Now) {
	for element := l.waiters.Front(); element != nil; {
		w, _ := element.Value.(*waiter)
		element = element.Next()
		switch {
		case w.ticket != nil:
			if now.Wall.Sub(w.Since) >= keepAfter {
				w.keep()
			}
		case w.entry == nil && now.Up-w.seen > max(p.options.RequestTTL, w.patience()):
			p.leave(w)
		}
	}
}
