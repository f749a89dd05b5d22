package resolver_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/resolver/dependents"
	"github.com/drover-ci/drover/schema"
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
		resolver.KindImage:    {"acme/4.1:cli", "acme/4.2:tests", "acme/4.2:tools", "acme/4.2:helper", "acme/watch:a", "acme/4.2:src"},
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
	for entry := range c.Entries() {
		if entry.Shape() == nil {
			continue
		}
		for i := range entry.Config.Tests {
			for component := range resolvedTo(c.Registry(), c.Resolved(entry).Steps(i)) {
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

// The images from outside that a test depends on, by the ways that there are.
func TestImagesThatATestDependsOn(t *testing.T) {
	const images = `
build_root: {image_stream_tag: {namespace: acme, name: release, tag: go}}
base_images: {os: {namespace: acme, name: os, tag: "9"}, spare: {namespace: acme, name: spare, tag: a}}
base_rpm_images: {packed: {namespace: acme, name: packed, tag: p}}
external_images: {far: {registry: quay.io, namespace: far, name: away, tag: v1}}
binary_build_commands: make
releases: {latest: {integration: {namespace: acme, name: "4.2"}}, old: {integration: {namespace: acme, name: "4.1"}}, out: {release: {channel: stable, version: "4.0"}}}
operator: {bundles: [{as: own-bundle, dockerfile_path: Dockerfile}]}
images:
  items:
  - {from: os, to: server, inputs: {packed-without-rpms: {paths: [{source_path: /a, destination_dir: .}]}}}
  - {from: server, to: client}
  - {from: odd, to: even}
  - {from: even, to: odd}
tests:
`
	tests := map[string]struct {
		test string
		want string
	}{
		"source":            {`{as: a, commands: a, container: {from: src}}`, "acme/release:go"},
		"binaries":          {`{as: a, commands: a, container: {from: bin}}`, "acme/release:go"},
		"imported":          {`{as: a, commands: a, container: {from: os}}`, "acme/os:9"},
		"with packages":     {`{as: a, commands: a, container: {from: packed}}`, "acme/packed:p"},
		"of another host":   {`{as: a, commands: a, container: {from: far}}`, "quay.io/far/away:v1"},
		"built":             {`{as: a, commands: a, container: {from: client}}`, "acme/os:9 acme/packed:p acme/release:go"},
		"in a circle":       {`{as: a, commands: a, container: {from: odd}}`, "acme/release:go"},
		"of a bundle":       {`{as: a, commands: a, container: {from: own-bundle}}`, "acme/release:go"},
		"of an index":       {`{as: a, commands: a, container: {from: ci-index-own-bundle}}`, "acme/release:go"},
		"a step's":          {`{as: a, steps: {test: [{as: s, commands: s, from: server, resources: {requests: {cpu: "1"}}}]}}`, "acme/os:9 acme/packed:p acme/release:go"},
		"a step's own":      {`{as: a, steps: {test: [{as: s, commands: s, from_image: {namespace: far, name: away, tag: z}, resources: {requests: {cpu: "1"}}}]}}`, "far/away:z"},
		"what it is given":  {`{as: a, steps: {test: [{as: s, commands: s, from: os, dependencies: [{name: "stable:cli", env: A}, {name: "stable-old:cli", env: B}, {name: "pipeline:src", env: C}, {name: "release:latest", env: D}, {name: "stable-out:cli", env: E}], resources: {requests: {cpu: "1"}}}]}}`, "acme/4.1:cli acme/4.2:cli acme/os:9 acme/release:go"},
		"the registry's":    {`{as: a, steps: {test: [{ref: check}], env: {SUITE: all}}}`, "acme/4.2:tests"},
		"spelled out":       {`{as: a, literal_steps: {test: [{as: s, commands: s, from: spare, resources: {requests: {cpu: "1"}}}]}}`, "acme/spare:a"},
		"a given in place":  {`{as: a, steps: {test: [{chain: outer}], dependencies: {CLI_IMAGE: os}}}`, "acme/4.2:cli acme/os:9"},
		"an observer's too": {`{as: a, steps: {test: [{ref: remote}], observers: {enable: [log]}}}`, "acme/4.2:cli"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			config := parse[schema.Config](t, "zz_generated_metadata: {org: acme, repo: rocket, branch: main}"+images+"- "+tc.test)
			index := resolver.NewCatalog(registry(t, toolbox), []*schema.Config{config}).Dependents()
			var got []string
			for _, image := range []string{
				"acme/4.1:cli", "acme/4.2:cli", "acme/4.2:tests", "acme/os:9", "acme/packed:p", "acme/release:go", "acme/spare:a",
				"quay.io/far/away:v1", "far/away:z", "acme/4.0:cli", "acme/4.2:latest",
			} {
				if index.Count(resolver.Component{Kind: resolver.KindImage, Name: image}).Tests > 0 {
					got = append(got, image)
				}
			}
			if strings.Join(got, " ") != tc.want {
				t.Errorf("it depends on %v, want %s", got, tc.want)
			}
		})
	}
}

// Images that are built from each other in two ways each have one source.
func TestImagesAreBuiltFromEachOtherInManyWays(t *testing.T) {
	var text strings.Builder
	text.WriteString("zz_generated_metadata: {org: acme, repo: rocket, branch: main}\nbase_images: {i0: {namespace: acme, name: os, tag: a}}\nimages:\n  items:\n")
	for i := range 100 {
		fmt.Fprintf(&text, "  - {from: i%d, to: i%d, inputs: {i%d: {as: [x]}}}\n", i, i+1, i)
	}
	text.WriteString("tests:\n- {as: a, commands: a, container: {from: i100}}\n")
	config := parse[schema.Config](t, text.String())
	count := resolver.NewCatalog(registry(t, toolbox), []*schema.Config{config}).Dependents().Count(resolver.Component{Kind: resolver.KindImage, Name: "acme/os:a"})
	if count.Tests != 1 {
		t.Errorf("its source is used by %v", count)
	}
}

// On the corpus, after changes of configurations, chains and steps, a catalog knows
// the same dependents as one that was made at once.
func TestCorpusDependentsFollowChanges(t *testing.T) {
	c := openCorpus(t)
	random := rand.New(rand.NewPCG(5, 6))
	last := resolver.NewCatalog(c.registry, c.configs)
	last.Dependents()
	r, parts, configs := c.registry, c.components, slices.Clone(c.configs)
	parts.Chains, parts.Refs = slices.Clone(parts.Chains), slices.Clone(parts.Refs)
	for range 2 {
		for range 10 {
			at := random.IntN(len(configs))
			changed := *configs[at]
			changed.Tests = changed.Tests[:len(changed.Tests)/2]
			configs[at] = &changed
			gone := random.IntN(len(configs))
			configs = slices.Delete(configs, gone, gone+1)
		}
		for range 3 {
			at := random.IntN(len(parts.Chains))
			chain := *parts.Chains[at]
			chain.Steps = chain.Steps[:max(1, len(chain.Steps)-1)]
			parts.Chains[at] = &chain
			at = random.IntN(len(parts.Refs))
			step := *parts.Refs[at]
			step.From, step.FromImage = "", &schema.ImageStreamTagReference{Namespace: "acme", Name: "tools", Tag: "a"}
			parts.Refs[at] = &step
		}
		r, _ = r.Next(parts)
		last = nextWith(last, r, configs)
		cold := resolver.NewCatalog(r, configs)
		for _, component := range corpusComponents(parts) {
			if got, want := last.Dependents().Count(component), cold.Dependents().Count(component); got != want {
				t.Fatalf("%s is used by %v, from nothing by %v", component, got, want)
			}
		}
		for range 20 {
			component := corpusComponents(parts)[random.IntN(len(parts.Refs))]
			if diff := cmp.Diff(cold.Dependents().Uses(component), last.Dependents().Uses(component), cmp.Comparer(sameUse)); diff != "" {
				t.Fatalf("who uses %s -from nothing +next:\n%s", component, diff)
			}
		}
	}
}

func sameUse(a, b dependents.Use) bool { return a == b }

// corpusComponents are steps, which are the first, chains, profiles and an image.
func corpusComponents(parts resolver.Components) []resolver.Component {
	var all []resolver.Component
	for _, step := range parts.Refs {
		all = append(all, resolver.Component{Kind: resolver.KindStep, Name: step.As})
	}
	for _, chain := range parts.Chains {
		all = append(all, resolver.Component{Kind: resolver.KindChain, Name: chain.As})
	}
	for _, profile := range parts.Profiles {
		all = append(all, resolver.Component{Kind: resolver.KindProfile, Name: profile.Name}, resolver.Component{Kind: resolver.KindLease, Name: profile.LeaseType})
	}
	return append(all, resolver.Component{Kind: resolver.KindImage, Name: "acme/tools:a"}, resolver.Component{Kind: resolver.KindImage, Name: "ocp/4.14:cli"})
}

// On the corpus, who is said to depend on a step, profile, observer or lease type
// are the tests that resolve to it.
func TestCorpusDependents(t *testing.T) {
	c := openCorpus(t)
	catalog := resolver.NewCatalog(c.registry, c.configs)
	want := map[resolver.Component]int{}
	configs := map[resolver.Component]map[*resolver.Entry]bool{}
	for entry := range catalog.Entries() {
		for i := range entry.Config.Tests {
			for component := range resolvedTo(c.registry, catalog.Resolved(entry).Steps(i)) {
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

// A test whose steps are spelled out depends on what they name, and one with a set
// of profiles on each of them, with what limits its use.
func TestProfilesThatATestDependsOn(t *testing.T) {
	registry, findings := resolver.NewRegistry(resolver.Components{Profiles: []schema.ClusterProfileEntry{
		{Name: "any", Profiles: []string{"one", "two"}}, {Name: "one", LeaseType: "one-quota"}, {Name: "two", LeaseType: "two-quota"}, {Name: "three"},
	}})
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	config := parse[schema.Config](t, `
zz_generated_metadata: {org: acme, repo: rocket, branch: main}
tests:
- {as: set, steps: {cluster_profile: any, test: [{as: a, commands: a, from: src}]}}
- {as: spelled-out, literal_steps: {cluster_profile: two}}
`)
	index := resolver.NewCatalog(registry, []*schema.Config{config}).Dependents()
	for component, want := range map[resolver.Component]int{
		{Kind: resolver.KindProfile, Name: "any"}: 1, {Kind: resolver.KindProfile, Name: "one"}: 1,
		{Kind: resolver.KindProfile, Name: "two"}: 2, {Kind: resolver.KindProfile, Name: "three"}: 0,
		{Kind: resolver.KindLease, Name: "one-quota"}: 1, {Kind: resolver.KindLease, Name: "two-quota"}: 2,
	} {
		if got := index.Count(component).Tests; got != want {
			t.Errorf("%s is used by %d tests, want %d", component, got, want)
		}
	}
}
