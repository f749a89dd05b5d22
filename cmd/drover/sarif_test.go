package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/drover-ci/drover/internal/badrepo"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
)

// sarifSchema is the format's official schema, formats of texts included.
func sarifSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "sarif", "sarif-2.1.0.json"))
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("sarif", document); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("sarif")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// allBadProblems are those of all broken repositories, as one report, with some
// of files whose names no URI can have as they are.
func allBadProblems(t *testing.T) []schema.Problem {
	t.Helper()
	var problems []schema.Problem
	for _, id := range badrepo.All(t) {
		tree, closeTree, err := repolayout.OpenFolder(badrepo.Folder(id))
		if err != nil {
			t.Fatal(err)
		}
		repo, err := repolayout.Load(t.Context(), tree, nil)
		if err != nil {
			t.Fatal(err)
		}
		problems = append(problems, withMade(rules.Check(t.Context(), nil, repo).Problems, repo)...)
		if err := closeTree(); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"a b.yaml", "50%.yaml", "a:b.yaml", "ä#?.yaml", `a\b.yaml`} {
		problems = append(problems, schema.Problem{File: name, Rule: schema.RuleSyntax, Severity: schema.Error, Message: "text\nand \"more\""})
	}
	return problems
}

// TestSARIFIsValid holds a report of every problem of the broken repositories
// against the format's official schema, and against what a schema cannot say.
func TestSARIFIsValid(t *testing.T) {
	official := sarifSchema(t)
	var kinds struct{ warnings, whole, related int }
	for name, problems := range map[string][]schema.Problem{"none": nil, "all": allBadProblems(t)} {
		var printed bytes.Buffer
		if err := (report{Problems: problems}).printSARIF(&console{stdout: &printed}); err != nil {
			t.Fatal(err)
		}
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(printed.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if err := official.Validate(document); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var log sarifLog
		if err := json.Unmarshal(printed.Bytes(), &log); err != nil {
			t.Fatal(err)
		}
		results := log.Runs[0].Results
		if len(results) != len(problems) {
			t.Errorf("%s: %d results of %d problems", name, len(results), len(problems))
		}
		for i, result := range results {
			if !slices.ContainsFunc(log.Runs[0].Tool.Driver.Rules, func(r sarifRule) bool { return r.ID == result.RuleID }) {
				t.Errorf("%s is not among the rules", result.RuleID)
			}
			if problems[i].Severity == schema.Warning {
				kinds.warnings++
			}
			if result.Locations[0].PhysicalLocation.Region == nil {
				kinds.whole++
			}
			kinds.related += len(result.RelatedLocations)
		}
	}
	if kinds.warnings == 0 || kinds.whole == 0 || kinds.related == 0 {
		t.Errorf("not every form of a problem was tried: %+v", kinds)
	}
}

// TestSARIFSchemaRefuses shows that the schema is one that refuses something.
func TestSARIFSchemaRefuses(t *testing.T) {
	official := sarifSchema(t)
	for reason, text := range map[string]string{
		"no runs":          `{"version":"2.1.0"}`,
		"another version":  `{"version":"2.0.0","runs":[]}`,
		"an unknown level": `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"d"}},"results":[{"level":"fatal","message":{"text":"x"}}]}]}`,
		"line 0":           `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"d"}},"results":[{"message":{"text":"x"},"locations":[{"physicalLocation":{"region":{"startLine":0}}}]}]}]}`,
		"a space in a URI": `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"d","informationUri":"a b"}}}]}`,
	} {
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(text)))
		if err != nil {
			t.Fatal(err)
		}
		if official.Validate(document) == nil {
			t.Errorf("%s passes: %s", reason, text)
		}
	}
}
