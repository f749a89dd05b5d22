package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/resolver/httpapi"
	"github.com/drover-ci/drover/schema"
)

// located is a snapshot that knows where components are.
type located struct{ snapshot }

func (located) Way(finding resolver.Finding) []schema.Place {
	var way []schema.Place
	for i, component := range finding.Trail {
		if component.Kind != resolver.KindTest {
			way = append(way, schema.Place{File: component.Name + ".yaml", Line: i + 1, What: component.String()})
		}
	}
	return way
}

// An error begins as today's does, and ends with the files and lines that led to
// it.
func TestErrorsNameFilesAndLines(t *testing.T) {
	current := located{newSnapshot(t, "located", "install.sh")}
	server := start(t, httpapi.SourceFunc(func() (httpapi.Snapshot, bool) { return current, true }))
	got := server.ask(http.MethodPost, "/resolve", `{"tests": [{"as": "sent", "steps": {"workflow": "e2e"}}]}`)
	const want = "failed to resolve config: test sent: workflow e2e: step check: tests[0].steps.env: a parameter without default " +
		"needs a value (found none for SUITE of step check, want one under env) [unresolved-parameter] " +
		"(by way of workflow e2e at e2e.yaml:2, step check at check.yaml:3)\n"
	if got.code != http.StatusBadRequest || got.text != want {
		t.Errorf("got %d: %swant %s", got.code, got.text, want)
	}
}
