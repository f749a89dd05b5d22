package resolver_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/resolver"
)

// dependedOn are all components that the tests' registries have under some edit.
func dependedOn() []resolver.Component {
	var all []resolver.Component
	for kind, names := range map[resolver.Kind][]string{
		resolver.KindStep:     {"install", "check", "checked", "gather", "remote"},
		resolver.KindChain:    {"inner", "outer", "leased", "checks"},
		resolver.KindWorkflow: {"e2e", "open"},
		resolver.KindPhase:    {"e2e/pre", "e2e/test", "e2e/post", "open/pre", "open/test", "open/post"},
		resolver.KindObserver: {"watch", "watcher", "log"},
		resolver.KindProfile:  {"aws", "gcp"},
		resolver.KindLease:    {"disk", "address", "network", "aws-quota", "own"},
	} {
		for _, name := range names {
			all = append(all, resolver.Component{Kind: kind, Name: name})
		}
	}
	slices.SortFunc(all, func(a, b resolver.Component) int { return strings.Compare(a.String(), b.String()) })
	return all
}

// reverse is all that a catalog says of who depends on what, as text.
func reverse(c *resolver.Catalog) []string {
	var all []string
	for _, component := range dependedOn() {
		var uses []string
		for _, use := range c.Dependents().Uses(component) {
			uses = append(uses, fmt.Sprintf("%s#%d", use.Config.Metadata, use.Index))
		}
		within := c.Dependents().Within(component)
		slices.SortFunc(within, func(a, b resolver.Component) int { return strings.Compare(a.String(), b.String()) })
		all = append(all, fmt.Sprint(component, " ", c.Dependents().Count(component), uses, " within ", within))
	}
	return all
}

// checkDependents holds what is said of who depends on what against what tests
// resolve to.
func checkDependents(t *testing.T, c *resolver.Catalog) {
	t.Helper()
	want := map[resolver.Component]map[string]bool{}
	for _, entry := range c.Entries() {
		if entry.Shape() == nil {
			continue
		}
		for i := range entry.Config.Tests {
			for component := range resolvedTo(c.Registry(), entry.Resolved().Steps(i)) {
				if want[component] == nil {
					want[component] = map[string]bool{}
				}
				want[component][fmt.Sprintf("%p#%d", entry.Config, i)] = true
			}
		}
	}
	for component, tests := range want {
		got := map[string]bool{}
		for _, use := range c.Dependents().Uses(component) {
			if entryOf(c, use.Config).Shape() != nil {
				got[fmt.Sprintf("%p#%d", use.Config, use.Index)] = true
			}
		}
		if diff := cmp.Diff(tests, got); diff != "" {
			t.Fatalf("who depends on %s, -as resolved +got:\n%s", component, diff)
		}
	}
}

// resolvedTo are the components that stand in what a test resolves to.
func resolvedTo(registry *resolver.Registry, steps *resolver.Steps) map[resolver.Component]bool {
	found := map[resolver.Component]bool{}
	if steps == nil {
		return found
	}
	add := func(kind resolver.Kind, name string) {
		if name != "" {
			found[resolver.Component{Kind: kind, Name: name}] = true
		}
	}
	if profile := steps.Settings().ClusterProfileLiteral; profile != nil {
		add(resolver.KindProfile, profile.Name)
		add(resolver.KindLease, profile.LeaseType)
		add(resolver.KindLease, profile.IPPoolLeaseType)
	}
	leases := slices.Clone(steps.Settings().Leases)
	for _, step := range slices.Concat(steps.Pre, steps.Test, steps.Post) {
		// A configuration may spell out a step of its own that has the name of one.
		if ref := registry.Ref(step.Literal().As); ref != nil && ref.Commands == step.Literal().Commands {
			add(resolver.KindStep, step.Literal().As)
		}
		leases = append(leases, step.Literal().Leases...)
	}
	for _, lease := range leases {
		add(resolver.KindLease, lease.ResourceType)
	}
	for _, observer := range steps.Observers {
		add(resolver.KindObserver, observer.Literal().Name)
	}
	return found
}

// On the corpus, who is said to depend on a step, profile, observer or lease type
// are the tests that resolve to it.
func TestCorpusDependents(t *testing.T) {
	c := openCorpus(t)
	catalog := resolver.NewCatalog(c.registry, c.configs)
	want := map[resolver.Component]int{}
	configs := map[resolver.Component]map[*resolver.Entry]bool{}
	for _, entry := range catalog.Entries() {
		for i := range entry.Config.Tests {
			for component := range resolvedTo(c.registry, entry.Resolved().Steps(i)) {
				want[component]++
				if configs[component] == nil {
					configs[component] = map[*resolver.Entry]bool{}
				}
				configs[component][entry] = true
			}
		}
	}
	if len(want) < 1000 {
		t.Fatalf("tests resolve to %d components, want thousands", len(want))
	}
	for component, tests := range want {
		count := catalog.Dependents().Count(component)
		if count.Tests != tests || count.Configs != len(configs[component]) {
			t.Errorf("%s is said to be used by %v, want %d tests of %d configurations", component, count, tests, len(configs[component]))
		}
	}
	for _, component := range slices.SortedFunc(maps.Keys(want), func(a, b resolver.Component) int { return want[b] - want[a] })[:5] {
		if uses := catalog.Dependents().Uses(component); len(uses) != want[component] {
			t.Errorf("%s is said to be used by %d tests, counted are %d", component, len(uses), want[component])
		}
	}
}
