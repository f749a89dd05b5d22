package httpapi_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/drover-ci/drover/resolver/httpapi"
)

type openAPI struct {
	Paths map[string]map[string]struct {
		Parameters []struct {
			Name     string `json:"name"`
			Required bool   `json:"required"`
		} `json:"parameters"`
		Responses map[string]any `json:"responses"`
	} `json:"paths"`
}

// The document says what there is: every path with its methods, and what each
// asks for.
func TestOpenAPI(t *testing.T) {
	server, _ := serve(t)
	var document openAPI
	got := server.get("/openapi.json")
	if err := json.Unmarshal([]byte(got.text), &document); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(httpapi.Paths(), slices.Sorted(maps.Keys(document.Paths))); diff != "" {
		t.Errorf("paths: -want +got:\n%s", diff)
	}
	for path, methods := range document.Paths {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			operation, documented := methods[strings.ToLower(method)]
			answer := server.ask(method, path, "")
			if !documented {
				if answer.code != http.StatusNotImplemented {
					t.Errorf("%s %s is not in the document: got %d, want 501", method, path, answer.code)
				}
				continue
			}
			if _, ok := operation.Responses[strconv.Itoa(answer.code)]; !ok {
				t.Errorf("%s %s: the document does not know the answer %d: %s", method, path, answer.code, answer.text)
			}
			var required []string
			for _, parameter := range operation.Parameters {
				if parameter.Required {
					required = append(required, parameter.Name)
				}
			}
			checkRequired(t, server, path, required)
		}
	}
}

// The document is one by the official schema, and what it says of values are
// schemas themselves.
func TestOpenAPIIsValid(t *testing.T) {
	server, _ := serve(t)
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	schema, err := compiler.Compile("testdata/openapi-3.1.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	text := server.get("/openapi.json").text
	document := decode(t, text)
	if err := schema.Validate(document); err != nil {
		t.Errorf("%#v", err)
	}
	if n := checkSchemas(t, "openapi.json", document); n < 50 {
		t.Errorf("only %d schemas are found", n)
	}
	// What judges has teeth.
	for from, to := range map[string]string{
		`"title": "Drover's resolver",`: ``, `"/config": {`: `"config": {`, `"paths": {`: `"pathes": {`, `"in": "query"`: `"in": "body"`,
	} {
		if spoiled := strings.Replace(text, from, to, 1); spoiled == text || schema.Validate(decode(t, spoiled)) == nil {
			t.Errorf("with %s in the place of %s it is valid too", to, from)
		}
	}
}

func decode(t *testing.T, text string) any {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// checkSchemas holds all schemas in a value against the language of schemas, and
// counts them.
func checkSchemas(t *testing.T, where string, value any) int {
	t.Helper()
	found := 0
	switch value := value.(type) {
	case []any:
		for i, each := range value {
			found += checkSchemas(t, where+"/"+strconv.Itoa(i), each)
		}
	case map[string]any:
		for name, each := range value {
			if name == "schema" {
				found++
				compiler := jsonschema.NewCompiler()
				if err := compiler.AddResource("schema.json", each); err != nil {
					t.Fatal(err)
				}
				if _, err := compiler.Compile("schema.json"); err != nil {
					t.Errorf("%s: %v", where, err)
				}
				continue
			}
			found += checkSchemas(t, where+"/"+name, each)
		}
	}
	return found
}

// checkRequired leaves out each required parameter in turn.
func checkRequired(t *testing.T, server server, path string, required []string) {
	t.Helper()
	for i, missing := range required {
		var query []string
		for _, name := range required[:i] {
			query = append(query, name+"=x")
		}
		answer := server.get(path + "?" + strings.Join(query, "&"))
		if want := missing + " query missing or incorrect\n"; answer.code != http.StatusBadRequest || answer.text != want {
			t.Errorf("%s without %s: got %d %s", path, missing, answer.code, answer.text)
		}
	}
}
