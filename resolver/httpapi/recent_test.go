package httpapi_test

import (
	"testing"

	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/resolver/httpapi"
)

// The last snapshots can be asked for by revision, and no others.
func TestRecent(t *testing.T) {
	var current httpapi.Snapshot
	recent := httpapi.Keep(httpapi.SourceFunc(func() (httpapi.Snapshot, bool) { return current, current != nil }), 2)
	recent.Note()
	for _, revision := range []string{"aaaaaaaa1", "bbbbbbbb1", "bbbbbbbb2", "cccccccc1", "bbbbbbbb2", ""} {
		current = snapshot{revision: revision, catalog: &resolver.Catalog{}}
		recent.Note()
	}
	for revision, want := range map[string]string{
		"bbbbbbbb1": "bbbbbbbb1", "bbbbbbbb2": "bbbbbbbb2", "cccccccc1": "cccccccc1", "ccccccc": "cccccccc1",
		"aaaaaaaa1": "", "bbbbbbb": "", "cccc": "", "": "", "cccccccc12": "",
	} {
		found, ok := recent.At(revision)
		if got := revisionOf(found); got != want || ok != (want != "") {
			t.Errorf("at %q: got %q, %t; want %q", revision, got, ok, want)
		}
	}
}

func revisionOf(s httpapi.Snapshot) string {
	if s == nil {
		return ""
	}
	return s.Revision()
}
