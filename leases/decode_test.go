package leases_test

import (
	"testing"

	"github.com/drover-ci/drover/leases"
)

func TestDecodeSaysItInWordsOfTheFile(t *testing.T) {
	tests := map[string]struct{ content, want string }{
		"no mapping":      {"hi", "the file: not what it must be (found text, want a mapping)"},
		"a list":          {"- a", "the file: not what it must be (found a list, want a mapping)"},
		"no list":         {"resources: x", "resources: not what it must be (found text, want a list)"},
		"no number":       {"resources: [{type: a, min-count: x}]", "resources.min-count: not what it must be (found text, want a whole number)"},
		"a fraction":      {"resources: [{type: a, min-count: 1.5}]", "resources.min-count: not what it must be (found a number, want a whole number)"},
		"no text":         {"resources: [{type: [a]}]", "resources.type: not what it must be (found a list, want text)"},
		"an unknown name": {"resources: [{bogus: 1}]", `the field "bogus" is not known`},
		"a name twice":    {"resources:\n- type: a\n  type: b\n", `line 3: key "type" already set in map`},
		"two names twice": {"resources:\n- type: a\n  type: b\n  state: c\n  state: c\n", `line 3: key "type" already set in map; line 5: key "state" already set in map`},
		"no YAML":         {"a: [", "yaml: line 1: did not find expected node content"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := leases.Decode([]byte(test.content), new(leases.Config))
			if err == nil || err.Error() != test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}
