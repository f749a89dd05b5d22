package leases

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Metric counts the resources of one type, as Boskos gives it.
type Metric struct {
	Type string `json:"type"`
	// Current counts by state.
	Current map[string]int `json:"current"`
	// Owners counts by owner; those that nobody holds are under "".
	Owners map[string]int `json:"owner"`
}

// Metric counts the resources of a type, or gives a [NotFoundError].
func (p *Pool) Metric(leaseType string) (Metric, error) {
	c, ok := p.types[leaseType]
	if !ok || len(c.members) == c.fresh {
		return Metric{}, &NotFoundError{Name: leaseType}
	}
	metric := Metric{Type: leaseType, Current: map[string]int{}, Owners: map[string]int{}}
	for _, e := range c.members {
		if !e.fresh {
			metric.Current[e.State]++
			metric.Owners[e.Owner]++
		}
	}
	return metric, nil
}

// TypeReport is all about one lease type at one moment.
type TypeReport struct {
	Type string `json:"type"`
	// Dynamic says that resources are made by number.
	Dynamic bool `json:"dynamic,omitempty"`
	// Limit is how many may be in use; -1 where no configuration says.
	Limit int `json:"limit"`
	// Total, Held and Free count resources: all, those that somebody holds, and
	// those that could be leased now.
	Total int `json:"total"`
	Held  int `json:"held"`
	Free  int `json:"free"`
	// Line is how many wait.
	Line int `json:"line"`
	// States counts by state.
	States map[string]int `json:"states"`
	// Resources are in the order of names, Waiting in the order of the lines.
	Resources []ResourceReport `json:"resources,omitempty"`
	Waiting   []Waiting        `json:"waiting,omitempty"`
}

// ResourceReport is a resource for people.
type ResourceReport struct {
	Name  string `json:"name"`
	State string `json:"state"`
	Owner string `json:"owner,omitempty"`
	// Since is when the holder got it, LastUpdate when the holder was last heard
	// of.
	Since      time.Time `json:"since,omitzero"`
	LastUpdate time.Time `json:"lastUpdate,omitzero"`
	// Leaving says that the resource is no longer wanted, and goes when it is
	// given back.
	Leaving bool `json:"leaving,omitempty"`
	// Retiring says that the time of a dynamic resource is over.
	Retiring bool `json:"retiring,omitempty"`
}

// Report says how things are with every type, in the order of their names, or
// with one type if it is named.
func (p *Pool) Report(only string, now Now) []TypeReport {
	var reports []TypeReport
	for _, name := range p.typeNames() {
		if only != "" && name != only {
			continue
		}
		report := p.summary(name)
		for _, e := range p.membersOf(name) {
			if !e.fresh {
				report.Resources = append(report.Resources, ResourceReport{
					Name: e.Name, State: e.State, Owner: e.Owner, Since: e.Since, LastUpdate: e.LastUpdate, Leaving: p.leaving(e),
					Retiring: !e.Expires.IsZero() && !now.Wall.Before(e.Expires),
				})
			}
		}
		lines := p.class(name).lines
		for _, state := range slices.Sorted(maps.Keys(lines)) {
			for element := lines[state].waiters.Front(); element != nil; element = element.Next() {
				w, _ := element.Value.(*waiter)
				report.Waiting = append(report.Waiting, w.Waiting)
			}
		}
		reports = append(reports, report)
	}
	return reports
}

// Summary is [Pool.Report] of all types without resources and lines.
func (p *Pool) Summary() []TypeReport {
	reports := make([]TypeReport, 0, len(p.types))
	for _, name := range p.typeNames() {
		reports = append(reports, p.summary(name))
	}
	return reports
}

// Idle is how many resources of a type nobody holds in a state.
type Idle struct {
	Type, State string
	Count       int
}

// Idle counts what nobody holds in some states: by the names of types, and of
// each in the order in which the states are named. It says nothing of a type
// that has none, and costs next to nothing where no type has.
func (p *Pool) Idle(states ...string) []Idle {
	var all []Idle
	for _, c := range p.types {
		for _, state := range states {
			if count := c.idle[state]; count > 0 {
				all = append(all, Idle{Type: c.name, State: state, Count: count})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Idle) int { return strings.Compare(a.Type, b.Type) })
	return all
}

// typeNames are the types that there are, be there a resource of them or not.
func (p *Pool) typeNames() []string {
	names := map[string]bool{}
	for name := range p.types {
		names[name] = true
	}
	for name := range p.lifecycles {
		names[name] = true
	}
	return slices.Sorted(maps.Keys(names))
}

func (p *Pool) summary(name string) TypeReport {
	c := p.class(name)
	report := TypeReport{Type: name, Limit: -1, States: map[string]int{}}
	if limit, known := p.limit(name); known {
		report.Limit = limit
	}
	_, report.Dynamic = p.lifecycles[name]
	for _, e := range c.members {
		if e.fresh {
			continue
		}
		report.Total++
		report.States[e.State]++
		if e.held() {
			report.Held++
		}
	}
	report.Free = max(0, p.available(c, Free))
	for _, l := range c.lines {
		report.Line += l.waiters.Len()
	}
	return report
}

// leaving says whether a resource goes when it is given back.
func (p *Pool) leaving(e *entry) bool {
	if p.wanted == nil {
		return false
	}
	if want, ok := p.wanted.static[e.Name]; ok {
		return want.leaseType != e.Type
	}
	_, ok := p.wanted.dynamic[e.Type]
	return !ok
}
