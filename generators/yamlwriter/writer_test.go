package yamlwriter_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/drover-ci/drover/generators/yamlwriter"
)

// tricky are strings that YAML reads in ways one does not expect.
func tricky() []string {
	return slices.Concat(words(), marks(), numbers(), scripts(), long())
}

func words() []string {
	return []string{
		"", " ", "a", " a", "a ", "~", "null", "yes", "No", "on", "y", "Y", "true", "TRUE", "tRUE", "<<", "=",
		"nan", ".nan", "-.inf",
	}
}

func marks() []string {
	return []string{
		".", "..", "...", "---", "--", "-", "- a", "-a", "a - b", "a: b", "a:", ":", ": a", ":a", "a:b",
		"a #b", "a#b", "#a", "?", "? a", "?a", "a?", "[images]", "a[0]", "{a}", "&a", "*a", "*/5 * * * *", "!a",
		"|", "> a", "%a", "@daily", "`a`", "'", "it's", "'a'", `"`, `"a"`, `a"b`, `\`, `a\b`,
		`(?m)^/test( | .* )unit,?($|\s.*)`,
	}
}

func numbers() []string {
	return []string{
		"0", "1", "007", "0x1f", "0b1", "0o7", "1_000", "+1", "-1", "1.", ".5", "4.15", "4.15.1", "1e3", "1e",
		"+.inf", "0 4 * * *", "0 0 1 1 0", "12:30:45", "190:20:30.15", "2001-01-01", "2001-01-01T00:00:00Z",
		"8h0m0s", "0.0.0.0", "1,2",
	}
}

func scripts() []string {
	return []string{
		"a\nb", "a\n", "\na", "a\n\nb\n", "a \nb", "\ta", "a\tb", "ä", "\u65e5\u672c", "a\u2028b", "\u0085",
		"\x00", "\u007f", "\ufeff", "\U0001f44d", "\xff",
	}
}

func long() []string {
	return []string{
		strings.Repeat("long ", 40), strings.Repeat("it's ", 30), strings.Repeat("x", 200),
		strings.Repeat("x", 75) + " y z " + strings.Repeat("x", 90), strings.Repeat("*x ", 60),
		"a" + strings.Repeat(" ", 100) + "b",
	}
}

// document has every way to write a string, at several depths.
type document struct {
	Keyed map[string][]item `json:"keyed"`
	Top   string            `json:"top"`
}

type item struct {
	First  string            `json:"first"`
	Labels map[string]string `json:"labels"`
	List   []string          `json:"list"`
	Nested []inner           `json:"nested"`
	Number int               `json:"number"`
	Truth  bool              `json:"truth"`
}

type inner struct {
	Deep inmost `json:"deep"`
	Name string `json:"name"`
}

type inmost struct {
	List []string `json:"list"`
	Text string   `json:"text"`
}

func makeDocument(text, other string) document {
	it := item{
		First:  text,
		Labels: map[string]string{"a": other, "label/b": text},
		List:   []string{other, text},
		Nested: []inner{
			{Deep: inmost{List: []string{text}, Text: other}, Name: text},
			{Deep: inmost{List: []string{}}, Name: other},
		},
		Number: len(text),
		Truth:  text < other,
	}
	if key := strings.ToValidUTF8(text, "?"); key != "" && len(key) < 100 {
		it.Labels[key] = other
	}
	return document{Keyed: map[string][]item{"org/repo": {it, it}}, Top: text}
}

func write(w *yamlwriter.Writer, doc document) ([]byte, error) {
	w.Open("keyed")
	for key, items := range doc.Keyed {
		w.OpenKey(key)
		for _, it := range items {
			w.Item()
			writeItem(w, it)
		}
		w.Close()
	}
	w.Close()
	w.String("top", doc.Top)
	return w.Bytes()
}

func writeItem(w *yamlwriter.Writer, it item) {
	w.String("first", it.First)
	pairs := make([]yamlwriter.Pair, 0, len(it.Labels))
	for _, key := range slices.Sorted(maps.Keys(it.Labels)) {
		pairs = append(pairs, yamlwriter.Pair{Key: key, Value: it.Labels[key]})
	}
	w.Pairs("labels", pairs)
	w.Strings("list", it.List)
	w.Open("nested")
	for _, in := range it.Nested {
		w.Item()
		w.Open("deep")
		w.Strings("list", in.Deep.List)
		w.String("text", in.Deep.Text)
		w.Close()
		w.String("name", in.Name)
	}
	w.Close()
	w.Int("number", it.Number)
	w.Bool("truth", it.Truth)
}

func check(t *testing.T, doc document) {
	t.Helper()
	want, err := yaml.Marshal(doc)
	if err != nil {
		t.Skip(err)
	}
	got, err := write(&yamlwriter.Writer{}, doc)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("differs from sigs.k8s.io/yaml (-want +got):\n%s", diff)
	}
}

func TestWriterAgreesWithLibrary(t *testing.T) {
	for _, text := range tricky() {
		for _, other := range []string{"plain", text, "it's: *x"} {
			check(t, makeDocument(text, other))
		}
	}
}

// FuzzWriter holds the Writer against sigs.k8s.io/yaml.
func FuzzWriter(f *testing.F) {
	for _, text := range tricky() {
		f.Add(text, "other")
	}
	f.Fuzz(func(t *testing.T, text, other string) { check(t, makeDocument(text, other)) })
}

func TestWriterKeepsSpecialKeys(t *testing.T) {
	for _, key := range []string{"org/repo", "4.15", "true", "*", "a: b", "ä", "org/repo-" + strings.Repeat("x", 100)} {
		w := &yamlwriter.Writer{}
		doc := document{Keyed: map[string][]item{key: makeDocument("a", "b").Keyed["org/repo"]}}
		want, err := yaml.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		got, err := write(w, doc)
		if diff := cmp.Diff(string(want), string(got)); diff != "" || err != nil {
			t.Errorf("key %q: error %v, (-want +got):\n%s", key, err, diff)
		}
	}
}

func TestWriterReportsWhatCannotBeWritten(t *testing.T) {
	w := &yamlwriter.Writer{}
	w.Value("field", func() {})
	if _, err := w.Bytes(); err == nil || !strings.HasPrefix(err.Error(), "write YAML: ") {
		t.Errorf("error %v, want one that starts with \"write YAML: \"", err)
	}
	w.Reset()
	if got, err := w.Bytes(); len(got) != 0 || err != nil {
		t.Errorf("after Reset: %q, %v", got, err)
	}
}

func BenchmarkWriter(b *testing.B) {
	it := item{
		First:  "(?m)^/test( | .* )unit,?($|\\s.*)",
		Labels: map[string]string{"ci.openshift.io/generator": "prowgen", "job-release": "4.21"},
		List:   []string{"--gcs-upload-secret=/secrets/gcs/service-account.json", "--target=[images]", "[images]"},
	}
	doc := document{Keyed: map[string][]item{"org/repo": {it, it, it}}, Top: "text"}
	w := &yamlwriter.Writer{}
	for b.Loop() {
		w.Reset()
		out, err := write(w, doc)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(out)))
	}
}
