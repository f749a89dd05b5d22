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

// maxOwners bounds how many owners the metrics tell apart. The others are
// counted as one.
const maxOwners = 500

// metrics are Boskos's, and ours, which start with drover_.
type metrics struct {
	acquireTime *prometheus.HistogramVec
	requestTime *prometheus.HistogramVec
	size        *prometheus.HistogramVec
	wait        *prometheus.HistogramVec
	held        *prometheus.HistogramVec
	heldBy      *prometheus.CounterVec
	reaped      *prometheus.CounterVec

	mu     sync.Mutex
	owners map[string]bool
}

func newMetrics(registry prometheus.Registerer, s *server.Server) *metrics {
	request := []string{"path", "method", "status"}
	m := &metrics{
		owners: map[string]bool{},
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
		held: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "drover_lease_hold_seconds", Help: "How long resources were held.",
			Buckets: prometheus.ExponentialBuckets(1, 3, 12),
		}, []string{typeName}),
		heldBy: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "drover_lease_held_seconds_total", Help: "How long each owner held resources in all, counted when they are given back.",
		}, []string{typeName, "owner"}),
		reaped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "drover_lease_reaped_total", Help: "How many resources were taken from owners who were not heard of.",
		}, []string{typeName}),
	}
	registry.MustRegister(m.acquireTime, m.requestTime, m.size, m.wait, m.held, m.heldBy, m.reaped, &collector{server: s})
	return m
}

func (m *metrics) acquired(ask leases.Acquisition, waited time.Duration) {
	m.acquireTime.WithLabelValues(ask.Type, ask.State, ask.Dest, strconv.FormatBool(ask.ID != "")).Observe(waited.Seconds())
	m.wait.WithLabelValues(ask.Type).Observe(waited.Seconds())
}

func (m *metrics) released(r server.Released, owner string) {
	if r.Since.IsZero() {
		return
	}
	held := max(0, time.Since(r.Since).Seconds())
	m.held.WithLabelValues(r.Resource.Type).Observe(held)
	m.heldBy.WithLabelValues(r.Resource.Type, m.ownerLabel(owner)).Add(held)
}

func (m *metrics) reset(r leases.Reset, n int) {
	if n > 0 {
		m.reaped.WithLabelValues(r.Type).Add(float64(n))
	}
}

// ownerLabel is the owner, as long as there are not too many.
func (m *metrics) ownerLabel(owner string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.owners[owner] {
		if len(m.owners) >= maxOwners {
			return leases.Other
		}
		m.owners[owner] = true
	}
	return owner
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
	labels := []string{path, method, strconv.Itoa(recorder.status)}
	m.requestTime.WithLabelValues(labels...).Observe(time.Since(start).Seconds())
	m.size.WithLabelValues(labels...).Observe(float64(recorder.size))
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
