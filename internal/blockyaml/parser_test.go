package blockyaml_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/drover-ci/drover/fixtures"
	"github.com/drover-ci/drover/internal/blockyaml"
	"github.com/drover-ci/drover/internal/corpus"
)

// whole is what yaml.v3 makes of a file of one document.
func whole(data []byte) (*yaml.Node, error) {
	documents := yaml.NewDecoder(bytes.NewReader(data))
	var document, next yaml.Node
	if err := documents.Decode(&document); err != nil {
		return nil, err
	}
	if err := documents.Decode(&next); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("more than one document: %w", err)
	}
	return document.Content[0], nil
}

// lines writes a node and all below it, one to a line, with all that decoders
// look at.
func lines(node *yaml.Node) string {
	var text strings.Builder
	var write func(node *yaml.Node, depth int)
	write = func(node *yaml.Node, depth int) {
		fmt.Fprintf(&text, "%s%d:%d kind %d style %d %s %q\n",
			strings.Repeat("  ", depth), node.Line, node.Column, node.Kind, node.Style, node.ShortTag(), node.Value)
		for _, child := range node.Content {
			write(child, depth+1)
		}
	}
	write(node, 0)
	return text.String()
}

// compare holds what the package makes of a file, if it makes anything,
// against what yaml.v3 does.
func compare(t *testing.T, arena *blockyaml.Arena, data []byte) (parsed bool) {
	t.Helper()
	root, ok := blockyaml.Parse(data, arena)
	if !ok {
		return false
	}
	want, err := whole(data)
	if err != nil {
		t.Fatalf("made nodes of what yaml.v3 refuses: %v", err)
	}
	if want, got := lines(want), lines(root); got != want {
		t.Fatalf("-yaml.v3 +blockyaml:\n%s", cmp.Diff(want, got))
	}
	return true
}

// known are forms that the package reads.
func known() map[string]string {
	return map[string]string{
		"mapping":             "a: b\nc: d\n",
		"no end of line":      "a: b",
		"marker":              "---\na: b\n",
		"nested":              "a:\n  b:\n    c: d\n  e: f\n",
		"sequence":            "- a\n- b\n",
		"sequence of mapping": "- a: b\n  c: d\n-   e: f\n    g: h\n",
		"indented sequence":   "a:\n  - b\n  - c\nd: e\n",
		"same column":         "a:\n- b\n- c\nd: e\n",
		"sequences in one":    "- - a\n  - b\n-\n  - c\n",
		"nothing":             "a:\nb:\n  c:\nd:\n",
		"nothing in sequence": "-\n- a\n-\n",
		"comments":            "# one\n\na: b # two\n # three\nc: # four\n  d # five\n",
		"hash":                "a: b#c\nd: '#'\n",
		"plain lines":         "a: one two\n  three\n\n\n  four\nb: c\n",
		"plain lines below":   "a:\n  one\n  two\nb: c\n",
		"colons":              "a: b:c\nd: e::f\ng: http://h\n",
		"dashes":              "a: -b\n-c: d - e\n",
		"numbers":             "a: 1\nb: 0x10\nc: 1.5\nd: true\ne: ~\nf: null\ng: 2001-01-01\nh: <\n",
		"double quotes":       "a: \"b c\"\nd: \"e \\\"f\\\" \\\\ \\n\\t it's\"\n\"g h\": i\n\"j\" : k\n",
		"single quotes":       "a: 'b'\nc: 'it''s \"d\"'\n'*': e\n",
		"folded quotes":       "a: \"b\n  c \\\n  d\n\n  e\"\nf: 'g\n  h\n\n\n  i'\n",
		"escaped blanks":      "a: \"b \\\n  \\ c\"\n",
		"literal":             "a: |\n  b\n    c\n\n  d\ne: f\n",
		"literal, strip":      "a: |-\n  b\n\n\nc: d\n",
		"literal, keep":       "a: |+\n  b\n\n\nc: d\n",
		"literal, comment":    "a: | # b\n  # c\n# d\ne: f\n",
		"literal, tabs":       "a: |\n  b\tc\n  \td\n",
		"literal, no end":     "a: |\n  b",
		"literal, kept end":   "a: |+\n  b",
		"literal, blanks":     "a: |\n\n  b\n   \n  c\n \n",
		"folded":              "a: >\n  b\n  c\n\n  d\n    e\n    f\n  g\n\n\n  h\n",
		"folded, strip":       "a: >-\n\n  b\n\n    c\n\n  d\n",
		"literal in sequence": "- |\n  a\n- |-\n b\n",
		"not ASCII":           "ä: ö # –\n\"ü\": [ß, é]\n",
		"flow":                "a: [b, 'c', \"d\", -1, {}, []]\ne: {f: g, h: [i j, k]}\nl: [ m , n, ]\no: [p/**/*.q&r]\n",
	}
}

func TestKnownFormsAreReadAsByYAML(t *testing.T) {
	arena := new(blockyaml.Arena)
	for name, text := range known() {
		t.Run(name, func(t *testing.T) {
			if !compare(t, arena, []byte(text)) {
				t.Errorf("declined:\n%s", text)
			}
		})
	}
}

// TestOtherFormsAreDeclined has what is left to yaml.v3.
func TestOtherFormsAreDeclined(t *testing.T) {
	cases := map[string]string{
		"empty":                 "",
		"blank":                 "\n\n",
		"scalar":                "a\n",
		"literal cut in blanks": "a: |\n  b\n  ",
		"anchor":                "a: &b c\n",
		"alias":                 "a: *b\n",
		"merge":                 "a:\n  <<: {b: c}\n",
		"tag":                   "a: !!str b\n",
		"question mark":         "? a\n: b\n",
		"second document":       "a: b\n---\nc: d\n",
		"end of document":       "a: b\n...\n",
		"directive":             "%YAML 1.1\n---\na: b\n",
		"tab":                   "a:\tb\n",
		"tab before key":        "\ta: b\n",
		"carriage return":       "a: b\r\n",
		"line separator":        "a: \u2028b\n",
		"not UTF-8":             "a: \xff\n",
		"width of literal":      "a: |2\n   b\n",
		"wide blank line":       "a: |\n     \n  b\n",
		"flow lines":            "a: [b,\n  c]\n",
		"flow pair":             "a: [b: c]\n",
		"escape by number":      "a: \"\\x41\"\n",
		"wrong indentation":     "a:\n    b: c\n  d: e\n",
		"mapping in plain":      "a: b: c\n",
		"sequence in value":     "a: - b\n",
		"text after quotes":     "a: \"b\" c\n",
		"quote without end":     "a: \"b\n",
		"comment in plain":      "a: b\n  # c\n  d\n",
		"too deep":              strings.Repeat("- ", 200) + "a\n",
		"long key":              strings.Repeat("a", 1100) + ": b\n",
		"indented too much":     "a: b\n  c: d\n",
		"entry for a key":       "a: b\n- c\n",
		"key for an entry":      "- a\nb: c\n",
		"quoted to column 0":    "a: \"b\nc\"\n",
	}
	for name, text := range cases {
		t.Run(name, func(t *testing.T) {
			if compare(t, new(blockyaml.Arena), []byte(text)) {
				t.Errorf("read:\n%s", text)
			}
		})
	}
}

// TestEveryFileIsReadAsByYAML compares all files of the sample and, where there
// is one, of the full-scale repository. Nearly none is declined.
func TestEveryFileIsReadAsByYAML(t *testing.T) {
	sample, err := fs.Sub(fixtures.Release(), "ci-operator") // manifests are of several documents
	if err != nil {
		t.Fatal(err)
	}
	trees := []fs.FS{sample}
	if root := os.Getenv(corpus.Variable); root != "" {
		release := filepath.Join(root, "release-repo", "ci-operator")
		trees = append(trees, os.DirFS(filepath.Join(release, "config")), os.DirFS(filepath.Join(release, "step-registry")))
	}
	arena := new(blockyaml.Arena)
	files, declined := 0, 0
	for _, tree := range trees {
		err := fs.WalkDir(tree, ".", func(path string, entry fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".yaml" || !entry.Type().IsRegular() {
				return err
			}
			data, err := fs.ReadFile(tree, path)
			if err != nil {
				return err
			}
			files++
			if !compare(t, arena, data) {
				declined++
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d files, %d declined", files, declined)
	if declined*20 > files {
		t.Errorf("%d of %d files are declined", declined, files)
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range known() {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) { compare(t, new(blockyaml.Arena), data) })
}
