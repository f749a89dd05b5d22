package httpapi

import (
	"strconv"
	"testing"

	"github.com/drover-ci/drover/leases"
)

// TestLabelsAreBounded: what clients may invent makes no metric grow without end.
func TestLabelsAreBounded(t *testing.T) {
	var l labels
	seen := map[string]bool{}
	for i := range 2 * maxLabels {
		seen[l.of(strconv.Itoa(i))] = true
	}
	if len(seen) != maxLabels+1 || !seen[leases.Other] || len(l.known) != maxLabels {
		t.Errorf("%d values are told apart, %d are known", len(seen), len(l.known))
	}
	if got := l.of("7"); got != "7" {
		t.Errorf("one that is known is called %q", got)
	}
}
