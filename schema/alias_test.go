package schema_test

import (
	"testing"

	"github.com/drover-ci/drover/schema"
)

// TestAnAliasWithoutItsAnchorHasItsPlace, though YAML's parser does not tell it.
func TestAnAliasWithoutItsAnchorHasItsPlace(t *testing.T) {
	for text, want := range map[string][2]int{
		"a: 1\nbuild_root:\n  from_repository: *nope\n": {3, 20},
		"*nope": {1, 1},
		"# not *nope here\na: \"*nope\"\nb: [x, *nope]\n": {3, 8},
		"a: é *nope\nb: *nope-2\nc: *nope\n":              {2, 4},
		"- *nope\n":                                       {1, 3},
	} {
		problems := schema.Check("x.yaml", []byte(text), schema.ProwJobFile)
		if len(problems) != 1 || problems[0].Line != want[0] || problems[0].Column != want[1] {
			t.Errorf("%q: want one problem at %d:%d, got %v", text, want[0], want[1], problems)
		}
	}
}
