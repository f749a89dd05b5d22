package resolver

import (
	"context"
	"iter"
	"slices"

	"github.com/drover-ci/drover/internal/longlist"
	"github.com/drover-ci/drover/internal/workers"
	"github.com/drover-ci/drover/schema"
)

// Catalog is every configuration of a revision, resolved, and findable by what
// clients ask for. It never changes.
type Catalog struct {
	registry *Registry
	// entries are in the order of their metadata. Catalogs share what they can of the
	// list.
	entries longlist.List[*Entry]
	// unsettled has all entries with findings. Some may be gone since.
	unsettled []*Entry
	// reshaped are the configurations that stayed, but resolve to something else than
	// in the catalog before.
	reshaped map[*schema.Config]bool
	// archived says not to keep what is resolved.
	archived bool

	dependents lazyDependents
}

// NewCatalog resolves configurations, each of which is for something else.
func NewCatalog(registry *Registry, configs []*schema.Config) *Catalog {
	return (&Catalog{}).Next(registry, nil, configs)
}

// Next is the catalog of a later revision, in which some of the configurations are
// gone and others have come; the zero Catalog has none. The result is that of
// NewCatalog, but of a configuration that stays, and none of whose components have
// changed in more than the text of their commands, the entry is taken over. For that
// the registry must come from this catalog's by [Registry.Next].
func (c *Catalog) Next(registry *Registry, gone, come []*schema.Config) *Catalog {
	next := &Catalog{registry: registry, entries: c.without(gone), unsettled: c.unsettled}
	var renamed []*schema.Config
	if registry != c.registry && next.entries.Len() > 0 {
		renamed = next.reach(c)
	}
	next.add(come)
	next.dependOn(c, slices.Concat(gone, come, renamed))
	return next
}

// reach resolves again what the change of the registry since the last catalog
// reaches: what names a component that is another now, and what was not resolved
// in full. It gives those with a test that has its profile, an observer or an image
// from the registry, and another one now.
func (c *Catalog) reach(last *Catalog) []*schema.Config {
	differing := c.registry.differing(last.registry)
	if len(differing)+len(last.unsettled) == 0 {
		return nil
	}
	reached := last.Dependents().Naming(differing...)
	for _, entry := range last.unsettled {
		reached[entry.Config] = true
	}
	// A test that disables an observer does not depend on it, but it must be there.
	gone := slices.DeleteFunc(differing, func(each Component) bool {
		return each.Kind != KindObserver || c.registry.observers[each.Name] != nil
	})
	var before []*Entry
	for entry := range c.entries.All() {
		if reached[entry.Config] || len(gone) > 0 && entry.usesAny(gone) {
			before = append(before, entry)
		}
	}
	after := make([]*Entry, len(before))
	workers.Each(context.Background(), len(before), func(i int) { after[i] = before[i].next(c.registry) })
	c.entries = c.entries.Next(before, after)
	c.unsettled, c.reshaped = nil, map[*schema.Config]bool{}
	var renamed []*schema.Config
	for i, entry := range after {
		if entry.shape != before[i].shape {
			c.reshaped[entry.Config] = true
		}
		if entry.shape == nil {
			c.unsettled = append(c.unsettled, entry)
		}
		if !entry.namesAs(before[i]) {
			renamed = append(renamed, entry.Config)
		}
	}
	return renamed
}

// without gives the entries but for those of some configurations.
func (c *Catalog) without(configs []*schema.Config) longlist.List[*Entry] {
	if c.entries.Len() == 0 {
		return longlist.Of(compareEntries)
	}
	gone := make([]*Entry, 0, len(configs))
	for _, config := range configs {
		if entry := c.Entry(config); entry != nil {
			gone = append(gone, entry)
		}
	}
	return c.entries.Next(gone, nil)
}

// add resolves configurations and puts them where they belong.
func (c *Catalog) add(configs []*schema.Config) {
	added := make([]*Entry, len(configs))
	workers.Each(context.Background(), len(configs), func(i int) { added[i] = newEntry(c.registry, configs[i]) })
	c.entries = c.entries.Next(nil, added)
	c.unsettled = slices.Clip(c.unsettled) // it may be the last catalog's
	for _, entry := range added {
		if entry.shape == nil {
			c.unsettled = append(c.unsettled, entry)
		}
	}
}

// Slim gives the same catalog, which keeps nothing resolved but what another
// has too: its other configurations are resolved anew each time. It is for
// revisions that are rarely asked for any more, and of which nothing follows:
// [Catalog.Next] and [Catalog.Dependents] go by what is kept.
func (c *Catalog) Slim(beside *Catalog) *Catalog {
	var full, slim []*Entry
	for _, each := range longlist.Differences(c.entries, beside.entries) {
		if each.Before != nil {
			full, slim = append(full, each.Before), append(slim, each.Before.slim())
		}
	}
	return &Catalog{registry: c.registry, entries: c.entries.Next(full, slim), archived: true}
}

// Forget lets go of what configurations resolved to in earlier catalogs and do no
// more. Until then the scripts of back then are kept with it, and longer only those of
// the catalog in which an entry was made.
func (c *Catalog) Forget() {
	for entry := range c.entries.All() {
		entry.forget(c.registry)
	}
}

// Entry is that of one of the catalog's configurations; nil for others.
func (c *Catalog) Entry(config *schema.Config) *Entry {
	if config == nil {
		return nil
	}
	if entry := c.Named(config.Metadata); entry != nil && entry.Config == config {
		return entry
	}
	return nil
}

// Named is the entry of the configuration that is for just that: not for a branch of
// which it would be a feature branch. It may be nil.
func (c *Catalog) Named(m schema.Metadata) *Entry {
	entry, ok := c.entries.Find(placeOf(m))
	if !ok {
		return nil
	}
	return entry
}

// placeOf is where in the order a configuration is, or would be.
func placeOf(m schema.Metadata) func(*Entry) int {
	return func(entry *Entry) int { return entry.Config.Metadata.Compare(m) }
}

// Reshaped are the configurations that the catalog which this is the next of has
// too, but that resolve to something else now, in more than the text of commands.
// They must not be changed.
func (c *Catalog) Reshaped() map[*schema.Config]bool { return c.reshaped }

// Registry is what the configurations are resolved against.
func (c *Catalog) Registry() *Registry { return c.registry }

// Len is how many configurations there are.
func (c *Catalog) Len() int { return c.entries.Len() }

// Entries are all configurations, ordered by organization, repository, branch
// and variant.
func (c *Catalog) Entries() iter.Seq[*Entry] { return c.entries.All() }

func compareEntries(a, b *Entry) int { return a.Config.Metadata.Compare(b.Config.Metadata) }
