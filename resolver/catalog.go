package resolver

import (
	"cmp"
	"regexp"
	"runtime"
	"slices"
	"sync"

	"github.com/drover-ci/drover/schema"
)

// Catalog is every configuration of a revision, resolved, and findable by what
// clients ask for. It never changes.
type Catalog struct {
	registry *Registry
	// entries are in the order of compareMetadata.
	entries []*Entry
}

// Entry is one configuration of a catalog.
type Entry struct {
	// Config is the configuration as it is written. It must not be changed.
	Config *schema.Config
	// Resolved is nil where there are Findings.
	Resolved *Resolved
	// Findings are what is wrong, in the order of the tests.
	Findings []Finding
	// branches is for a branch that is given as an expression.
	branches *regexp.Regexp
}

// NewCatalog resolves the configurations.
func NewCatalog(registry *Registry, configs []*schema.Config) *Catalog {
	return (&Catalog{}).Next(registry, configs)
}

// Next is NewCatalog for a later revision. The result is the same, but of a
// configuration that is the same pointer as before, and none of whose
// components have changed, the entry is taken over. For that the registry must
// come from this catalog's by [Registry.Next].
func (c *Catalog) Next(registry *Registry, configs []*schema.Config) *Catalog {
	known := make(map[*schema.Config]*Entry, len(c.entries))
	for _, entry := range c.entries {
		known[entry.Config] = entry
	}
	next := &Catalog{registry: registry, entries: make([]*Entry, len(configs))}
	inParallel(len(configs), func(i int) {
		if last := known[configs[i]]; last != nil && (registry == c.registry || last.current(registry)) {
			next.entries[i] = last
			return
		}
		next.entries[i] = newEntry(registry, configs[i])
	})
	byMetadata := func(a, b *Entry) int { return compareMetadata(a.Config.Metadata, b.Config.Metadata) }
	if !slices.IsSortedFunc(next.entries, byMetadata) {
		slices.SortStableFunc(next.entries, byMetadata)
	}
	return next
}

func newEntry(registry *Registry, config *schema.Config) *Entry {
	resolved, findings := registry.Resolve(config)
	return &Entry{
		Config:   config,
		Resolved: resolved,
		Findings: findings,
		branches: branchExpression(config.Metadata.Branch),
	}
}

// current says whether the entry is what the registry would give too.
func (e *Entry) current(registry *Registry) bool {
	return e.Resolved != nil && registry.Current(e.Resolved)
}

// Registry is what the configurations are resolved against.
func (c *Catalog) Registry() *Registry { return c.registry }

// Entries are all configurations, ordered by organization, repository, branch
// and variant. They must not be changed.
func (c *Catalog) Entries() []*Entry { return c.entries }

func compareMetadata(a, b schema.Metadata) int {
	return cmp.Or(
		cmp.Compare(a.Org, b.Org),
		cmp.Compare(a.Repo, b.Repo),
		cmp.Compare(a.Branch, b.Branch),
		cmp.Compare(a.Variant, b.Variant),
	)
}

// inParallel calls the function for each number below n, on every processor.
func inParallel(n int, do func(i int)) {
	var group sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for worker := range workers {
		group.Go(func() {
			for i := worker; i < n; i += workers {
				do(i)
			}
		})
	}
	group.Wait()
}
