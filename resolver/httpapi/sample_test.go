package httpapi_test

import (
	"encoding/json"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/fixtures"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/resolver/httpapi"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
)

// Every configuration of the sample repository is answered as it is resolved.
func TestSample(t *testing.T) {
	repo, err := repolayout.Load(t.Context(), repolayout.FromFS(fixtures.Release()), nil)
	if err != nil {
		t.Fatal(err)
	}
	valid, problems := rules.AdmitWhole(t.Context(), nil, repo)
	if schema.HasErrors(problems) {
		t.Fatal(problems)
	}
	current := snapshot{revision: "sample", catalog: valid.Catalog}
	server := start(t, httpapi.SourceFunc(func() (httpapi.Snapshot, bool) { return current, true }))
	for entry := range valid.Catalog.Entries() {
		m := entry.Config.Metadata
		query := url.Values{"org": {m.Org}, "repo": {m.Repo}, "branch": {m.Branch}, "variant": {m.Variant}}
		answer, config := server.get("/config?"+query.Encode()), &schema.Config{}
		if err := json.Unmarshal([]byte(answer.text), config); err != nil {
			t.Fatalf("%s: %d: %v", m, answer.code, err)
		}
		if diff := cmp.Diff(valid.Catalog.Resolved(entry).Config(), config); diff != "" {
			t.Errorf("%s\n-want +got:\n%s", m, diff)
		}
	}
}
