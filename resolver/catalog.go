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
	// configs are in the order of files, entries in that of their metadata; of
	// two with one name the first file's is the first.
	configs []*schema.Config
	entries []*Entry
	// unsettled has all entries that are not resolved, or were not when they came.
	// Some may be resolved, or gone, since.
	unsettled []*Entry
	// reshaped are the configurations that stayed, but resolve to something else than
	// in the catalog before.
	reshaped map[*schema.Config]bool

	dependents lazyDependents
}

// NewCatalog resolves the configurations. It keeps the list, which must not be
// changed afterwards.
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
	gone, come := differing(c.configs, configs)
	next := &Catalog{registry: registry, configs: configs, entries: c.without(gone, len(come)), unsettled: c.unsettled}
	var renamed []*schema.Config
	if registry != c.registry && len(next.entries) > 0 {
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
	reached := last.Dependents().Naming(differing...)
	for _, entry := range last.unsettled {
		reached[entry.Config] = true
	}
	// A test that disables an observer does not depend on it, but it must be there.
	gone := slices.DeleteFunc(differing, func(each Component) bool {
		return each.Kind != KindObserver || c.registry.observers[each.Name] != nil
	})
	var positions []int
	for i, entry := range c.entries {
		if reached[entry.Config] || len(gone) > 0 && entry.usesAny(gone) {
			positions = append(positions, i)
		}
	}
	before := make([]*Entry, len(positions))
	alike := &likeness{registry: c.registry}
	workers.Each(context.Background(), len(positions), func(i int) {
		before[i] = c.entries[positions[i]]
		c.entries[positions[i]] = before[i].next(alike)
	})
	c.unsettled, c.reshaped = nil, map[*schema.Config]bool{}
	var renamed []*schema.Config
	for i, position := range positions {
		entry := c.entries[position]
		if entry.shape != before[i].shape {
			c.reshaped[entry.Config] = true
		}
		if !entry.settled() {
			c.unsettled = append(c.unsettled, entry)
		}
		if !entry.namesAs(before[i]) {
			renamed = append(renamed, entry.Config)
		}
	}
	return renamed
}

// eachOf goes through the positions of the configurations of a name.
func (c *Catalog) eachOf(m schema.Metadata, do func(i int)) {
	for i := c.position(m); i < len(c.entries) && c.entries[i].Config.Metadata == m; i++ {
		do(i)
	}
}

// differing gives the configurations that are in one list alone. What begins and
// ends alike, which is nearly all, is only compared.
func differing(before, after []*schema.Config) (gone, come []*schema.Config) {
	for len(before) > 0 && len(after) > 0 && before[0] == after[0] {
		before, after = before[1:], after[1:]
	}
	for len(before) > 0 && len(after) > 0 && before[len(before)-1] == after[len(after)-1] {
		before, after = before[:len(before)-1], after[:len(after)-1]
	}
	if len(before) == 0 {
		return nil, after
	}
	stays := make(map[*schema.Config]bool, len(before))
	for _, config := range before {
		stays[config] = false
	}
	for _, config := range after {
		if _, ok := stays[config]; ok {
			stays[config] = true
		} else {
			come = append(come, config)
		}
	}
	gone = slices.DeleteFunc(slices.Clone(before), func(config *schema.Config) bool { return stays[config] })
	return gone, come
}

// without copies the entries, but for those of some configurations, and leaves room
// for more.
func (c *Catalog) without(configs []*schema.Config, room int) []*Entry {
	positions := make([]int, len(configs))
	for i, config := range configs {
		positions[i] = c.position(config.Metadata)
		for c.entries[positions[i]].Config != config {
			positions[i]++
		}
	}
	slices.Sort(positions)
	entries := make([]*Entry, 0, len(c.entries)-len(configs)+room)
	from := 0
	for _, position := range positions {
		entries = append(entries, c.entries[from:position]...)
		from = position + 1
	}
	return append(entries, c.entries[from:]...)
}

// position is where in the order a configuration is, or would be.
func (c *Catalog) position(m schema.Metadata) int { return positionIn(c.entries, m) }

func positionIn(entries []*Entry, m schema.Metadata) int {
	position, _ := slices.BinarySearchFunc(entries, m,
		func(entry *Entry, m schema.Metadata) int { return entry.Config.Metadata.Compare(m) })
	return position
}

// add resolves configurations and puts them where they belong.
func (c *Catalog) add(configs []*schema.Config) {
	added := make([]*Entry, len(configs))
	workers.Each(context.Background(), len(configs), func(i int) { added[i] = newEntry(c.registry, configs[i]) })
	slices.SortStableFunc(added, compareEntries)
	end, twice := len(c.entries), false
	c.entries = append(c.entries, added...)
	for i, entry := range slices.Backward(added) { // what comes after it moves up
		position := positionIn(c.entries[:end], entry.Config.Metadata)
		twice = twice || i > 0 && compareEntries(added[i-1], entry) == 0 ||
			position < end && compareEntries(c.entries[position], entry) == 0
		copy(c.entries[position+i+1:], c.entries[position:end])
		c.entries[position+i] = entry
		end = position
	}
	if twice {
		c.orderByFiles()
	}
	c.unsettled = slices.Clip(c.unsettled) // it may be the last catalog's
	for _, entry := range added {
		if !entry.settled() {
			c.unsettled = append(c.unsettled, entry)
		}
	}
}

// orderByFiles puts entries of the same name into the order of files.
func (c *Catalog) orderByFiles() {
	files := make(map[*schema.Config]int, len(c.configs))
	for i, config := range c.configs {
		files[config] = i
	}
	slices.SortFunc(c.entries, func(a, b *Entry) int {
		return cmp.Or(compareEntries(a, b), cmp.Compare(files[a.Config], files[b.Config]))
	})
}

// Slim gives the same catalog, which keeps nothing resolved but what another
// has too: its other configurations are resolved anew each time. It is for
// revisions that are rarely asked for any more, and of which nothing follows:
// [Catalog.Next] and [Catalog.Dependents] go by what is kept.
func (c *Catalog) Slim(beside *Catalog) *Catalog {
	slim := &Catalog{registry: c.registry, configs: c.configs, entries: slices.Clone(c.entries)}
	others := beside.entries
	for i, entry := range slim.entries {
		for len(others) > 0 && others[0] != entry && compareEntries(others[0], entry) < 0 {
			others = others[1:]
		}
		if len(others) > 0 && others[0] == entry {
			others = others[1:]
		} else {
			slim.entries[i] = entry.slim(c.registry)
		}
	}
	return slim
}

// Entry is that of one of the catalog's configurations; nil for others.
func (c *Catalog) Entry(config *schema.Config) *Entry {
	if config == nil {
		return nil
	}
	for i := c.position(config.Metadata); i < len(c.entries) && c.entries[i].Config.Metadata == config.Metadata; i++ {
		if c.entries[i].Config == config {
			return c.entries[i]
		}
	}
	return nil
}

// Reshaped are the configurations that the catalog which this is the next of has
// too, but that resolve to something else now, in more than the text of commands.
// They must not be changed.
func (c *Catalog) Reshaped() map[*schema.Config]bool { return c.reshaped }

// Registry is what the configurations are resolved against.
func (c *Catalog) Registry() *Registry { return c.registry }

// Entries are all configurations, ordered by organization, repository, branch
// and variant. They must not be changed.
func (c *Catalog) Entries() []*Entry { return c.entries }

func compareEntries(a, b *Entry) int { return a.Config.Metadata.Compare(b.Config.Metadata) }
