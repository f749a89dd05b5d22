package leases

import (
	"maps"
	"time"
)

// States that have a meaning. Others may be used freely.
const (
	Free        = "free"
	Busy        = "busy"
	Leased      = "leased"
	Dirty       = "dirty"
	Cleaning    = "cleaning"
	ToBeDeleted = "toBeDeleted"
	Tombstone   = "tombstone"
	// Quarantine is for what could not be cleaned. It is ours; Boskos counts it
	// as other.
	Quarantine = "quarantine"
	// Other is what metrics call states that they do not know.
	Other = "other"
)

// KnownStates are the states that metrics always show, in Boskos's order.
func KnownStates() []string {
	return []string{Busy, Cleaning, Dirty, Free, Leased, ToBeDeleted, Tombstone}
}

// Version is the version of an object in the cluster. A later version is
// greater.
type Version uint64

// Resource is something that is leased.
type Resource struct { //nolint:recvcheck // released changes a copy, the others only look
	Name  string
	Type  string
	State string
	// Owner is who holds it; empty if nobody does.
	Owner string
	// LastUpdate is when it last changed hands or its holder was last heard of,
	// to the second.
	LastUpdate time.Time
	// UserData belongs to its holders. Empty values do not occur.
	UserData map[string]string
	// Expires is when a dynamic resource is to be replaced; zero for never.
	Expires time.Time
	// Request is the id of the request that it was given to, if it is held. An id
	// that starts with "drover:" was made here.
	Request string
	// Since is when it was given to its holder; zero if unknown.
	Since time.Time
	// Group is set while the resource is one of several that are taken together:
	// the group's id, and the name of the resource whose own mark decides.
	Group GroupMark
	// UID tells it from one of the same name before or after it.
	UID     string
	Version Version
}

// GroupMark marks a resource as taken together with others. While the resource
// called Decider bears the same mark, the group is not yet taken, and may have
// to go back to State.
type GroupMark struct {
	ID      string `json:"ID"`
	Decider string `json:"Decider"`
	State   string `json:"State"`
	// Undo says that the group is going back.
	Undo bool `json:"Undo"`
}

// held says whether somebody holds the resource.
func (r *Resource) held() bool { return r.Owner != "" }

// released gives the resource back: nobody holds it.
func (r Resource) released(state string, now Now) Resource {
	r.Owner, r.State, r.Request, r.Group = "", state, "", GroupMark{}
	r.Since = time.Time{}
	r.LastUpdate = now.second()
	return r
}

// same says whether two resources are the same but for their versions.
func (r *Resource) same(other *Resource) bool {
	a, b := *r, *other
	a.UserData, b.UserData = nil, nil
	return a.Name == b.Name && a.Type == b.Type && a.State == b.State && a.Owner == b.Owner &&
		a.Request == b.Request && a.Group == b.Group &&
		a.LastUpdate.Equal(b.LastUpdate) && a.Expires.Equal(b.Expires) && a.Since.Equal(b.Since) &&
		maps.Equal(r.UserData, other.UserData)
}

// Lifecycle says how many resources of a dynamic type there are.
type Lifecycle struct {
	Type string
	// State is the state that resources start in; empty is free.
	State string
	// Min and Max bound their number. Both are zero while a type that is no
	// longer wanted drains.
	Min, Max int
	// LifeSpan is how long after a release a resource is replaced; zero for
	// never.
	LifeSpan time.Duration
	// Config and Needs are for Mason, which builds resources of others.
	Config LifecycleConfig
	Needs  map[string]int

	Version Version
}

// LifecycleConfig tells Mason how a resource is built.
type LifecycleConfig struct {
	Type    string `json:"type"`
	Content string `json:"content"`
}

func (l *Lifecycle) same(other *Lifecycle) bool {
	return l.Type == other.Type && l.State == other.State && l.Min == other.Min && l.Max == other.Max &&
		l.LifeSpan == other.LifeSpan && l.Config == other.Config && maps.Equal(l.Needs, other.Needs)
}

// drains says whether the type is on its way out.
func (l *Lifecycle) drains() bool { return l.Min == 0 && l.Max == 0 }

// Now is a moment by two clocks.
type Now struct {
	// Wall is the time of day, which may jump.
	Wall time.Time
	// Up is how long the server has run, which never jumps.
	Up time.Duration
}

// second is the time of day as objects hold it.
func (n Now) second() time.Time { return n.Wall.UTC().Truncate(time.Second) }
