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
	want := append(httpapi.EndpointPaths(), "/healthz", "/metrics", "/openapi.json")
	slices.Sort(want)
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(document.Paths))); diff != "" {
		t.Errorf("paths: -want +got:\n%s", diff)
	}
	for path, methods := range document.Paths {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			operation, documented := methods[strings.ToLower(method)]
			answer := server.ask(method, path, "")
			if !documented {
				if answer.code != http.StatusNotImplemented && slices.Contains(httpapi.EndpointPaths(), path) {
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
