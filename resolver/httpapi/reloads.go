package httpapi

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Reloads measures how long it takes from a change until it is in force, under
// the names that today's dashboards know.
type Reloads struct {
	config, registry prometheus.Histogram
}

// NewReloads registers the metrics at once.
func NewReloads(registerer prometheus.Registerer) *Reloads {
	r := &Reloads{
		config:   reloadHistogram("configresolver_config_reload_duration_seconds", "configurations"),
		registry: reloadHistogram("configresolver_registry_reload_duration_seconds", "the step registry"),
	}
	registerer.MustRegister(r.config, r.registry)
	return r
}

func reloadHistogram(name, what string) prometheus.Histogram {
	return prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: name,
		Help: "Time from finding a change of " + what + " until it is in force, in seconds.",
		// Today's, from half a second, and finer ones before.
		Buckets: []float64{.01, .025, .05, .1, .25, .5, .75, 1, 1.25, 1.5, 2, 3, 6},
	})
}

// Config notes a change of configurations.
func (r *Reloads) Config(took time.Duration) { r.config.Observe(took.Seconds()) }

// Registry notes a change of the step registry.
func (r *Reloads) Registry(took time.Duration) { r.registry.Observe(took.Seconds()) }
