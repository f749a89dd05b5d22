package boskos_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/generators/boskos"
	"github.com/drover-ci/drover/internal/corpus"
	"github.com/drover-ci/drover/schema"
)

func render(t *testing.T, quotas map[string]schema.Quota, now string) string {
	t.Helper()
	content, err := boskos.New(&schema.QuotasFile{Quotas: quotas}).Render([]byte(now))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestRender(t *testing.T) {
	const top = "# mine\n# and more\n"
	cases := map[string]struct {
		reason string
		quotas map[string]schema.Quota
		want   string
	}{
		"none": {
			reason: "no quotas are an empty list, which Boskos reads",
			want:   "resources: []\n",
		},
		"slices": {
			reason: "types and slices are sorted; numbers are padded; a single lease has its slice's name",
			quotas: map[string]schema.Quota{"z": {"b": 11, "a": 1, "c": 0}, "y": {"one": 2}},
			want: `resources:
- names:
  - one--y-0
  - one--y-1
  state: free
  type: "y"
- names:
  - a
  - b--z-00
  - b--z-01
  - b--z-02
  - b--z-03
  - b--z-04
  - b--z-05
  - b--z-06
  - b--z-07
  - b--z-08
  - b--z-09
  - b--z-10
  state: free
  type: z
`,
		},
		"on demand": {
			reason: "default alone is dynamic, beside others it is a slice like any",
			quotas: map[string]schema.Quota{"a": {"default": 3}, "b": {"default": 1, "x": 1}},
			want: `resources:
- max-count: 3
  min-count: 3
  state: free
  type: a
- names:
  - default
  - x
  state: free
  type: b
`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(top+tc.want, render(t, tc.quotas, top+"resources: old\n# not this\n")); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestRenderEqualsTodaysFileOnTheCorpus(t *testing.T) {
	read := func(path string) []byte {
		content, err := os.ReadFile(corpus.Dir(t, "release-repo", path))
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	var quotas schema.QuotasFile
	if problems := schema.Decode("quotas.yaml", read("core-services/boskos/quotas.yaml"), &quotas); problems != nil {
		t.Fatal(problems)
	}
	want := string(read("core-services/prow/02_config/_boskos.yaml"))
	if diff := cmp.Diff(want, render(t, quotas.Quotas, want)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
