package resolver

import (
	"regexp"
	"slices"
	"sync/atomic"

	"github.com/drover-ci/drover/schema"
)

// Entry is one configuration of a catalog. Catalogs of one registry and those that came
// from it share the entries of what differs in the text of commands alone, which is
// what people change most often.
type Entry struct {
	// Config is the configuration as it is written. It must not be changed.
	Config *schema.Config
	// Findings are what is wrong, in the order of the tests.
	Findings []Finding
	// branches is for a branch that is given as an expression.
	branches *regexp.Regexp

	shape *Shape // nil where there are Findings
	last  atomic.Pointer[resolvedBy]
}

// resolvedBy is what an entry resolved to, and the number of the registry against which
// that was so last.
type resolvedBy struct {
	registry uint64
	resolved *Resolved
}

func newEntry(registry *Registry, config *schema.Config) *Entry {
	resolved, findings := registry.Resolve(config)
	e := &Entry{Config: config, Findings: findings, branches: branchExpression(config.Metadata.Branch)}
	if resolved != nil {
		e.shape = resolved.Shape
		e.last.Store(&resolvedBy{registry.number, resolved})
	}
	return e
}

// Shape is what the configuration resolves to, but for the text of commands,
// which may be that of another revision; nil where there are Findings. To know it
// costs nothing.
func (e *Entry) Shape() *Shape { return e.shape }

// Resolved is an entry, which must be one of the catalog's, with every step spelled
// out; nil where there are Findings. What it came to is kept until it is asked for
// against another registry.
func (c *Catalog) Resolved(e *Entry) *Resolved {
	if len(e.Findings) > 0 {
		return nil
	}
	for {
		last := e.last.Load()
		if last != nil && last.registry == c.registry.number {
			return last.resolved
		}
		now := &resolvedBy{c.registry.number, e.resolve(c.registry, last)}
		if c.archived || e.last.CompareAndSwap(last, now) {
			return now.resolved
		}
	}
}

// resolve is what the entry resolves to, given what it resolved to last.
func (e *Entry) resolve(registry *Registry, last *resolvedBy) *Resolved {
	if last != nil && registry.Current(last.resolved.Shape) {
		return last.resolved
	}
	resolved, _ := registry.Resolve(e.Config)
	if resolved != nil && e.shape != nil {
		resolved.own = e.shape.own
	}
	return resolved
}

// next is the entry of the same configuration against another registry.
func (e *Entry) next(registry *Registry) *Entry {
	if e.shape != nil && registry.sameButForText(e.shape) {
		return e
	}
	return newEntry(registry, e.Config)
}

// forget lets go of what the entry resolved to, if it would be another thing now.
func (e *Entry) forget(registry *Registry) {
	last := e.last.Load()
	if last != nil && last.registry != registry.number && !registry.Current(last.resolved.Shape) {
		e.last.CompareAndSwap(last, nil)
	}
}

// usesAny says whether any of some components took part in resolving the entry.
func (e *Entry) usesAny(components []Component) bool {
	return e.shape != nil && slices.ContainsFunc(e.shape.used, func(u used) bool { return slices.Contains(components, u.Component) })
}

// slim is the entry without what it resolved to.
func (e *Entry) slim() *Entry {
	return &Entry{Config: e.Config, Findings: e.Findings, branches: e.branches}
}
