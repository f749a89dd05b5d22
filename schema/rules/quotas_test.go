package rules_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema/rules"
)

// TestQuotasAreChecked holds what people may write as a quota against the one
// problem that it gives, if any.
func TestQuotasAreChecked(t *testing.T) {
	long := strings.Repeat("x", 250)
	cases := map[string]struct{ quotas, want string }{
		"named":              {"t: {a: 12, b: 1}", ""},
		"on demand":          {"t: {default: 10}", ""},
		"as many as may be":  {"t: {a: 100000}", ""},
		"none of one slice":  {"t: {a: 1, b: 0}", ""},
		"none":               {"t: {a: 0}", `2:3: quotas["t"]: there are no leases of the type, which Boskos refuses (found 0`},
		"no slice":           {"t: {}", `2:3: quotas["t"]: there are no leases of the type`},
		"nothing":            {"t:", `2:3: quotas["t"]: there are no leases of the type`},
		"less than none":     {"t: {a: -1}", `2:10: quotas.t.a: the number is out of bounds (found -1, want 0 to 100000)`},
		"more than may be":   {"t: {a: 100001}", `2:10: quotas.t.a: the number is out of bounds (found 100001, want 0 to 100000)`},
		"no number":          {"t: {a: lots}", `2:10: quotas.t.a: the value has the wrong type (found "lots", want a whole number)`},
		"half":               {"t: {a: 1.5}", `2:10: quotas.t.a: the value has the wrong type (found "1.5", want a whole number)`},
		"a list":             {"t: [a]", `2:6: quotas.t: the value has the wrong type (found a list, want a mapping)`},
		"dashes in a slice":  {"t: {a--b: 2}", `2:7: quotas["t"]["a--b"]: the slice's name has "--"`},
		"dashes in a type":   {"t--u: {a: 2}", `2:3: quotas["t--u"]: the type's name has "--"`},
		"but on demand":      {"t--u: {default: 2}", ""},
		"capitals in a type": {"T: {a: 2}", `2:3: quotas.T: the name does not fit (found "T"`},
		"a slice as a path":  {"t: {a/b: 2}", `2:7: quotas.t.a/b: the name does not fit`},
		"default and others": {"t: {default: 2, a: 1}", `2:7: quotas["t"]["default"]: the slice "default" stands for leases without names`},
		"twice":              {"t: {a: 2}\n  t: {a: 2}", `3:3: quotas.t: the field is given twice`},
		"one name for two":   {"t: {a: 1}\n  u: {a: 1}", `3:7: quotas["u"]["a"]: a slice with one lease gives it its own name`},
		"two of that name":   {"t: {a: 2}\n  u: {a: 2}", ""},
		"a long name":        {"t: {" + long + ": 2}", `2:7: quotas["t"]["` + long + `"]: the names of the leases are too long (found 255 characters`},
		"a name that fits":   {"t: {" + long + ": 1}", ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			const file = "core-services/boskos/quotas.yaml"
			tree := repolayout.FromFS(fstest.MapFS{file: {Data: []byte("quotas:\n  " + tc.quotas + "\n")}})
			repo, err := repolayout.Load(t.Context(), tree, nil)
			if err != nil {
				t.Fatal(err)
			}
			problems := rules.Check(t.Context(), nil, repo).Problems
			if tc.want == "" && len(problems) == 0 {
				return
			}
			if len(problems) != 1 || tc.want == "" || !strings.HasPrefix(problems[0].String(), file+":"+tc.want) {
				t.Error(cmp.Diff(tc.want, problems))
			}
		})
	}
}
