package schema_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/schema"
)

func seeds(f *testing.F) {
	f.Helper()
	for _, seed := range []string{
		"", "a: &a [*a]\n", "- x\n", "tests: [{as: a, commands: x, container: {from: src}, cron: '@daily', interval: 1h}]\n",
		metadata + "resources: {'*': {requests: {cpu: 1}}}\nimages: [{to: a}]\npromotion: {namespace: ocp, name: x}\n",
		"{\"tests\": [{\"as\": 1, \"steps\": {\"test\": [{\"ref\": \"x\", \"chain\": \"y\"}]}}]}", "<<: {a: b}\n", "? [a]\n: b\n",
	} {
		f.Add([]byte(seed))
	}
}

// FuzzDecode reads anything as a configuration: it must end, and always say the
// same.
func FuzzDecode(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		var first, second schema.Config
		once, twice := schema.Decode("c.yaml", data, &first), schema.Decode("c.yaml", data, &second)
		if diff := cmp.Diff(once, twice); diff != "" {
			t.Errorf("problems, then others:\n%s", diff)
		}
		if diff := cmp.Diff(first, second); diff != "" {
			t.Errorf("a value, then another:\n%s", diff)
		}
	})
}

// FuzzCheck judges anything as each kind of file that is not read.
func FuzzCheck(f *testing.F) {
	seeds(f)
	f.Fuzz(func(_ *testing.T, data []byte) {
		for _, kind := range schema.Kinds() {
			for _, problem := range schema.Check("c.yaml", data, schema.Definition(kind.Definition)) {
				_ = problem.String()
			}
		}
	})
}
