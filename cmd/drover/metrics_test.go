package main

import (
	"log/slog"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/drover-ci/drover/reconciler/metrics"
	"github.com/drover-ci/drover/resolver/httpapi"
	"github.com/drover-ci/drover/schema/rules"
)

// recorder notes what is registered, be there a value of it yet or not.
type recorder struct {
	*prometheus.Registry

	t     *testing.T
	names map[string]bool
}

var fullName = regexp.MustCompile(`fqName: "([^"]+)"`)

func (r recorder) Register(c prometheus.Collector) error {
	described := make(chan *prometheus.Desc, 100)
	c.Describe(described)
	close(described)
	for each := range described {
		r.names[fullName.FindStringSubmatch(each.String())[1]] = true
	}
	return r.Registry.Register(c)
}

func (r recorder) MustRegister(all ...prometheus.Collector) {
	for _, each := range all {
		if err := r.Register(each); err != nil {
			r.t.Error(err)
		}
	}
}

// TestMetricsAreAsDocumented holds docs/metrics.md, by which the alerts and the
// dashboard are checked, against what the program registers.
func TestMetricsAreAsDocumented(t *testing.T) {
	content, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllSubmatch(content, -1) {
		documented = append(documented, string(row[1]))
	}
	registry := recorder{prometheus.NewRegistry(), t, map[string]bool{}}
	counted := metrics.New(registry, "v1")
	httpapi.NewReloads(registry)
	counted.Queue("configrepos", func() int { return 0 })
	httpapi.New(sourceOf(func() *rules.Snapshot { return nil }), registry, slog.New(slog.DiscardHandler))
	var registered []string
	for name := range registry.names {
		registered = append(registered, name)
	}
	slices.Sort(documented)
	slices.Sort(registered)
	if diff := cmp.Diff(registered, documented); diff != "" {
		t.Errorf("docs/metrics.md (-registered +documented):\n%s", diff)
	}
}
