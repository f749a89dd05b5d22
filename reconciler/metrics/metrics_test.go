package metrics_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/drover-ci/drover/reconciler"
	"github.com/drover-ci/drover/reconciler/apply"
	"github.com/drover-ci/drover/reconciler/gitsource"
	"github.com/drover-ci/drover/reconciler/metrics"
	"github.com/drover-ci/drover/schema"
)

// values gives all values as "name{label="value",…}", of histograms their counts.
func values(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]float64{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			var labels []string
			for _, label := range metric.GetLabel() {
				labels = append(labels, fmt.Sprintf("%s=%q", label.GetName(), label.GetValue()))
			}
			slices.Sort(labels)
			name := family.GetName() + "{" + strings.Join(labels, ",") + "}"
			found[name] = metric.GetCounter().GetValue() + metric.GetGauge().GetValue() + float64(metric.GetHistogram().GetSampleCount())
		}
	}
	return found
}

func expect(t *testing.T, registry *prometheus.Registry, want map[string]float64) {
	t.Helper()
	got := values(t, registry)
	for name, value := range want {
		if found, ok := got[name]; !ok || found != value {
			t.Errorf("%s: got %v (there: %v), want %v", name, found, ok, value)
		}
	}
}

func revision(hash string) gitsource.Revision {
	return gitsource.Revision{Hash: hash, Time: time.Now().Add(-time.Hour)}
}

func TestPassesAreCounted(t *testing.T) {
	registry := prometheus.NewRegistry()
	repository := metrics.New(registry, "v1").Repository("release")
	expect(t, registry, map[string]float64{
		`drover_passes_total{repository="release",result="done"}`: 0, `drover_fetch_errors_total{repository="release"}`: 0,
	})
	repository.Pass(reconciler.Status{
		Stage: reconciler.Done, Observed: revision("a"), Applied: revision("a"),
		Changes: apply.ChangeSet{Created: make([]apply.Identity, 3), Deleted: make([]apply.Identity, 1), Unchanged: 5},
		Took:    map[reconciler.Stage]time.Duration{reconciler.Fetch: time.Second, reconciler.Apply: time.Second},
	})
	expect(t, registry, map[string]float64{
		`drover_passes_total{repository="release",result="done"}`:           1,
		`drover_objects_total{repository="release",result="created"}`:       3,
		`drover_objects_total{repository="release",result="deleted"}`:       1,
		`drover_owned_objects{repository="release"}`:                        8,
		`drover_stage_duration_seconds{repository="release",stage="Fetch"}`: 1,
		`drover_stage_duration_seconds{repository="release",stage="Apply"}`: 1,
		`drover_revision_behind_seconds{repository="release"}`:              0,
		`drover_repository_ready{repository="release"}`:                     1,
		`drover_build_info{version="v1"}`:                                   1,
		`drover_held_unit_age_seconds{repository="release"}`:                0,
	})
	refused := reconciler.Status{
		Stage: reconciler.Validate, Observed: revision("b"), Applied: revision("a"), Refused: true,
		Attempted: revision("b"), Err: errors.New("no good"), Problems: make([]schema.Problem, 2),
		Held:    []reconciler.Held{{Since: time.Now()}, {Since: time.Now().Add(-time.Hour)}},
		Targets: []reconciler.TargetStatus{{Name: "build01"}, {Name: "build02", Err: errors.New("down")}},
	}
	repository.Pass(refused)
	repository.Pass(refused) // the same revision once more
	expect(t, registry, map[string]float64{
		`drover_passes_total{repository="release",result="refused"}`:            2,
		`drover_refused_revisions_total{repository="release",stage="Validate"}`: 1,
		`drover_problems{repository="release"}`:                                 2,
		`drover_held_units{repository="release"}`:                               2,
		`drover_target_ready{repository="release",target="build01"}`:            1,
		`drover_target_ready{repository="release",target="build02"}`:            0,
		`drover_repository_ready{repository="release"}`:                         0,
	})
	for name, least := range map[string]float64{
		`drover_revision_age_seconds{repository="release"}`: 3600, `drover_held_unit_age_seconds{repository="release"}`: 3600,
	} {
		if got := values(t, registry)[name]; got < least {
			t.Errorf("%s: got %v, want %v at least", name, got, least)
		}
	}
	if values(t, registry)[`drover_revision_behind_seconds{repository="release"}`] <= 0 {
		t.Error("nothing waits although a revision was refused")
	}
	repository.Pass(reconciler.Status{Stage: reconciler.Fetch, Observed: revision("b"), Applied: revision("a"), Err: errors.New("down")})
	repository.Drift(apply.Drift{Outcome: apply.Healed})
	expect(t, registry, map[string]float64{
		`drover_passes_total{repository="release",result="failed"}`: 1,
		`drover_fetch_errors_total{repository="release"}`:           1,
		`drover_drift_total{repository="release",result="healed"}`:  1,
		`drover_drift_total{repository="release",result="fought"}`:  0,
	})
}

func TestARepositoryThatIsGoneHasNoSeries(t *testing.T) {
	registry := prometheus.NewRegistry()
	all := metrics.New(registry, "v1")
	gone, stays := all.Repository("gone"), all.Repository("stays")
	for _, each := range []*metrics.Repository{gone, stays} {
		each.Pass(reconciler.Status{Stage: reconciler.Done, Took: map[reconciler.Stage]time.Duration{reconciler.Fetch: 1}})
	}
	gone.Forget()
	gone.Pass(reconciler.Status{Stage: reconciler.Done}) // one that was under way
	gone.Forget()
	left := 0
	for name := range values(t, registry) {
		if strings.Contains(name, `"gone"`) {
			t.Errorf("%s is left", name)
		}
		if strings.Contains(name, `"stays"`) {
			left++
		}
	}
	if left == 0 {
		t.Error("nothing is left of the other")
	}
}

func TestRequestsAreCounted(t *testing.T) {
	registry := prometheus.NewRegistry()
	all := metrics.New(registry, "v1")
	server := httptest.NewServer(http.NotFoundHandler())
	client := &http.Client{Transport: all.Transport(http.DefaultTransport)}
	send := func(method, path string) {
		request, err := http.NewRequest(method, server.URL+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if response, err := client.Do(request); err == nil {
			_ = response.Body.Close()
		}
	}
	send("GET", "/")
	send("GET", "/?watch=true")
	send("PATCH", "/?dryRun=All")
	send("PATCH", "/")
	send("POST", "/")
	send("DELETE", "/")
	send("BREW", "/")
	server.Close()
	send("GET", "/")
	want := map[string]float64{
		`drover_api_requests_total{code="0",verb="get"}`: 1, `drover_api_request_duration_seconds{verb="get"}`: 2,
	}
	for _, verb := range []string{"get", "watch", "dry-run", "apply", "create", "delete", "other"} {
		want[fmt.Sprintf(`drover_api_requests_total{code="404",verb=%q}`, verb)] = 1
	}
	expect(t, registry, want)
	if _, there := values(t, registry)[`drover_api_request_duration_seconds{verb="watch"}`]; there {
		t.Error("a watch's duration is counted")
	}
}

func TestTheRestIsCounted(t *testing.T) {
	registry := prometheus.NewRegistry()
	all := metrics.New(registry, "v1")
	all.Queue("q", func() int { return 7 })
	all.Leads()
	hook := all.Webhook(http.NotFoundHandler())
	hook.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", http.NoBody))
	expect(t, registry, map[string]float64{
		`drover_queue_depth{queue="q"}`: 7, `drover_leader{}`: 1, `drover_webhook_requests_total{code="404"}`: 1,
	})
	all.Follows()
	expect(t, registry, map[string]float64{`drover_leader{}`: 0})
}
