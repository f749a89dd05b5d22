package prowjobs_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/generators/prowjobs"
	"github.com/drover-ci/drover/internal/golden"
	"github.com/drover-ci/drover/schema"
)

// A corpusEdit changes one component of the full-scale repository.
type corpusEdit struct {
	// config finds the configuration to change, in the order of components.
	config func(*schema.Config) bool
	// branches is how many configurations its component has at least.
	branches int
	// change changes it and says whether it stays.
	change func(*schema.Config) (stays bool)
	// add copies it to a configuration that is added.
	add func(*schema.Config)
}

// corpusEdits are what people do to configurations.
func corpusEdits() map[string]corpusEdit {
	hasTest := func(c *schema.Config) bool { return len(c.Tests) > 0 && c.Tests[0].Container != nil }
	stays := func(change func(*schema.Config)) func(*schema.Config) bool {
		return func(c *schema.Config) bool { change(c); return true }
	}
	onTest := func(change func(*schema.Test)) func(*schema.Config) bool {
		return stays(func(c *schema.Config) { change(&c.Tests[0]) })
	}
	return map[string]corpusEdit{
		"test-added": {config: hasTest, change: stays(func(c *schema.Config) {
			added := c.Tests[0]
			added.As = "added"
			c.Tests = append(c.Tests, added)
		})},
		"test-renamed":   {config: hasTest, change: onTest(func(t *schema.Test) { t.As = "renamed" })},
		"config-removed": {config: hasTest, branches: 2, change: func(*schema.Config) bool { return false }},
		"variant-added":  {config: hasTest, add: func(c *schema.Config) { c.Metadata.Variant = "added" }},
		"made-private":   {config: hasTest, change: stays(func(c *schema.Config) { c.Prowgen = &schema.JobGeneration{Private: true} })},
		"promotion-disabled": {
			config: func(c *schema.Config) bool {
				return c.Promotion != nil && len(c.Promotion.To) == 1 && c.Promotion.To[0].Namespace == "ocp"
			},
			change: stays(func(c *schema.Config) {
				to := c.Promotion.To[0]
				to.Disabled = true
				c.Promotion = &schema.Promotion{To: []schema.PromotionTarget{to}}
			}),
		},
		"cron-changed": {
			config: func(c *schema.Config) bool { return len(c.Tests) > 0 && c.Tests[0].Cron != nil },
			change: onTest(func(t *schema.Test) { cron := "1 2 3 * *"; t.Cron = &cron }),
		},
		"shards": {config: hasTest, change: onTest(func(t *schema.Test) { count := 2; t.ShardCount = &count })},
	}
}

// corpusInPlace is a whole repository with its job files.
type corpusInPlace struct {
	generator *prowjobs.Generator
	configs   map[string][]*schema.Config
	existing  map[string][]generators.File
}

// find gives the first component of a usual size with a configuration that an
// edit is about.
func (c *corpusInPlace) find(t *testing.T, edit corpusEdit) (component string, at int) {
	t.Helper()
	for _, component := range slices.Sorted(maps.Keys(c.configs)) {
		configs := c.configs[component]
		if at := slices.IndexFunc(configs, edit.config); at >= 0 && len(configs) >= edit.branches && len(configs) <= 4 {
			return component, at
		}
	}
	t.Fatal("no component is as the edit wants it")
	return "", 0
}

// TestCorpusEdits edits a component of a whole release repository, generates in
// place, and shows the lines that change. That nothing else does is what
// TestCorpusInPlace shows: components have no file in common.
func TestCorpusEdits(t *testing.T) {
	c := &corpusInPlace{corpusGenerator(t), corpusConfigs(t), corpusJobs(t)}
	for name, edit := range corpusEdits() {
		t.Run(name, func(t *testing.T) {
			component, at := c.find(t, edit)
			configs := slices.Clone(c.configs[component])
			changed := *configs[at]
			changed.Tests = slices.Clone(changed.Tests)
			switch {
			case edit.add != nil:
				edit.add(&changed)
				configs = append(configs, &changed)
			case edit.change(&changed):
				configs[at] = &changed
			default:
				configs = slices.Delete(configs, at, at+1)
			}
			c.expect(t, name, component, configs, c.existing[component])
		})
	}
	t.Run("hand-written", func(t *testing.T) {
		component, existing, at := c.presubmits(t)
		existing[at].Content = []byte(strings.Replace(string(existing[at].Content), "\n  - agent", "\n"+byHand+"  - agent", 1))
		c.expect(t, "hand-written", component, c.configs[component], existing)
	})
	t.Run("unparsable", func(t *testing.T) {
		component, existing, at := c.presubmits(t)
		existing[at].Content = append(existing[at].Content, "  - name: [\n"...)
		fresh, err := c.generator.Jobs(c.configs[component])
		if err != nil {
			t.Fatal(err)
		}
		if _, unreadable := prowjobs.Merge(existing, fresh); len(unreadable) != 1 || unreadable[0].Path != existing[at].Path {
			t.Errorf("got %v, want one of %s", unreadable, existing[at].Path)
		}
	})
}

// byHand is a job that somebody put at the head of a list.
const byHand = "  - name: zz-by-hand\n    agent: jenkins\n    always_run: false\n"

// presubmits gives a component's job files, free to be changed, and where
// those with presubmits are.
func (c *corpusInPlace) presubmits(t *testing.T) (component string, files []generators.File, at int) {
	t.Helper()
	component, _ = c.find(t, corpusEdits()["test-added"])
	for _, file := range c.existing[component] {
		files = append(files, generators.File{Path: file.Path, Content: slices.Clone(file.Content)})
	}
	at = slices.IndexFunc(files, func(f generators.File) bool { return strings.HasSuffix(f.Path, "-presubmits.yaml") })
	return component, files, at
}

// expect generates a component in place, twice, and compares the lines that the
// first time changed.
func (c *corpusInPlace) expect(t *testing.T, name, component string, configs []*schema.Config, existing []generators.File) {
	t.Helper()
	fresh, err := c.generator.Jobs(configs)
	if err != nil {
		t.Fatal(err)
	}
	after := merge(t, existing, fresh)
	golden.Equal(t, changes(contents(c.existing[component]), contents(after)), "testdata/corpus/"+name+".diff")
	if diff := cmp.Diff(contents(after), contents(merge(t, after, fresh))); diff != "" {
		t.Errorf("the second merge changes something (-first +second):\n%s", diff)
	}
}
