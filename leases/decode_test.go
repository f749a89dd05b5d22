package leases_test

import (
	"testing"

	"github.com/drover-ci/drover/leases"
	"github.com/drover-ci/drover/schema"
)

func TestDecodeSaysItInWordsOfTheFile(t *testing.T) {
	tests := map[string]struct{ content, want string }{
		"no mapping":   {"hi", `f.yaml:1:1: the value has the wrong type (found "hi", want a mapping) [wrong-type]`},
		"no list":      {"resources: x", `f.yaml:1:12: resources: the value has the wrong type (found "x", want a list) [wrong-type]`},
		"no number":    {"resources: [{type: a, min-count: x}]", `f.yaml:1:34: resources[0].min-count: the value has the wrong type (found "x", want a whole number) [wrong-type]`},
		"a fraction":   {"resources: [{type: a, min-count: 1.5}]", `f.yaml:1:34: resources[0].min-count: the value has the wrong type (found "1.5", want a whole number) [wrong-type]`},
		"no text":      {"resources: [{type: [a]}]", "f.yaml:1:20: resources[0].type: the value has the wrong type (found a list, want text) [wrong-type]"},
		"no duration":  {"resources:\n- lifespan: long\n", `f.yaml:2:13: resources[0].lifespan: the value does not fit (found "long", want a duration such as "90m" or "1h30m") [wrong-value]`},
		"unknown name": {"resources: [{nam: 1}]", `f.yaml:1:14: resources[0].nam: the field is not known (found "nam", want one that there is); did you mean "names"? [unknown-field]`},
		"a name twice": {"resources:\n- type: a\n  type: b\n", `f.yaml:3:3: resources[0].type: the field is given twice (found it on line 2 already, want it once) [duplicate-field]`},
		"no YAML":      {"a: [", "f.yaml:1:1: the file is not valid YAML: did not find expected node content (found nothing where a value should be, want one, or the bracket before it closed) [yaml-syntax]"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := leases.Decode("f.yaml", []byte(test.content), schema.LeaseConfig, new(leases.Config))
			if err == nil || err.Error() != test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}
