package httpapi_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/resolver/httpapi"
	"github.com/drover-ci/drover/schema"
)

// While revisions change, every answer is of one of them, and says of which.
func TestOneSnapshotForARequest(t *testing.T) {
	server, source := serve(t)
	revisions := []snapshot{newSnapshot(t, "one", "one.sh"), newSnapshot(t, "two", "two.sh")}
	source.current.Store(&revisions[0])
	stop := make(chan struct{})
	var readers, writer sync.WaitGroup
	writer.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				source.current.Store(&revisions[i%2])
			}
		}
	})
	for range 4 {
		readers.Go(func() { readConsistently(t, server) })
	}
	readers.Wait()
	close(stop)
	writer.Wait()
}

func readConsistently(t *testing.T, server server) {
	t.Helper()
	for range 50 {
		got := server.get("/config?" + glider)
		revision := got.header.Get("Drover-Revision")
		if !strings.Contains(got.text, revision+".sh") {
			t.Errorf("the answer of %s is without its script: %s", revision, got.text)
		}
	}
}

// Asking again costs little: a configuration among many of its repository is
// found without compiling an expression, and neither resolved nor encoded again.
func TestAskingAgainCostsLittle(t *testing.T) {
	registry, findings := resolver.NewRegistry(resolver.Components{Refs: []*schema.RegistryRef{&parse[schema.RefFile](t, steps).Ref}})
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	var all []*schema.Config
	for i := range 300 {
		all = append(all, parse[schema.Config](t, fmt.Sprintf(`
zz_generated_metadata: {org: acme, repo: rocket, branch: "release-%d.[0-9]+"}
tests: [{as: e2e, steps: {test: [{ref: install}]}}]`, i)))
	}
	current := snapshot{revision: "one", catalog: resolver.NewCatalog(registry, all)}
	source := httpapi.SourceFunc(func() (httpapi.Snapshot, bool) { return current, true })
	handler := httpapi.New(source, prometheus.NewRegistry(), slog.New(slog.DiscardHandler))
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/config?org=acme&repo=rocket&branch=release-299.1", http.NoBody)
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	if !strings.Contains(recorder.Body.String(), "release-299") {
		t.Fatalf("got %d %s", recorder.Code, recorder.Body)
	}
	// It is some 25, and ten times that with the race detector. With an expression
	// compiled for each of the 300 it would be over 10,000.
	const most = 1000
	got := testing.AllocsPerRun(100, func() { handler.ServeHTTP(&discarded{header: http.Header{}}, request) })
	if got > most {
		t.Errorf("%.0f allocations for a request, want at most %d", got, most)
	}
	t.Logf("%.0f allocations", got)
	for entry := range current.catalog.Entries() {
		first, err := current.catalog.Resolved(entry).Body()
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := current.catalog.Resolved(entry).Body(); again != first {
			t.Fatalf("%s is made anew each time", entry.Config.Metadata)
		}
	}
}
