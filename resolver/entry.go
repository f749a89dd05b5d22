package resolver

import (
	"regexp"
	"slices"
	"sync/atomic"

	"github.com/drover-ci/drover/schema"
)

// Entry is one configuration of a catalog.
type Entry struct {
	// Config is the configuration as it is written. It must not be changed.
	Config *schema.Config
	// Findings are what is wrong, in the order of the tests.
	Findings []Finding
	// branches is for a branch that is given as an expression.
	branches *regexp.Regexp

	shape *Shape // nil where there are Findings
	state atomic.Pointer[state]
}

// state is what an entry resolved to, or how that is found out.
type state struct {
	resolved *Resolved
	// registry is what to resolve it against, where that has not been done.
	registry *Registry
	// once says not to keep what was found out.
	once bool
}

func newEntry(registry *Registry, config *schema.Config) *Entry {
	resolved, findings := registry.Resolve(config)
	e := &Entry{Config: config, Findings: findings, branches: branchExpression(config.Metadata.Branch)}
	if resolved != nil {
		e.shape = resolved.Shape
	}
	e.state.Store(&state{resolved: resolved})
	return e
}

// Resolved is the configuration with every step spelled out; nil where there are
// Findings.
func (e *Entry) Resolved() *Resolved {
	s := e.state.Load()
	if s.registry == nil {
		return s.resolved
	}
	resolved, _ := s.registry.Resolve(e.Config)
	if resolved != nil && e.shape != nil {
		resolved.own = e.shape.own
	}
	if s.once || e.state.CompareAndSwap(s, &state{resolved: resolved}) {
		return resolved
	}
	return e.state.Load().resolved // another goroutine was first
}

// Shape is what the configuration resolves to, but for the text of commands,
// which may be that of an earlier revision; nil where there are Findings. Entries
// of the same shape differ in that text alone. To know it costs nothing.
func (e *Entry) Shape() *Shape { return e.shape }

// next is the entry of the same configuration against another registry.
func (e *Entry) next(registry *Registry) *Entry {
	if e.shape == nil {
		return newEntry(registry, e.Config)
	}
	last := e.state.Load()
	if last.registry == nil && registry.Current(last.resolved.Shape) {
		return e
	}
	if !registry.sameButForText(e.shape) {
		return newEntry(registry, e.Config)
	}
	next := &Entry{Config: e.Config, branches: e.branches, shape: e.shape}
	next.state.Store(&state{registry: registry})
	return next
}

// settled says whether the entry is resolved, so that it stays as it is until a
// component changes.
func (e *Entry) settled() bool { return e.shape != nil && e.state.Load().registry == nil }

// usesAny says whether any of some components took part in resolving the entry.
func (e *Entry) usesAny(components []Component) bool {
	return e.shape != nil && slices.ContainsFunc(e.shape.used, func(u used) bool { return slices.Contains(components, u.Component) })
}

// slim is an entry that keeps nothing resolved.
func (e *Entry) slim(registry *Registry) *Entry {
	slim := &Entry{Config: e.Config, Findings: e.Findings, branches: e.branches}
	slim.state.Store(&state{registry: registry, once: true})
	return slim
}
