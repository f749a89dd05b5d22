package httpapi

import (
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/drover-ci/drover/leases"
	"github.com/drover-ci/drover/leases/server"
)

// maxLabels bounds how many owners the metrics tell apart, and how many states:
// clients may invent both. The others are counted as one.
const maxLabels = 500

// metrics are Boskos's, and ours, which start with drover_.
type metrics struct {
	acquireTime *prometheus.HistogramVec
	requestTime *prometheus.HistogramVec
	size        *prometheus.HistogramVec
	wait        *prometheus.HistogramVec
	holdTime    *prometheus.HistogramVec
	heldBy      *prometheus.CounterVec
	reapings    *prometheus.CounterVec

	owners, states labels
}

// labels are the values of a label that are told apart.
type labels struct {
	mu    sync.Mutex
	known map[string]bool
}

// of is the value itself, as long as there are not too many.
func (l *labels) of(value string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.known[value]:
	case len(l.known) >= maxLabels:
		return leases.Other
	case l.known == nil:
		l.known = map[string]bool{value: true}
	default:
		l.known[value] = true
	}
	return value
}

func newMetrics(registry prometheus.Registerer, s *server.Server) *metrics {
	request := []string{"path", "method", "status"}
	m := &metrics{
		acquireTime: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "boskos_acquire_duration_seconds", Help: "How long clients waited for a resource.",
			Buckets: []float64{1, 10, 100, 500, 1000, 1500, 2000},
		}, []string{typeName, "state", "dest", "has_request_id"}),
		requestTime: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "boskos_http_request_duration_seconds", Help: "How long requests took.",
			Buckets: prometheus.ExponentialBucketsRange(0.005, 1200, 15),
		}, request),
		size: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "boskos_http_response_size_bytes", Help: "How large answers were.",
			Buckets: prometheus.ExponentialBuckets(128, 2, 10),
		}, request),
		wait: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "drover_lease_wait_seconds", Help: "How long clients waited from their first request until they had a resource.",
			Buckets: prometheus.ExponentialBuckets(0.005, 3, 14),
		}, []string{typeName}),
		holdTime: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "drover_lease_hold_seconds", Help: "How long resources were held.",
			Buckets: prometheus.ExponentialBuckets(1, 3, 12),
		}, []string{typeName}),
		heldBy: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "drover_lease_held_seconds_total", Help: "How long each owner held resources in all, counted when they are given back or taken.",
		}, []string{typeName, "owner"}),
		reapings: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "drover_lease_reaped_total", Help: "How many resources were taken from owners who were not heard of.",
		}, []string{typeName}),
	}
	registry.MustRegister(m.acquireTime, m.requestTime, m.size, m.wait, m.holdTime, m.heldBy, m.reapings, &collector{server: s})
	return m
}

func (m *metrics) acquired(ask leases.Acquisition, waited time.Duration) {
	m.acquireTime.WithLabelValues(ask.Type, m.states.of(ask.State), m.states.of(ask.Dest), strconv.FormatBool(ask.ID != "")).Observe(waited.Seconds())
	m.wait.WithLabelValues(ask.Type).Observe(waited.Seconds())
}

// held counts a lease that ended; since is zero where nobody knows when it began.
func (m *metrics) held(leaseType, owner string, since time.Time) {
	if since.IsZero() {
		return
	}
	held := max(0, time.Since(since).Seconds())
	m.holdTime.WithLabelValues(leaseType).Observe(held)
	m.heldBy.WithLabelValues(leaseType, m.owners.of(owner)).Add(held)
}

// reaped counts a lease that was taken.
func (m *metrics) reaped(before leases.Resource) {
	m.reapings.WithLabelValues(before.Type).Inc()
	m.held(before.Type, before.Owner, before.Since)
}

// trace measures a request. A path that is not known is one label for all.
func (m *metrics) trace(next http.Handler, w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	path := r.URL.Path
	if !slices.Contains([]string{"/acquire", "/acquirebystate", "/release", "/update", "/reset", "/metric", "/leases"}, path) {
		next.ServeHTTP(w, r)
		return
	}
	recorder := &recorder{ResponseWriter: w, status: http.StatusOK}
	next.ServeHTTP(recorder, r)
	method := r.Method
	if method != http.MethodGet && method != http.MethodPost {
		method = leases.Other
	}
	values := []string{path, method, strconv.Itoa(recorder.status)}
	m.requestTime.WithLabelValues(values...).Observe(time.Since(start).Seconds())
	m.size.WithLabelValues(values...).Observe(float64(recorder.size))
}

// recorder notes what is answered.
type recorder struct {
	http.ResponseWriter

	status, size int
}

// WriteHeader implements [http.ResponseWriter].
func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (r *recorder) Write(content []byte) (int, error) {
	n, err := r.ResponseWriter.Write(content)
	r.size += n
	return n, err
}

// Unwrap lets [http.ResponseController] find what is below.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// collector counts resources and waiters when it is asked.
type collector struct{ server *server.Server }

func resourcesDesc() *prometheus.Desc {
	return prometheus.NewDesc("boskos_resources", "Number of resources recorded in Boskos by resource type and state.", []string{typeName, "state"}, nil)
}

func waitingDesc() *prometheus.Desc {
	return prometheus.NewDesc("drover_lease_line_length", "How many requests wait for a resource of a type.", []string{typeName}, nil)
}

func limitDesc() *prometheus.Desc {
	return prometheus.NewDesc("drover_lease_limit", "How many resources of a type may be in use.", []string{typeName}, nil)
}

// Describe implements [prometheus.Collector].
func (*collector) Describe(out chan<- *prometheus.Desc) {
	out <- resourcesDesc()
	out <- waitingDesc()
	out <- limitDesc()
}

// Collect implements [prometheus.Collector].
func (c *collector) Collect(out chan<- prometheus.Metric) {
	reports, err := c.server.Summary()
	if err != nil {
		return // another server serves, and counts
	}
	for _, report := range reports {
		counts := map[string]int{leases.Other: 0}
		for _, state := range leases.KnownStates() {
			counts[state] = report.States[state]
		}
		for state, n := range report.States {
			if !slices.Contains(leases.KnownStates(), state) {
				counts[leases.Other] += n
			}
		}
		if counts[leases.Other] == 0 {
			delete(counts, leases.Other)
		}
		for state, n := range counts {
			out <- prometheus.MustNewConstMetric(resourcesDesc(), prometheus.GaugeValue, float64(n), report.Type, state)
		}
		out <- prometheus.MustNewConstMetric(waitingDesc(), prometheus.GaugeValue, float64(report.Line), report.Type)
		if report.Limit >= 0 {
			out <- prometheus.MustNewConstMetric(limitDesc(), prometheus.GaugeValue, float64(report.Limit), report.Type)
		}
	}
}
