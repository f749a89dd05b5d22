package resolver_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"weak"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
)

func named(t testing.TB, names ...string) []*schema.Config {
	t.Helper()
	var configs []*schema.Config
	for _, name := range names {
		metadata, err := schema.ParseMetadata(name)
		if err != nil {
			t.Fatal(err)
		}
		configs = append(configs, &schema.Config{Metadata: metadata})
	}
	return configs
}

func TestFind(t *testing.T) {
	catalog := resolver.NewCatalog(registry(t, toolbox), named(t,
		"acme/rocket@main", "acme/rocket@main__arm", "acme/rocket@release-4.1", "acme/rocket@release-4.10",
		"acme/glider@release", "acme/glider@release-4.1",
		"acme/kite@v.+", "acme/kite@(", "acme/kite@main",
		"acme/plane@main", "acme/plane@main",
	))
	tests := map[string]struct {
		reason string
		find   schema.Metadata
		want   string
		err    string
	}{
		"exact":           {find: schema.Metadata{Org: "acme", Repo: "rocket", Branch: "main"}, want: "acme/rocket@main"},
		"variant":         {find: schema.Metadata{Org: "acme", Repo: "rocket", Branch: "main", Variant: "arm"}, want: "acme/rocket@main__arm"},
		"feature branch":  {find: schema.Metadata{Org: "acme", Repo: "rocket", Branch: "main-next-big-thing"}, want: "acme/rocket@main"},
		"dot is a dot":    {find: schema.Metadata{Org: "acme", Repo: "rocket", Branch: "release-4.10"}, want: "acme/rocket@release-4.10"},
		"expression":      {find: schema.Metadata{Org: "acme", Repo: "kite", Branch: "v2"}, want: "acme/kite@v.+"},
		"not the whole":   {find: schema.Metadata{Org: "acme", Repo: "kite", Branch: "nav2"}, err: `could not find any config for branch nav2 on repo acme/kite`},
		"bad expression":  {reason: "It is taken as a name.", find: schema.Metadata{Org: "acme", Repo: "kite", Branch: "("}, want: "acme/kite@("},
		"no branch":       {find: schema.Metadata{Org: "acme", Repo: "rocket", Branch: "mainline"}, err: `could not find any config for branch mainline on repo acme/rocket`},
		"no repository":   {find: schema.Metadata{Org: "acme", Repo: "boat", Branch: "main"}, err: `could not find any config for repo acme/boat`},
		"no variant":      {find: schema.Metadata{Org: "acme", Repo: "rocket", Branch: "main", Variant: "ppc"}, err: `could not find any config for repo acme/rocket in variant ppc`},
		"exact and other": {reason: "A branch and its feature branch both claim it.", find: schema.Metadata{Org: "acme", Repo: "glider", Branch: "release-4.1"}, err: `found more than one matching config for branch release-4.1 on repo acme/glider: branches release, release-4.1`},
		"twice":           {find: schema.Metadata{Org: "acme", Repo: "plane", Branch: "main"}, err: `found more than one matching config for branch main on repo acme/plane: branches main, main`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, message := "", ""
			entry, err := catalog.Find(tc.find)
			if err != nil {
				message = err.Error()
			} else {
				got = entry.Config.Metadata.String()
			}
			if got != tc.want || message != tc.err {
				t.Errorf("%s got %q, error %q; want %q, error %q", tc.reason, got, message, tc.want, tc.err)
			}
		})
	}
}

func TestNextTakesOver(t *testing.T) {
	configs := []*schema.Config{
		config(t, `[{as: a, steps: {workflow: e2e}}]`),
		config(t, `[{as: a, steps: {test: [{chain: checks}], env: {SUITE: all}}}]`),
		config(t, `[{as: a, container: {from: src}}]`),
		config(t, `[{as: a, steps: {workflow: e2e, env: {REGION: north}, post: []}}]`),
		config(t, `[{as: a, steps: {cluster_profile: gcp}}]`),
	}
	for i, config := range configs {
		config.Metadata.Branch = strconv.Itoa(i)
	}
	tests := map[string]struct {
		old, new string
		// redone are the configurations that are resolved again.
		redone []int
	}{
		"nothing":       {},
		"a script":      {old: "gather.sh", new: "gather2.sh", redone: []int{0, 3}},
		"a chain":       {old: "default: outer", new: "default: west", redone: []int{0, 3}},
		"another step":  {old: "check.sh", new: "check2.sh", redone: []int{0, 1, 3}},
		"an observer":   {old: "watch.sh", new: "watch2.sh", redone: []int{0}},
		"a profile":     {old: "lease_type: aws-quota", new: "lease_type: aws-slice", redone: []int{0, 3}},
		"what is apart": {old: "remote.sh", new: "remote2.sh"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			before, _ := resolver.NewRegistry(components(t, toolbox))
			first := resolver.NewCatalog(before, configs)
			after, findings := before.Next(components(t, strings.Replace(toolbox, tc.old, tc.new, 1)))
			if len(findings) > 0 {
				t.Fatal(lines(findings))
			}
			second := first.Next(after, nil, nil)
			var redone []int
			for i, config := range configs {
				if first.Resolved(first.Entry(config)) != second.Resolved(second.Entry(config)) {
					redone = append(redone, i)
				}
			}
			if diff := cmp.Diff(tc.redone, redone); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func entryOf(c *resolver.Catalog, config *schema.Config) *resolver.Entry {
	for entry := range c.Entries() {
		if entry.Config == config {
			return entry
		}
	}
	return nil
}

// toolboxConfigs are configurations that use the toolbox in many ways.
func toolboxConfigs(t *testing.T) []*schema.Config {
	t.Helper()
	var pool []*schema.Config
	for i, tests := range []string{
		`[{as: a, steps: {workflow: e2e, env: {REGION: north}}}, {as: b, steps: {workflow: open, env: {SUITE: all}}}]`,
		`[{as: a, steps: {test: [{chain: checks}, {chain: outer}], post: [{chain: leased}], env: {SUITE: all}}}]`,
		`[{as: a, steps: {workflow: e2e, post: [], cluster_profile: gcp}}, {as: b, postsubmit: true, steps: {test: [{ref: remote}], observers: {enable: [log]}}}]`,
		`[{as: a, steps: {workflow: open, env: {SUITE: all}, leases: [{resource_type: own, env: OWN}]}}, {as: b, container: {from: src}}]`,
		`[{as: a, disable_rehearsal: true, steps: {test: [{as: x, from: src, commands: x, leases: [{resource_type: disk, env: X}]}], post: [{ref: gather}], observers: {disable: [watch, log]}}}]`,
	} {
		for _, branch := range []string{"a", "b"} {
			c := config(t, tests)
			c.Metadata.Branch = fmt.Sprint(branch, i)
			c.BaseImages = map[string]schema.ImageStreamTagReference{"cli": {Namespace: "acme", Name: "4.1", Tag: "cli"}}
			c.TagSpecification = &schema.ReleaseTag{Namespace: "acme", Name: "4.2"}
			pool = append(pool, c)
		}
	}
	return pool
}

// However a registry came about, it gives the same.
func TestNextIsAsNew(t *testing.T) {
	pool := toolboxConfigs(t)
	edits := [][2]string{
		{"gather.sh", "gather2.sh"},
		{"install.sh", "install2.sh"},
		{"check.sh", "check2.sh"},
		{"from: cli, commands: install", "from: tools, commands: install"},
		{"from: cli, commands: watch", "from_image: {namespace: acme, name: watch, tag: a}, commands: watch"},
		{"[{name: cli, env", "[{name: \"stable:helper\", env"},
		{"default: outer", "default: west"},
		{"{name: SUITE}", "{name: SUITE, default: none}"},
		{"[{chain: inner}]", "[{chain: innre}]"},
		{"[{ref: install}]", "[{ref: install}, {chain: outer}]"},
		{"[{chain: outer}]", "[{chain: outer}, {ref: remote}]"},
		{"{as: check,", "{as: checked,"},
		{"name: watch,", "name: watcher,"},
		{"name: log,", "name: logger,"},
		{"{name: gcp}", "{name: gpc}"},
		{"{name: gcp}", "{name: gcp, secret: s, ip_pool_lease_type: address}"},
		{"cluster_profile: aws", "cluster_profile: gcp"},
		{"count: 2", "count: 3"},
		{"resource_type: disk", "resource_type: network"},
		{"env: {SUITE: basic}", "env: {SUIT: basic}"},
	}
	random := rand.New(rand.NewPCG(1, 2))
	made := make([]bool, len(edits))
	current := components(t, toolbox)
	r, _ := resolver.NewRegistry(current)
	catalog := resolver.NewCatalog(r, pool)
	text, before := toolbox, earlier{&resolver.Catalog{}, nil}
	for range 300 {
		if random.IntN(4) > 0 { // else only configurations change
			text = editing(random, edits, made)
			last := current
			if current = components(t, text); random.IntN(4) > 0 {
				keep(last, &current)
			}
			var findings []resolver.Finding
			r, findings = r.Next(current)
			_, coldFindings := resolver.NewRegistry(components(t, text))
			if diff := cmp.Diff(lines(coldFindings), lines(findings)); diff != "" {
				t.Fatalf("findings of the registry -cold +next:\n%s", diff)
			}
		}
		configs := slices.DeleteFunc(slices.Clone(pool), func(*schema.Config) bool { return random.IntN(6) == 0 })
		catalog = nextWith(catalog, r, configs)
		fresh, _ := resolver.NewRegistry(components(t, text))
		cold := resolver.NewCatalog(fresh, configs)
		if diff := cmp.Diff(reverse(cold), reverse(catalog)); diff != "" {
			t.Fatalf("who depends on what -cold +next:\n%s", diff)
		}
		if random.IntN(3) > 0 {
			continue // what is not asked for is not resolved, and may be several revisions behind
		}
		checkDependents(t, catalog)
		want := answers(t, cold)
		if diff := cmp.Diff(want, answers(t, catalog)); diff != "" {
			t.Fatalf("answers -cold +next:\n%s", diff)
		}
		if diff := cmp.Diff(want, answers(t, catalog.Slim(&resolver.Catalog{}))); diff != "" {
			t.Fatalf("answers -cold +slim:\n%s", diff)
		}
		// Who has an earlier catalog has the answers of back then, and does not disturb.
		if diff := cmp.Diff(before.answers, answers(t, before.catalog)); diff != "" {
			t.Fatalf("answers of an earlier catalog -then +now:\n%s", diff)
		}
		if random.IntN(2) > 0 {
			catalog.Forget()
		}
		if diff := cmp.Diff(want, answers(t, catalog)); diff != "" {
			t.Fatalf("answers after those of an earlier catalog -cold +next:\n%s", diff)
		}
		before = earlier{catalog.Slim(&resolver.Catalog{}), want}
		if random.IntN(2) > 0 {
			before.catalog = catalog
		}
	}
}

// editing makes one edit more of the toolbox or one less, or others altogether.
func editing(random *rand.Rand, edits [][2]string, made []bool) string {
	if one := random.IntN(len(edits)); random.IntN(2) > 0 {
		made[one] = !made[one]
	} else {
		for i := range made {
			made[i] = random.IntN(5) == 0
		}
	}
	text := toolbox
	for i, edit := range edits {
		if made[i] {
			text = strings.ReplaceAll(text, edit[0], edit[1])
		}
	}
	return text
}

// keep takes over what is written as it was, as a repository does from revision to
// revision.
func keep(last resolver.Components, next *resolver.Components) {
	keepEqual(last.Refs, next.Refs)
	keepEqual(last.Chains, next.Chains)
	keepEqual(last.Workflows, next.Workflows)
	keepEqual(last.Observers, next.Observers)
	if reflect.DeepEqual(last.Profiles, next.Profiles) {
		next.Profiles = last.Profiles
	}
}

func keepEqual[T any](last, next []*T) {
	for i, component := range next {
		if at := slices.IndexFunc(last, func(l *T) bool { return reflect.DeepEqual(l, component) }); at >= 0 {
			next[i] = last[at]
		}
	}
}

// earlier is a catalog with the answers that it gave.
type earlier struct {
	catalog *resolver.Catalog
	answers []string
}

// nextWith is the next catalog, with just some configurations.
func nextWith(last *resolver.Catalog, r *resolver.Registry, configs []*schema.Config) *resolver.Catalog {
	var gone, come []*schema.Config
	for entry := range last.Entries() {
		if !slices.Contains(configs, entry.Config) {
			gone = append(gone, entry.Config)
		}
	}
	for _, config := range configs {
		if last.Entry(config) == nil {
			come = append(come, config)
		}
	}
	return last.Next(r, gone, come)
}

// Whatever configurations come and go, they are in the order in which they would
// be from nothing, and those that stay are taken over.
func TestNextKeepsTheOrder(t *testing.T) {
	r := registry(t, toolbox)
	random := rand.New(rand.NewPCG(3, 4))
	files := make([]*schema.Config, 40) // nil where there is none
	catalog := &resolver.Catalog{}
	for range 500 {
		for range random.IntN(4) {
			at := random.IntN(len(files))
			if files[at] = nil; random.IntN(3) > 0 {
				files[at] = named(t, fmt.Sprintf("org-%d/repo-%d@%d", at%2, at%5, at))[0]
			}
		}
		configs := slices.DeleteFunc(slices.Clone(files), func(c *schema.Config) bool { return c == nil })
		last := catalog
		catalog = nextWith(last, r, configs)
		cold := resolver.NewCatalog(r, configs)
		if cold.Len() != len(configs) || catalog.Len() != len(configs) {
			t.Fatalf("%d configurations became %d entries, %d from nothing", len(configs), catalog.Len(), cold.Len())
		}
		fromNothing := slices.Collect(cold.Entries())
		for i, entry := range slices.Collect(catalog.Entries()) {
			if entry.Config != fromNothing[i].Config {
				t.Fatalf("entry %d is another one than from nothing: %v, want %v", i, entry.Config.Metadata, fromNothing[i].Config.Metadata)
			}
			if before := entryOf(last, entry.Config); before != nil && before != entry {
				t.Fatalf("entry %d was made again", i)
			}
		}
	}
}

func TestOnlyWhatIsMoreThanTextChangesTheShape(t *testing.T) {
	configs := []*schema.Config{config(t, `[{as: a, steps: {workflow: e2e, env: {REGION: north}}}]`)}
	tests := map[string]struct {
		old, new string
		same     bool
	}{
		"a script":            {old: "gather.sh", new: "gather2.sh", same: true},
		"a script in chains":  {old: "install.sh", new: "install2.sh", same: true},
		"a default":           {old: "default: outer", new: "default: west"},
		"an observer":         {old: "watch.sh", new: "watch2.sh"},
		"a script and a name": {old: "{as: check,", new: "{as: checked,"},
		"a profile":           {old: "lease_type: aws-quota", new: "lease_type: aws-slice"},
		"a step more":         {old: "[{ref: install}]", new: "[{ref: install}, {ref: remote}]"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			before, _ := resolver.NewRegistry(components(t, toolbox))
			first := resolver.NewCatalog(before, configs)
			after, _ := before.Next(components(t, strings.Replace(toolbox, tc.old, tc.new, 1)))
			second := first.Next(after, nil, nil)
			a, b := entryOf(first, configs[0]), entryOf(second, configs[0])
			if a.Shape() == nil || (a == b) != tc.same || (a.Shape() == b.Shape()) != tc.same {
				t.Errorf("the same entry: %v, the same shape: %v", a == b, a.Shape() == b.Shape())
			}
			if second.Resolved(b) == first.Resolved(a) || second.Resolved(b) != second.Resolved(b) { //nolint:staticcheck // it is kept
				t.Error("it is not resolved anew, or again and again")
			}
		})
	}
}

// What a configuration resolved to with an earlier script lives as long as a catalog
// may be asked for it, and no longer.
func TestForgetLetsGoOfEarlierScripts(t *testing.T) {
	configs := []*schema.Config{config(t, `[{as: a, steps: {workflow: e2e, env: {REGION: north}}}]`)}
	before, _ := resolver.NewRegistry(components(t, toolbox))
	first := resolver.NewCatalog(before, configs)
	after, _ := before.Next(components(t, strings.Replace(toolbox, "gather.sh", "gather2.sh", 1)))
	second := first.Next(after, nil, nil)
	earlier := weak.Make(first.Resolved(first.Entry(configs[0])))
	first.Forget()
	if runtime.GC(); earlier.Value() == nil {
		t.Error("the catalog forgot what its configuration resolves to")
	}
	second.Forget()
	for started := time.Now(); earlier.Value() != nil; runtime.GC() {
		if time.Since(started) > time.Minute {
			t.Fatal("what the configuration resolved to before is kept")
		}
	}
	runtime.KeepAlive(first)
	runtime.KeepAlive(second)
}

// answers are all that a catalog gives, as text.
func answers(t testing.TB, c *resolver.Catalog) []string {
	t.Helper()
	var all []string
	for entry := range c.Entries() {
		all = append(all, lines(entry.Findings)...)
		resolved := c.Resolved(entry)
		if resolved == nil {
			continue
		}
		body, err := resolved.Body()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(text(t, body)))
	}
	return all
}
