package rules_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
)

func TestSinceGivesWhatAChangeCauses(t *testing.T) {
	old := schema.Problem{File: "a.yaml", Line: 4, Column: 1, Path: "tests[1].as", Rule: "test-name", Message: `wrong (found "X")`}
	moved, other, again := old, old, old
	moved.Line, moved.Path = 9, "tests[2].as"
	other.Message = `wrong (found "Y")`
	again.Path = "tests[7].as"
	tests := map[string]struct {
		reason     string
		base, head []schema.Problem
		want       []schema.Problem
	}{
		"same":   {"What was there before is no news.", []schema.Problem{old}, []schema.Problem{old}, nil},
		"moved":  {"A shift makes nothing new.", []schema.Problem{old}, []schema.Problem{moved}, nil},
		"new":    {"What was not there before is.", []schema.Problem{old}, []schema.Problem{old, other}, []schema.Problem{other}},
		"gone":   {"What was mended is not told.", []schema.Problem{old}, nil, nil},
		"second": {"The same mistake once more is a new one.", []schema.Problem{old}, []schema.Problem{old, again}, []schema.Problem{again}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, rules.Since(tc.base, tc.head)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
