package leases

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/schema"
)

func TestParseConfig(t *testing.T) {
	config, err := ParseConfig("c.yaml", []byte(`
resources:
- {type: slice, state: free, names: [slice-0, slice-1]}
- {type: Any_Type, state: dirty, names: [other]}
- type: cluster
  state: dirty
  min-count: 1
  max-count: 2
  lifespan: 1h30m
  config: {type: Builder, content: "zone: east"}
  needs: {slice: 1}
`))
	if err != nil {
		t.Fatal(err)
	}
	life := schema.Duration(90 * time.Minute)
	want := Entry{
		Type: "cluster", State: Dirty, MinCount: 1, MaxCount: 2, LifeSpan: &life,
		Config: &LifecycleConfig{Type: "Builder", Content: "zone: east"}, Needs: map[string]int{"slice": 1},
	}
	if diff := cmp.Diff(want, config.Resources[2]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := ParseConfig("c.yaml", []byte("resources: [{type: t, max-count: 1, lifespan: 3600000000000}]")); err != nil {
		t.Errorf("a lifespan in nanoseconds: %v", err)
	}
}

func TestBadConfigs(t *testing.T) {
	long := strings.Repeat("x", MaxText+1)
	for content, want := range map[string]string{
		"":                          "the file is empty",
		"resources: []":             "c.yaml:1:1: resources: there are none; that would be the end of all leases",
		"resources: {":              "did not find expected",
		"resources: [{nam: a}]":     `c.yaml:1:14: resources[0].nam: the field is not known (found "nam", want one that there is); did you mean "names"?`,
		"resources: [{names: a}":    "did not find expected",
		"resources: [{names: [a]}]": "resources[0].type: must be set",
		"resources: [{type: t, names: [a]}, {type: t, names: [b]}]": `resources[1].type: "t" was declared before`,
		"resources: [{type: T, max-count: 1}]": `resources[0].type: a dynamic type is the name of an object (found "T"): ` +
			"a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters",
		"resources: [{type: t, names: [a], max-count: 1}]":                                              "resources[0]: names and counts exclude each other",
		"resources: [{type: t, names: [A]}]":                                                            `resources[0].names[0]: not the name of an object (found "A"): `,
		"resources: [{type: t, names: [a, a]}]":                                                         `resources[0].names[1]: "a" is a resource of type "t" already`,
		"resources: [{type: t}]":                                                                        "resources[0].max-count: must be above 0 (found 0)",
		"resources: [{type: t, max-count: 100001}]":                                                     "resources[0].max-count: too many (found 100001, at most 100000)",
		"resources: [{type: t, max-count: 1, min-count: 2}]":                                            "resources[0].min-count: must be from 0 to max-count (found 2)",
		"resources: [{type: t, max-count: 1, lifespan: -1h}]":                                           "c.yaml:1:47: resources[0].lifespan: the duration is negative (found -1h0m0s, want",
		"resources: [{type: t, max-count: 1, lifespan: long}]":                                          `c.yaml:1:47: resources[0].lifespan: the value does not fit (found "long", want a duration such as "90m" or "1h30m")`,
		"resources: [{type: t, max-count: 1, lifespan: [1]}]":                                           `resources[0].lifespan: the value has the wrong type (found a list, want a duration such as "90m" or "1h30m" or a whole number)`,
		"resources: [{type: t, max-count: 2, needs: {u: 1}}]":                                           `resources: there is a need for type "u", which does not exist`,
		"resources: [{type: t, max-count: 2, needs: {u: 1}}, {type: u, names: [a]}]":                    `resources: there are needs for 2 of type "u", of which there are 1`,
		"resources: [{type: t, max-count: 2, needs: {t: 9000000000000000000}}]":                         `resources[0].needs["t"]: must be from 1 to 100000 (found 9000000000000000000)`,
		"resources: [{type: t, max-count: 2, needs: {t: -1}}]":                                          `resources[0].needs["t"]: must be from 1 to 100000 (found -1)`,
		"resources: [{type: " + long + ", names: [a]}]":                                                 "resources[0].type: the text is too long (found 254 bytes, at most 253)",
		"resources: [{type: t, names: [a], state: " + long + "}]":                                       "resources[0].state: the text is too long (found 254 bytes, at most 253)",
		`resources: [{type: "a\0", names: [a]}]`:                                                        "resources[0].type: the text has characters that are no text",
		"resources: [{type: t, max-count: 1, config: {content: " + strings.Repeat("x", 600<<10) + "}}]": "c.yaml:1:46: resources[0].config.content: too long (found 614400 bytes, at most 524288)",
		strings.Repeat("#", MaxConfig+1):                                                                "c.yaml: the file is too large (found 8388609 bytes, want at most 8388608)",
	} {
		if _, err := ParseConfig("c.yaml", []byte(content)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.100s:\ngot  %.300v\nwant %s", content, err, want)
		}
	}
}

// TestTooManyResources: more than a server is made for is refused whole.
func TestTooManyResources(t *testing.T) {
	config := &Config{Resources: []Entry{{Type: "t"}}}
	for i := range maxNames + 1 {
		config.Resources[0].Names = append(config.Resources[0].Names, fmt.Sprintf("r-%d", i))
	}
	const want = "resources: too many names (found 100001, at most 100000)"
	if err := config.Validate(); err == nil || err.Error() != want {
		t.Errorf("got %.300v, want %s", err, want)
	}
}
