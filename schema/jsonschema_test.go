package schema_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"sigs.k8s.io/yaml"

	"github.com/drover-ci/drover/fixtures"
	"github.com/drover-ci/drover/internal/corpus"
	"github.com/drover-ci/drover/schema"
)

// editorSchemas compiles the published schemas, by kind.
func editorSchemas(t *testing.T) map[string]*jsonschema.Schema {
	t.Helper()
	all := map[string]*jsonschema.Schema{}
	for _, kind := range schema.Kinds() {
		data, err := os.ReadFile(filepath.Join("jsonschema", kind.Name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(data)))
		if err != nil {
			t.Fatal(err)
		}
		compiler := jsonschema.NewCompiler()
		if err := compiler.AddResource(kind.Name, document); err != nil {
			t.Fatal(err)
		}
		if all[kind.Name], err = compiler.Compile(kind.Name); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// kindOf is the kind of a file by its path; of several the longest glob counts.
func kindOf(t *testing.T, file string) string {
	t.Helper()
	name, longest := "", 0
	for _, kind := range schema.Kinds() {
		for _, glob := range kind.Files {
			if matched, err := doublestar.Match(glob, file); err != nil {
				t.Fatal(err)
			} else if matched && len(glob) > longest {
				name, longest = kind.Name, len(glob)
			}
		}
	}
	return name
}

// judge is an editor's verdict.
func judge(t *testing.T, by *jsonschema.Schema, data []byte) error {
	t.Helper()
	text, err := yaml.YAMLToJSON(data)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return by.Validate(value)
}

// TestEditorsAcceptWhatIsRight holds the schemas against the sample whole, and
// against every fifteenth file of the full-scale repository.
func TestEditorsAcceptWhatIsRight(t *testing.T) {
	schemas := editorSchemas(t)
	trees := []fs.FS{fixtures.Release()}
	if os.Getenv(corpus.Variable) != "" {
		trees = append(trees, os.DirFS(corpus.Dir(t, "release-repo")))
	}
	judged := map[string]int{}
	for i, tree := range trees {
		seen := 0
		err := fs.WalkDir(tree, ".", func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return err
			}
			kind := kindOf(t, path)
			if kind == "" {
				return nil
			}
			if seen++; i > 0 && seen%15 != 0 && strings.Count(path, "/") > 3 {
				return nil
			}
			data, err := fs.ReadFile(tree, path)
			if err != nil {
				return err
			}
			judged[kind]++
			if err := judge(t, schemas[kind], data); err != nil {
				t.Errorf("%s as %s: %v", path, kind, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("files by kind: %v", judged)
	if len(judged) < 10 {
		t.Error("too few kinds of files were judged")
	}
}

// TestEditorsFindWhatIsWrong takes the broken repositories of fixtures/bad whose
// mistake is one of shape: what the decoder refuses, the schema does.
func TestEditorsFindWhatIsWrong(t *testing.T) {
	schemas := editorSchemas(t)
	root := os.DirFS(filepath.Join("..", "fixtures", "bad"))
	judged := 0
	for _, rule := range []string{schema.RuleUnknownField, schema.RuleMissingField, schema.RuleWrongType, schema.RuleWrongValue} {
		wants, err := fs.ReadFile(root, rule+"/want.txt")
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(wants)) {
			file, _, _ := strings.Cut(line, ":")
			data, err := fs.ReadFile(root, rule+"/"+file)
			if err != nil {
				t.Fatal(err)
			}
			judged++
			if judge(t, schemas[kindOf(t, file)], data) == nil {
				t.Errorf("%s of %s passes, but has: %s", file, rule, line)
			}
		}
	}
	if judged < 4 {
		t.Errorf("only %d files were judged", judged)
	}
}

// TestEditorsFindMutations breaks the sample's configurations in one place after
// the other. What the decoder finds wrong in shape, the schema finds too.
func TestEditorsFindMutations(t *testing.T) {
	by := editorSchemas(t)["ci-operator"]
	sample := fixtures.Release()
	files, err := fs.Glob(sample, "ci-operator/config/*/*/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	broken, refused := 0, 0
	for _, file := range files {
		data, err := fs.ReadFile(sample, file)
		if err != nil {
			t.Fatal(err)
		}
		for _, mutant := range mutants(t, data) {
			var config schema.Config
			found := schema.Decode(file, mutant, &config)
			wrong := slices.ContainsFunc(found, func(p schema.Problem) bool {
				return p.Rule == schema.RuleUnknownField || p.Rule == schema.RuleMissingField || p.Rule == schema.RuleWrongType
			})
			err := judge(t, by, mutant)
			switch {
			case wrong && err == nil:
				t.Errorf("passes, but has %v:\n%s", found, mutant)
			case !schema.HasErrors(found) && err != nil:
				t.Errorf("is refused, but has no problem: %v\n%s", err, mutant)
			}
			if broken++; err != nil {
				refused++
			}
		}
	}
	t.Logf("%d mutants, %d refused", broken, refused)
	if refused < 500 {
		t.Error("too few mutants are wrong")
	}
}

// mutants are a document with one name, or one value, changed.
func mutants(t *testing.T, data []byte) [][]byte {
	t.Helper()
	var all [][]byte
	for i := 0; ; i++ {
		var document any
		if err := yaml.Unmarshal(data, &document); err != nil {
			t.Fatal(err)
		}
		left := i
		document = mutate(document, &left)
		if left >= 0 {
			return all
		}
		text, err := json.Marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text)
	}
}

// mutate counts places down to 0 and changes that one.
func mutate(value any, left *int) any {
	here := func() bool { *left--; return *left == -1 }
	switch value := value.(type) {
	case map[string]any:
		names := make([]string, 0, len(value))
		for name := range value {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			inner := value[name]
			if here() {
				delete(value, name)
				value[name+"x"] = inner
				return value
			}
			if here() {
				delete(value, name)
				return value
			}
			value[name] = mutate(inner, left)
		}
		if here() {
			return []any{value}
		}
	case []any:
		for i := range value {
			value[i] = mutate(value[i], left)
		}
		if here() {
			return map[string]any{"a": value}
		}
	default:
		if here() {
			return []any{fmt.Sprint(value)}
		}
	}
	return value
}
