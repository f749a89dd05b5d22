package httpapi_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/drover-ci/drover/internal/corpus"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/resolver/httpapi"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
)

// BenchmarkConfig asks for all configurations of the corpus in rotation; the
// network is left out.
func BenchmarkConfig(b *testing.B) {
	tree, closeTree, err := repolayout.OpenFolder(corpus.Dir(b, "release-repo"))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = closeTree() }()
	repo, err := repolayout.Load(b.Context(), tree, nil)
	if err != nil {
		b.Fatal(err)
	}
	valid, problems := rules.AdmitWhole(b.Context(), nil, repo)
	if schema.HasErrors(problems) {
		b.Fatal(problems[0])
	}
	current := snapshot{revision: "corpus", catalog: valid.Catalog}
	source := httpapi.SourceFunc(func() (httpapi.Snapshot, bool) { return current, true })
	handler := httpapi.New(source, prometheus.NewRegistry(), slog.New(slog.DiscardHandler))
	for _, encoding := range []string{"identity", "gzip", "zstd"} {
		var requests []*http.Request
		for entry := range valid.Catalog.Entries() {
			m := entry.Config.Metadata
			query := url.Values{"org": {m.Org}, "repo": {m.Repo}, "branch": {m.Branch}, "variant": {m.Variant}}
			request := httptest.NewRequest(http.MethodGet, "/config?"+query.Encode(), http.NoBody)
			request.Header.Set("Accept-Encoding", encoding)
			requests = append(requests, request)
		}
		b.Run(encoding, func(b *testing.B) { rotate(b, handler, requests) })
	}
}

func rotate(b *testing.B, handler http.Handler, requests []*http.Request) {
	b.Helper()
	for _, request := range requests { // the first time pieces are made
		handler.ServeHTTP(&discarded{header: http.Header{}}, request)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		handler.ServeHTTP(&discarded{header: http.Header{}}, requests[i%len(requests)])
		i++
	}
}

// discarded is an answer that nobody reads.
type discarded struct{ header http.Header }

func (d *discarded) Header() http.Header         { return d.header }
func (d *discarded) Write(p []byte) (int, error) { return len(p), nil }
func (d *discarded) WriteHeader(int)             {}
