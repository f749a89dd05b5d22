package rules_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/drover-ci/drover/schema/rules"
)

// source is the code of all modules, as far as rules are concerned.
type source struct {
	// ids are the rules that constants of the program name, each with a file.
	ids map[string]string
	// literals are places where a problem's rule is no constant.
	literals []string
	// tests are the names of all tests.
	tests map[string]bool
}

// inCUE finds the rules that constraints of the schema name.
var inCUE = regexp.MustCompile(`@rule\(([a-z-]+)\)`)

func readSource(t *testing.T) source {
	t.Helper()
	read := source{ids: map[string]string{}, tests: map[string]bool{}}
	root := os.DirFS("../..")
	err := fs.WalkDir(root, ".", func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains([]string{".git", "bin", "testdata", "localcluster", "tools"}, file):
			return fs.SkipDir
		case path.Ext(file) == ".cue":
			content, err := fs.ReadFile(root, file)
			for _, match := range inCUE.FindAllSubmatch(content, -1) {
				read.ids[string(match[1])] = file
			}
			return err
		case path.Ext(file) == ".go":
			content, err := fs.ReadFile(root, file)
			if err != nil || !strings.Contains(string(content), "ule") && !strings.HasSuffix(file, "_test.go") {
				return err
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), file, content, parser.SkipObjectResolution)
			if err == nil {
				read.file(file, parsed)
			}
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func (s *source) file(name string, file *ast.File) {
	isTest := strings.HasSuffix(name, "_test.go")
	ast.Inspect(file, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.FuncDecl:
			if isTest && strings.HasPrefix(node.Name.Name, "Test") {
				s.tests[path.Dir(name)+"."+node.Name.Name] = true
			}
		case *ast.ValueSpec:
			for i, value := range node.Values {
				if text, ok := literal(value); ok && !isTest && strings.HasPrefix(strings.ToLower(node.Names[i].Name), "rule") {
					s.ids[text] = name
				}
			}
		case *ast.KeyValueExpr:
			key, _ := node.Key.(*ast.Ident)
			if text, ok := literal(node.Value); ok && !isTest && key != nil && key.Name == "Rule" {
				s.literals = append(s.literals, name+": "+text)
			}
		}
		return true
	})
}

func literal(value ast.Expr) (string, bool) {
	basic, ok := value.(*ast.BasicLit)
	if !ok || basic.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(basic.Value)
	return text, err == nil
}

// TestTheTableHasEveryRule reads the code of the program: a rule that anything
// could report is in the table, and the table has no other.
func TestTheTableHasEveryRule(t *testing.T) {
	code := readSource(t)
	for _, where := range code.literals {
		t.Errorf("%s: name the rule by a constant RuleX, which this test can find", where)
	}
	for _, id := range slices.Sorted(maps.Keys(code.ids)) {
		if _, ok := rules.Find(id); !ok {
			t.Errorf("%s, of %s, is not in the table", id, code.ids[id])
		}
	}
	for _, rule := range rules.Table() {
		if code.ids[rule.ID] == "" {
			t.Errorf("%s is in the table, and no code reports it", rule.ID)
		}
		if rule.Title == "" || rule.Why == "" || !strings.HasSuffix(rule.Title, ".") || !strings.HasSuffix(rule.Why, ".") {
			t.Errorf("%s: a rule says in sentences what must hold, and why", rule.ID)
		}
	}
	if count := len(slices.CompactFunc(rules.Table(), func(a, b rules.Rule) bool { return a.ID == b.ID })); count != len(rules.Table()) {
		t.Error("a rule is in the table twice")
	}
	for id, test := range shownByTests() {
		if !code.tests[test] {
			t.Errorf("%s is shown by %s, which there is not", id, test)
		}
	}
}

// shownByTests are the rules that no repository by itself can break: tests show
// them, which make what is too large to be kept, or have a cluster.
func shownByTests() map[string]string {
	return map[string]string{
		"file-too-large":    "schema/rules.TestALargeFileIsRefused",
		"publish-size":      "generators/configmaps.TestPublishRefusesWhatTheServerWould",
		"cluster-object":    "reconciler/apply.TestRefusedRevisionsWriteNothing",
		"cluster-duplicate": "reconciler/apply.TestRefusedRevisionsWriteNothing",
		"cluster-empty":     "reconciler/apply.TestGuards",
		"cluster-prune":     "reconciler/apply.TestGuards",
		"cluster-owner":     "reconciler/apply.TestObjectsOfAnotherOwnerAreRefused",
		"cluster-refused":   "reconciler/apply.TestRefusedRevisionsWriteNothing",
		"lease-held":        "cmd/drover.TestHeldLeasesSpeakAgainstChanges",
	}
}
