package resolver

import (
	"maps"
	"reflect"
	"slices"
	"sync"
)

// likeness says what of a registry differs from earlier ones in the text of
// commands alone. That text is what people change most often, and nothing that
// is checked depends on it.
type likeness struct {
	registry *Registry
	// known are the pairs that were compared: thousands of configurations use the
	// same components.
	known sync.Map // of pair to bool
}

// pair is what a component came to, before and now.
type pair struct{ before, now any }

// butForText says whether the registry would resolve a configuration to the same
// but for the text of commands.
func (l *likeness) butForText(shape *Shape) bool {
	return !slices.ContainsFunc(shape.used, func(u used) bool {
		now := l.registry.lookUp(u.Component)
		return now != u.what && !l.alike(pair{u.what, now})
	})
}

func (l *likeness) alike(p pair) bool {
	if known, ok := l.known.Load(p); ok {
		return known == true
	}
	found := false
	switch before := p.before.(type) {
	case *expansion:
		now, _ := p.now.(*expansion)
		found = before.alike(now)
	case *workflow:
		now, _ := p.now.(*workflow)
		found = before.alike(now)
	}
	l.known.Store(p, found)
	return found
}

// alike says whether two workflows are the same but for the text of commands.
func (w *workflow) alike(other *workflow) bool {
	if other == nil || !w.sound() || !other.sound() || w.steps != other.steps && !reflect.DeepEqual(w.steps, other.steps) {
		return false
	}
	for p := range phases {
		if !w.phases[p].alike(other.phases[p]) {
			return false
		}
	}
	return true
}

// alike says whether two expansions are the same but for the text of commands.
func (e *expansion) alike(other *expansion) bool {
	if e == other {
		return true
	}
	return other.sound() && e.sound() && e.open == other.open &&
		slices.EqualFunc(e.steps, other.steps, (*Step).alike) &&
		slices.EqualFunc(e.ways, other.ways, slices.Equal) &&
		maps.Equal(e.parameters, other.parameters) && maps.Equal(e.dependencies, other.dependencies) &&
		slices.Equal(e.observers, other.observers) && slices.Equal(e.leases, other.leases)
}

// alike says whether two steps are the same but for their commands.
func (s *Step) alike(other *Step) bool {
	if s == other {
		return true
	}
	a, b := s.literal, other.literal
	a.Commands, b.Commands = "", ""
	return reflect.DeepEqual(a, b)
}
