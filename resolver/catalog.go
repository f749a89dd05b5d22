package resolver

import (
	"cmp"
	"context"
	"slices"

	"github.com/drover-ci/drover/internal/workers"
	"github.com/drover-ci/drover/schema"
)

// Catalog is every configuration of a revision, resolved, and findable by what
// clients ask for. It never changes.
type Catalog struct {
	registry *Registry
	// entries are in the order of compareMetadata.
	entries []*Entry
}

// NewCatalog resolves the configurations.
func NewCatalog(registry *Registry, configs []*schema.Config) *Catalog {
	return (&Catalog{}).Next(registry, configs)
}

// Next is NewCatalog for a later revision. The result is the same, but of a
// configuration that is the same pointer as before, and none of whose
// components have changed, the entry is taken over; and one whose components
// have changed in the text of their commands alone is resolved only when it is
// asked for. For that the registry must come from this catalog's by
// [Registry.Next].
func (c *Catalog) Next(registry *Registry, configs []*schema.Config) *Catalog {
	known := make(map[*schema.Config]*Entry, len(c.entries))
	for _, entry := range c.entries {
		known[entry.Config] = entry
	}
	next := &Catalog{registry: registry, entries: make([]*Entry, len(configs))}
	alike := &likeness{registry: registry}
	workers.Each(context.Background(), len(configs), func(i int) {
		last := known[configs[i]]
		switch {
		case last == nil:
			next.entries[i] = newEntry(registry, configs[i])
		case registry == c.registry:
			next.entries[i] = last
		default:
			next.entries[i] = last.next(alike)
		}
	})
	next.sort(c.entries)
	return next
}

// sort puts the entries into order. Those that were in order before, which are
// nearly all, need only be merged with the others.
func (c *Catalog) sort(before []*Entry) {
	here := make(map[*Entry]bool, len(c.entries))
	for _, entry := range c.entries {
		here[entry] = true
	}
	sorted := make([]*Entry, 0, len(c.entries))
	for _, entry := range before {
		if here[entry] {
			sorted = append(sorted, entry)
			delete(here, entry)
		}
	}
	added := slices.DeleteFunc(slices.Clone(c.entries), func(e *Entry) bool { return !here[e] })
	slices.SortStableFunc(added, compareEntries)
	all := merged(sorted, added)
	for i := range all[min(1, len(all)):] {
		if compareEntries(all[i], all[i+1]) == 0 { // of two with one name the order is that of the files
			slices.SortStableFunc(c.entries, compareEntries)
			return
		}
	}
	c.entries = all
}

// merged merges two sorted lists.
func merged(a, b []*Entry) []*Entry {
	into := make([]*Entry, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if compareEntries(b[0], a[0]) < 0 {
			into, b = append(into, b[0]), b[1:]
		} else {
			into, a = append(into, a[0]), a[1:]
		}
	}
	return append(append(into, a...), b...)
}

// Slim gives the same catalog, which keeps nothing resolved but what another
// has too: its other configurations are resolved anew each time. It is for
// revisions that are rarely asked for any more.
func (c *Catalog) Slim(beside *Catalog) *Catalog {
	kept := make(map[*Entry]bool, len(beside.entries))
	for _, entry := range beside.entries {
		kept[entry] = true
	}
	slim := &Catalog{registry: c.registry, entries: slices.Clone(c.entries)}
	for i, entry := range slim.entries {
		if !kept[entry] {
			slim.entries[i] = entry.slim(c.registry)
		}
	}
	return slim
}

// Registry is what the configurations are resolved against.
func (c *Catalog) Registry() *Registry { return c.registry }

// Entries are all configurations, ordered by organization, repository, branch
// and variant. They must not be changed.
func (c *Catalog) Entries() []*Entry { return c.entries }

func compareEntries(a, b *Entry) int { return compareMetadata(a.Config.Metadata, b.Config.Metadata) }

func compareMetadata(a, b schema.Metadata) int {
	return cmp.Or(
		cmp.Compare(a.Org, b.Org),
		cmp.Compare(a.Repo, b.Repo),
		cmp.Compare(a.Branch, b.Branch),
		cmp.Compare(a.Variant, b.Variant),
	)
}
