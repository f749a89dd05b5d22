package httpapi

import (
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// measures are the metrics of the endpoints: today's, whose names dashboards
// know, and ours.
type measures struct {
	errors       *prometheus.CounterVec
	duration     *prometheus.HistogramVec
	size         *prometheus.HistogramVec
	fineDuration *prometheus.HistogramVec
	bytes        *prometheus.CounterVec
}

func newMeasures(registerer prometheus.Registerer) *measures {
	request := []string{"path", "method", "status"}
	m := &measures{
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{ //nolint:promlinter // today's name: dashboards know it
			Name: "configresolver_error_rate",
			Help: "Requests that were not answered as asked, by reason.",
		}, []string{"error"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "configresolver_http_request_duration_seconds",
			Help:    "Time from a request's headers to the end of its answer, in seconds.",
			Buckets: prometheus.DefBuckets,
		}, request),
		size: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "configresolver_http_response_size_bytes",
			Help:    "Size of answers as they are sent, in bytes.",
			Buckets: prometheus.ExponentialBuckets(256, 4, 9),
		}, request),
		fineDuration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "drover_resolver_request_duration_seconds",
			Help:    "Time from a request's headers to the end of its answer, in seconds, from 50 microseconds.",
			Buckets: prometheus.ExponentialBuckets(50e-6, 2, 16),
		}, []string{"path"}),
		bytes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "drover_resolver_response_bytes_total",
			Help: "Bytes of answers as they are sent, by encoding.",
		}, []string{"encoding"}),
	}
	registerer.MustRegister(m.errors, m.duration, m.size, m.fineDuration, m.bytes)
	return m
}

func (m *measures) failed(kind string) { m.errors.WithLabelValues(kind).Inc() }

// start observes a request from now on.
func (m *measures) start(w http.ResponseWriter, r *http.Request, path string) *observation {
	return &observation{
		ResponseWriter: w,
		measures:       m,
		path:           path,
		method:         method(r),
		start:          time.Now(),
		status:         http.StatusOK,
	}
}

// method is the request's method as a label: there may be any.
func method(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost:
		return r.Method
	default:
		return "other"
	}
}

// observation is a ResponseWriter that notes what is answered.
type observation struct {
	http.ResponseWriter
	measures     *measures
	path, method string
	start        time.Time
	status       int
	bytes        int
}

// WriteHeader notes the status.
func (o *observation) WriteHeader(status int) {
	o.status = status
	o.ResponseWriter.WriteHeader(status)
}

// Write notes the size.
func (o *observation) Write(p []byte) (int, error) {
	n, err := o.ResponseWriter.Write(p)
	o.bytes += n
	return n, err
}

// ReadFrom notes the size.
func (o *observation) ReadFrom(from io.Reader) (int64, error) {
	n, err := io.Copy(o.ResponseWriter, from)
	o.bytes += int(n)
	return n, err
}

// Unwrap gives http.ResponseController the writer below.
func (o *observation) Unwrap() http.ResponseWriter { return o.ResponseWriter }

func (o *observation) done() {
	seconds := time.Since(o.start).Seconds()
	status := strconv.Itoa(o.status)
	o.measures.duration.WithLabelValues(o.path, o.method, status).Observe(seconds)
	o.measures.size.WithLabelValues(o.path, o.method, status).Observe(float64(o.bytes))
	o.measures.fineDuration.WithLabelValues(o.path).Observe(seconds)
	encoding := o.Header().Get("Content-Encoding")
	if encoding == "" {
		encoding = "identity"
	}
	o.measures.bytes.WithLabelValues(encoding).Add(float64(o.bytes))
}
