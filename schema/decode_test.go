package schema_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/schema"
)

func decodeConfig(text string) (schema.Config, []string) {
	var config schema.Config
	var found []string
	for _, problem := range schema.Decode("c.yaml", []byte(text), &config) {
		found = append(found, problem.String())
	}
	return config, found
}

const metadata = "zz_generated_metadata: {org: o, repo: r, branch: b}\n"

func TestDecodeReportsEveryProblemAtItsPlace(t *testing.T) {
	cases := map[string]struct {
		reason string
		text   string
		want   []string
	}{
		"fine": {
			reason: "a valid file has no problems",
			text:   metadata + "tests:\n- as: unit\n  commands: make\n  container: {from: src}\n",
		},
		"misspelt": {
			reason: "an unknown key names the one that was meant",
			text:   metadata + "tests:\n- as: unit\n  comands: make\n",
			want:   []string{`c.yaml:4:3: tests[0].comands: the field is not known (found "comands", want one that there is); did you mean "commands"? [unknown-field]`},
		},
		"several": {
			reason: "all problems are found at once, in the order of the file",
			text:   metadata + "tests:\n- as: [unit]\n  optional: maybe\n  shard_count: many\n- commands: x\n",
			want: []string{
				`c.yaml:3:7: tests[0].as: the value has the wrong type (found a list, want text) [wrong-type]`,
				`c.yaml:4:13: tests[0].optional: the value has the wrong type (found "maybe", want true or false) [wrong-type]`,
				`c.yaml:5:16: tests[0].shard_count: the value has the wrong type (found "many", want a whole number) [wrong-type]`,
				`c.yaml:6:3: tests[1].as: the field is required (found nothing, want text: the test's name, unique in its configuration) [missing-field]`,
			},
		},
		"twice": {
			reason: "a repeated key is a problem, for one of the two would be lost",
			text:   metadata + "resources: {}\nresources: {}\n",
			want:   []string{`c.yaml:3:1: resources: the field is given twice (found it on line 2 already, want it once) [duplicate-field]`},
		},
		"enumeration": {
			reason: "a value outside an enumeration names those allowed",
			text:   metadata + "releases:\n  a:\n    release: {version: \"4.15\", channel: slow}\n",
			want:   []string{`c.yaml:4:41: releases.a.release.channel: the value is not one of those allowed (found "slow", want stable, fast, candidate, eus) [wrong-value]`},
		},
		"duration": {
			reason: "a duration has a unit",
			text:   metadata + "tests:\n- as: a\n  timeout: 1 hour\n",
			want:   []string{`c.yaml:4:12: tests[0].timeout: the value has the wrong type (found "1 hour", want a duration such as "90m" or "1h30m") [wrong-type]`},
		},
		"syntax": {
			reason: "what is no YAML has its line",
			text:   metadata + "tests:\n- as: a\n   b: c\n",
			want: []string{`c.yaml:4:1: the file is not valid YAML: mapping values are not allowed in this context (found a ":" where no field can begin, ` +
				`want the fields of a mapping at one column, and text that has ": " in quotes) [yaml-syntax]`},
		},
		"not UTF-8": {
			reason: "a byte that is no text has its place, and what was found",
			text:   metadata + "tests:\n- as: \xe9\n",
			want:   []string{"c.yaml:3:7: the file is not text (found the byte 0xe9, want UTF-8 without control characters) [yaml-syntax]"},
		},
		"newline in a name": {
			reason: "a problem stays on one line",
			text:   metadata + "\"a\\nb\": 1\n",
			want:   []string{`c.yaml:2:1: ["a\nb"]: the field is not known (found "a\nb", want one of the 25 that drover explain lists) [unknown-field]`},
		},
		"empty": {
			reason: "an empty file says nothing, which is never meant",
			text:   "",
			want:   []string{`c.yaml:1:1: the file is empty (found nothing, want a mapping) [yaml-syntax]`},
		},
		"documents": {
			reason: "today's tools drop all documents but the first",
			text:   metadata + "---\n" + metadata,
			want:   []string{`c.yaml:2:1: the file has several documents (found ---, want one document) [yaml-syntax]`},
		},
		"not a mapping": {
			reason: "a list is not a configuration",
			text:   "- a\n",
			want:   []string{`c.yaml:1:1: the value has the wrong type (found a list, want a mapping) [wrong-type]`},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if _, found := decodeConfig(tc.text); !cmp.Equal(tc.want, found) {
				t.Errorf("%s (-want +got):\n%s", tc.reason, cmp.Diff(tc.want, found))
			}
		})
	}
}

func TestDecodeReadsScalarsAsTodaysToolsDo(t *testing.T) {
	cases := map[string]string{
		`text`: "text", `"4.10"`: "4.10", `4.10`: "4.1", `yes`: "true", `off`: "false", `0777`: "511",
		`1_000`: "1000", `12:30`: "12:30", `1e3`: "1000", `-1`: "-1", `0x10`: "16", `1.2.3`: "1.2.3", `'yes'`: "yes",
		`2023-01-02`: "2023-01-02", `.5`: "0.5", `!!str 5`: "5",
	}
	for text, want := range cases {
		config, found := decodeConfig(metadata + "rpm_build_location: " + text + "\n")
		if len(found) > 0 || config.RPMBuildLocation != want {
			t.Errorf("%s: got %q, want %q, problems %v", text, config.RPMBuildLocation, want, found)
		}
	}
}

func TestDecodeFollowsAliasesAndMerges(t *testing.T) {
	config, found := decodeConfig(metadata + `
base_images:
  one: &one {namespace: ns, name: x, tag: t}
  two: *one
  three: {<<: *one, tag: u}
`)
	want := map[string]schema.ImageStreamTagReference{
		"one":   {Namespace: "ns", Name: "x", Tag: "t"},
		"two":   {Namespace: "ns", Name: "x", Tag: "t"},
		"three": {Namespace: "ns", Name: "x", Tag: "u"},
	}
	if diff := cmp.Diff(want, config.BaseImages); diff != "" || found != nil {
		t.Errorf("problems %v (-want +got):\n%s", found, diff)
	}
}

func TestDecodeBoundsAliases(t *testing.T) {
	var bomb strings.Builder
	bomb.WriteString(metadata + "base_images:\n  a: &a0 {namespace: ns}\n")
	for level := range 8 {
		fmt.Fprintf(&bomb, "x%d: &a%d [%s]\n", level, level+1, strings.Repeat(fmt.Sprintf("*a%d, ", level), 10))
	}
	cases := map[string]struct{ text, want string }{
		"many levels": {bomb.String(), "c.yaml:10:10: the aliases expand beyond all bounds (found *a6, want at most 1000000 values in all) [yaml-aliases]"},
		"itself":      {metadata + "tests: &t\n- as: *t\n", "c.yaml:3:7: the aliases expand beyond all bounds (found *t, want at most 1000000 values in all) [yaml-aliases]"},
	}
	for name, tc := range cases {
		if _, found := decodeConfig(tc.text); !cmp.Equal([]string{tc.want}, found) {
			t.Errorf("%s: got %q, want %s", name, found, tc.want)
		}
	}
}

func TestLocate(t *testing.T) {
	text := []byte("a:\n  b:\n  - x: 1\n  - y: 2\n  \"c.d\": 3\n")
	cases := map[string][2]int{
		"": {1, 1}, "a": {1, 1}, "a.b": {2, 3}, "a.b[1]": {4, 5}, "a.b[1].y": {4, 5}, `a["c.d"]`: {5, 3},
		"a.b[7].x": {2, 3}, "nothing": {1, 1},
	}
	for path, want := range cases {
		if line, column := schema.Locate(text, path); line != want[0] || column != want[1] {
			t.Errorf("%q: got %d:%d, want %d:%d", path, line, column, want[0], want[1])
		}
	}
}

func TestSuggest(t *testing.T) {
	cases := map[string]string{"comands": "commands", "contaienr": "container", "zzz": "", "as": "as"}
	for name, want := range cases {
		if got := schema.Suggest(name, []string{"as", "commands", "container"}); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

func TestParseMetadata(t *testing.T) {
	for _, text := range []string{"o/r@b", "o/r@b__v", "o/r@release-4.1__v-2"} {
		parsed, err := schema.ParseMetadata(text)
		if err != nil || parsed.String() != text {
			t.Errorf("%s: got %s, %v", text, parsed, err)
		}
	}
	for _, text := range []string{"", "o/r", "o@b", "/r@b", "o/@b", "o/r@", "o/r/x@b"} {
		if parsed, err := schema.ParseMetadata(text); err == nil {
			t.Errorf("%q: got %s, want an error", text, parsed)
		}
	}
}

// A bare list is an older form of the cluster profiles' file, and how others are.
func TestLocateInABareList(t *testing.T) {
	text := []byte("- claim: a\n- name: b\n  claim: c\n")
	for path, want := range map[string][2]int{
		"[1].claim": {3, 3}, "cluster_profiles[1].name": {2, 3},
	} {
		if line, column := schema.Locate(text, path); line != want[0] || column != want[1] {
			t.Errorf("%q: got %d:%d, want %d:%d", path, line, column, want[0], want[1])
		}
	}
}
