package httpapi_test

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/drover-ci/drover/resolver/httpapi"
)

func TestReloads(t *testing.T) {
	metrics := prometheus.NewRegistry()
	reloads := httpapi.NewReloads(metrics)
	reloads.Config(20 * time.Millisecond)
	reloads.Registry(2 * time.Second)
	reloads.Registry(time.Second)
	families, err := metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]uint64{}
	for _, family := range families {
		got[family.GetName()] = family.GetMetric()[0].GetHistogram().GetSampleCount()
	}
	if got["configresolver_config_reload_duration_seconds"] != 1 || got["configresolver_registry_reload_duration_seconds"] != 2 {
		t.Errorf("got %v", got)
	}
}
