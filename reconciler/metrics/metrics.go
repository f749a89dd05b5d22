package metrics

import (
	"cmp"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/drover-ci/drover/reconciler"
	"github.com/drover-ci/drover/reconciler/apply"
)

// Metrics is everything that is counted in a process.
type Metrics struct {
	passes    *prometheus.CounterVec
	stages    *prometheus.HistogramVec
	refused   *prometheus.CounterVec
	fetches   *prometheus.CounterVec
	objects   *prometheus.CounterVec
	drift     *prometheus.CounterVec
	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	hooks     *prometheus.CounterVec
	leader    prometheus.Gauge
	gauges    *gauges
	register  prometheus.Registerer
}

// Labels.
const (
	byRepository = "repository"
	byStage      = "stage"
	byResult     = "result"
)

// New registers all metrics. The version is that of the program.
func New(register prometheus.Registerer, version string) *Metrics {
	m := &Metrics{
		passes: counter("drover_passes_total",
			"Passes over a repository that found something to say, by how they ended: done, refused or failed.", byRepository, byResult),
		stages: histogram("drover_stage_duration_seconds",
			"How long the stages of a pass took, in seconds.", []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300},
			byRepository, byStage),
		refused: counter("drover_refused_revisions_total",
			"Revisions that were refused, by the stage that refused them.", byRepository, byStage),
		fetches: counter("drover_fetch_errors_total",
			"Fetches that failed.", byRepository),
		objects: counter("drover_objects_total",
			"Objects that were changed in a cluster by applying, by what was done with them.", byRepository, byResult),
		drift: counter("drover_drift_total",
			"Objects that somebody else had changed, by what came of it: healed, fought or failed.", byRepository, byResult),
		requests: counter("drover_api_requests_total",
			"Requests to API servers, by verb and status code; the code is 0 where there was no answer.", "verb", "code"),
		durations: histogram("drover_api_request_duration_seconds",
			"How long API servers took to begin their answers, in seconds, by verb. Watches are not counted.", prometheus.DefBuckets, "verb"),
		hooks: counter("drover_webhook_requests_total",
			"Requests to the webhook, by status code.", "code"),
		leader: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "drover_leader", Help: "Whether this process is the one that applies: 1 or 0.",
		}),
		gauges:   newGauges(),
		register: register,
	}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "drover_build_info", Help: "Always 1; the label says which version runs.",
	}, []string{"version"})
	build.WithLabelValues(version).Set(1)
	register.MustRegister(m.passes, m.stages, m.refused, m.fetches, m.objects, m.drift, m.requests, m.durations,
		m.hooks, m.leader, m.gauges, build)
	return m
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

func histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
}

// Leads notes that this process is the one that applies, [Metrics.Follows] that
// it is not.
func (m *Metrics) Leads() { m.leader.Set(1) }

// Follows notes that another process applies.
func (m *Metrics) Follows() { m.leader.Set(0) }

// Queue has the depth of a queue asked for whenever metrics are.
func (m *Metrics) Queue(name string, depth func() int) {
	m.register.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "drover_queue_depth", Help: "How many things wait in a queue.", ConstLabels: prometheus.Labels{"queue": name},
	}, func() float64 { return float64(depth()) }))
}

// Repository counts for one repository. Its methods may be called by several
// goroutines at once.
type Repository struct {
	*Metrics

	name string
	mu   sync.Mutex
	last reconciler.Status
}

// Repository gives what counts for a repository of that name.
func (m *Metrics) Repository(name string) *Repository {
	r := &Repository{Metrics: m, name: name}
	m.gauges.add(name)
	for _, result := range []apply.Outcome{apply.Healed, apply.Fought, apply.Failed} {
		m.drift.WithLabelValues(name, string(result)) // zero from the start, so that the first is an increase
	}
	for _, result := range []string{"done", "refused", "failed"} {
		m.passes.WithLabelValues(name, result)
	}
	m.fetches.WithLabelValues(name)
	return r
}

// Forget takes away the metrics of a repository that is gone.
func (r *Repository) Forget() {
	labels := prometheus.Labels{byRepository: r.name}
	for _, each := range []interface{ DeletePartialMatch(prometheus.Labels) int }{
		r.passes, r.stages, r.refused, r.fetches, r.objects, r.drift,
	} {
		each.DeletePartialMatch(labels)
	}
	r.gauges.remove(r.name)
}

// Pass notes how a pass ended.
func (r *Repository) Pass(status reconciler.Status) {
	if status.Repeated {
		r.gauges.pass(r.name, status, time.Now())
		return
	}
	r.mu.Lock()
	first := !r.last.Refused || r.last.Attempted.Hash != status.Attempted.Hash
	r.last = status
	r.mu.Unlock()
	r.passes.WithLabelValues(r.name, result(status)).Inc()
	for stage, took := range status.Took {
		r.stages.WithLabelValues(r.name, string(stage)).Observe(took.Seconds())
	}
	if status.Refused && first {
		r.refused.WithLabelValues(r.name, string(status.Stage)).Inc()
	}
	if status.Stage == reconciler.Fetch && status.Err != nil && !status.Refused {
		r.fetches.WithLabelValues(r.name).Inc()
	}
	r.changed(status.Changes)
	r.gauges.pass(r.name, status, time.Now())
}

func result(status reconciler.Status) string {
	switch {
	case status.Refused:
		return "refused"
	case status.Err != nil:
		return "failed"
	default:
		return "done"
	}
}

func (r *Repository) changed(changes apply.ChangeSet) {
	for result, n := range map[string]int{
		"created": len(changes.Created), "adopted": len(changes.Adopted), "updated": len(changes.Updated),
		"healed": len(changes.Healed), "deleted": len(changes.Deleted),
	} {
		r.objects.WithLabelValues(r.name, result).Add(float64(n))
	}
}

// Drift notes what came of somebody else's change.
func (r *Repository) Drift(drift apply.Drift) {
	r.drift.WithLabelValues(r.name, string(cmp.Or(drift.Outcome, apply.Failed))).Inc()
}
