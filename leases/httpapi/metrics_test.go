package httpapi_test

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/internal/testleases"
	"github.com/drover-ci/drover/leases"
)

// measured reads /metrics: the values of all that have a lease type.
func measured(t *testing.T, s *testleases.System) map[string]float64 {
	t.Helper()
	got := ask(t, http.MethodGet, s.URL+"/metrics", "")
	if got.Status != http.StatusOK {
		t.Fatalf("metrics: %+v", got)
	}
	values := map[string]float64{}
	for _, line := range regexp.MustCompile(`(?m)^(\w+\{.*\}) (\S+)$`).FindAllStringSubmatch(got.Body, -1) {
		value, err := strconv.ParseFloat(line[2], 64)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(line[1], "type=") && !strings.Contains(line[1], "_bucket{") {
			values[line[1]] = value
		}
	}
	return values
}

// TestMetrics: how long each waited, who held what for how long, how many wait,
// what there is in which state, as Boskos counts it and besides.
func TestMetrics(t *testing.T) {
	t.Parallel()
	anHourAgo := time.Now().Add(-time.Hour).UTC().Truncate(time.Second)
	held := func(name, owner string) leases.Resource {
		return leases.Resource{Name: name, Type: "t", State: leases.Leased, Owner: owner, Since: anHourAgo, LastUpdate: anHourAgo}
	}
	names := []string{"a", "b", "c", "dirty", "lost"}
	s := testleases.Start(t, &cluster, testleases.Options{
		Config: &leases.Config{Resources: []leases.Entry{{Type: "t", State: leases.Free, Names: names}}},
		Content: leases.Content{Resources: []leases.Resource{
			held("a", "job-1"), held("b", "job-1"), held("c", "job-2"),
			{Name: "dirty", Type: "t", State: leases.Dirty},
			{Name: "lost", Type: "t", State: leases.Quarantine},
		}},
	})
	s.Pause()
	waits := leases.Waiting{ID: "1", Named: true, Owner: "job-3", State: leases.Free, Dest: leases.Leased, Since: anHourAgo}
	if err := s.Store.SaveLine(t.Context(), leases.SavedLine{Type: "t", Waiting: []leases.Waiting{waits}}); err != nil {
		t.Fatal(err)
	}
	s.Resume()
	before := map[string]float64{
		`drover_lease_line_length{type="t"}`: 1, `drover_lease_limit{type="t"}`: 5,
		`boskos_resources{state="busy",type="t"}`: 0, `boskos_resources{state="cleaning",type="t"}`: 0, `boskos_resources{state="dirty",type="t"}`: 1,
		`boskos_resources{state="free",type="t"}`: 0, `boskos_resources{state="leased",type="t"}`: 3, `boskos_resources{state="other",type="t"}`: 1,
		`boskos_resources{state="toBeDeleted",type="t"}`: 0, `boskos_resources{state="tombstone",type="t"}`: 0,
	}
	if diff := cmp.Diff(before, measured(t, s)); diff != "" {
		t.Errorf("before (-want +got):\n%s", diff)
	}
	for _, query := range []string{
		"/release?name=a&dest=free&owner=job-1", "/release?name=b&dest=free&owner=job-1",
		"/acquire?type=t&state=free&dest=leased&owner=job-3&request_id=1",
		"/reset?type=t&state=leased&dest=dirty&expire=30m",
	} {
		if got := ask(t, http.MethodPost, s.URL+query, ""); got.Status != http.StatusOK {
			t.Fatalf("%s: %+v", query, got)
		}
	}
	after := measured(t, s)
	for name, want := range map[string]float64{
		`drover_lease_line_length{type="t"}`: 0, `drover_lease_reaped_total{type="t"}`: 1,
		`boskos_resources{state="free",type="t"}`: 1, `boskos_resources{state="leased",type="t"}`: 1, `boskos_resources{state="dirty",type="t"}`: 2,
		`drover_lease_wait_seconds_count{type="t"}`: 1, `drover_lease_hold_seconds_count{type="t"}`: 3,
		`boskos_acquire_duration_seconds_count{dest="leased",has_request_id="true",state="free",type="t"}`: 1,
	} {
		if got, ok := after[name]; !ok || got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	for name, hours := range map[string]float64{
		`drover_lease_wait_seconds_sum{type="t"}`: 1, `drover_lease_hold_seconds_sum{type="t"}`: 3,
		`drover_lease_held_seconds_total{owner="job-1",type="t"}`: 2, `drover_lease_held_seconds_total{owner="job-2",type="t"}`: 1,
		`boskos_acquire_duration_seconds_sum{dest="leased",has_request_id="true",state="free",type="t"}`: 1,
	} {
		if got := after[name] / time.Hour.Seconds(); got < hours || got > 1.5*hours {
			t.Errorf("%s is %v hours, want %v", name, got, hours)
		}
	}
}
