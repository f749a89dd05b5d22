package prowjobs_test

import (
	"fmt"
	"path"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/generators/prowjobs"
	"github.com/drover-ci/drover/internal/corpus"
)

// forLibrary is a file with a comment that has to be left to sigs.k8s.io/yaml.
func forLibrary(content string) string { return strings.TrimSuffix(content, "\n") + "\n# \u0085\n" }

// pruned is a file without its generated jobs, and so written anew; or why it
// cannot be read.
func pruned(tb testing.TB, content string) string {
	tb.Helper()
	merged, unreadable := prowjobs.Merge([]generators.File{{Path: periodicsFile, Content: []byte(content)}}, nil)
	if len(unreadable) > 0 {
		return unreadable[0].Error()
	}
	return string(join(render(tb, merged)))
}

// TestPlainFormIsReadAsByLibrary has values and keys that YAML reads in ways one
// does not expect.
func TestPlainFormIsReadAsByLibrary(t *testing.T) {
	values := []string{
		"", "~", "null", "a", "yes", "No", "on", "y", "true", "False", "TRUE", "0", "7", "-7", "+7", "007", "0x1f", "0o7", "0b1", "1_000",
		"123456789", "12345678901234567890", "1.0", "1.", ".5", "1e3", "1e", ".inf", ".nan", "1.2.3", "12:30:45", "2001-01-01",
		"2001-01-01T00:00:00Z", "8h0m0s", "0 4 * * *", "'7'", "\"7\"", "'it''s'", "\"a\\tb\"", "<<", "=", "-a", "?a", ":a", "a:b", "a#b", "---",
		"a\n    b\n\n    c", "7\n    8", "|\n    a\n    b", ">-\n    a\n    b", "[1, yes, 'no', {a: 1.5, b: ~}]", "{}", "[]", "ä", "日本",
		strings.Repeat("long ", 40), "x: y", "*a", "&a b", "!!str 7", "a\tb",
	}
	keys := []string{
		"a", "7", "'7'", "yes", "\"on\"", "~", "1.5", "<<", "ä", "name", "'name'", "2001-01-01", "a b", "? a",
	}
	const before = "periodics:\n- labels: {ci.openshift.io/generator: prowgen}\n  name: gone\n  gone: %s\n"
	const after = "- name: stays\n  field: %s\n"
	try := func(content string) {
		if diff := cmp.Diff(pruned(t, forLibrary(content)), pruned(t, content)); diff != "" {
			t.Errorf("%q (-library +nodes):\n%s", content, diff)
		}
	}
	for _, value := range values {
		try(fmt.Sprintf(before+after, "a", value))
		try(fmt.Sprintf(before+after+"presets: %[2]s\n", "a", value))
	}
	for _, key := range keys {
		try(fmt.Sprintf(before+after+"  %s: b\n", "a", "c", key))
		try(fmt.Sprintf(before+after+"%[3]s: b\n", "a", "c", key))
		try(fmt.Sprintf(before+"  %s: b\n"+after, "a", key, "c"))
		try(fmt.Sprintf(before+"  spec: {a: b, c: d, %s: e}\n"+after, "a", key, "c"))
	}
	var many strings.Builder
	for i := range 50 {
		fmt.Fprintf(&many, "  a%d: b\n", i)
	}
	try(fmt.Sprintf(before+after, "a", "b") + many.String())
	try(fmt.Sprintf(before+after, "a", "b") + many.String() + "  a7: c\n")
}

// TestCorpusFormIsReadAsByLibrary reads every third job file of a whole release
// repository in which there are jobs by hand beside generated ones.
func TestCorpusFormIsReadAsByLibrary(t *testing.T) {
	mixed := 0
	walkYAML(t, corpus.Dir(t, "release-repo", "ci-operator", "jobs"), func(file string, data []byte) {
		text := string(data)
		generated := strings.Count(text, "generator: prowgen")
		if generated == 0 || generated == strings.Count(text, "- agent: ") {
			return
		}
		if mixed++; mixed%3 != 0 {
			return
		}
		if diff := cmp.Diff(pruned(t, forLibrary(text)), pruned(t, text)); diff != "" {
			t.Errorf("%s (-library +nodes):\n%s", path.Base(file), diff)
		}
	})
	if mixed < 150 {
		t.Errorf("found %d files", mixed)
	}
}
