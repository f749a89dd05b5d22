package metrics

import (
	"net/http"
	"strconv"
	"time"
)

// Transport counts the requests to an API server that go through it.
func (m *Metrics) Transport(next http.RoundTripper) http.RoundTripper {
	return transport{m, next}
}

type transport struct {
	*Metrics

	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(request *http.Request) (*http.Response, error) {
	began, verb := time.Now(), verbOf(request)
	response, err := t.next.RoundTrip(request)
	code := 0
	if err == nil {
		code = response.StatusCode
	}
	t.requests.WithLabelValues(verb, strconv.Itoa(code)).Inc()
	if verb != "watch" {
		t.durations.WithLabelValues(verb).Observe(time.Since(began).Seconds())
	}
	return response, err
}

// WrappedRoundTripper lets client-go find the transport below.
func (t transport) WrappedRoundTripper() http.RoundTripper { return t.next }

// verbOf is what a request does, in few words: a dry run is one whatever it
// tries.
func verbOf(request *http.Request) string {
	query := request.URL.Query()
	switch {
	case query.Has("dryRun"):
		return "dry-run"
	case query.Get("watch") == "true" || query.Get("watch") == "1":
		return "watch"
	}
	switch request.Method {
	case http.MethodGet, http.MethodHead:
		return "get"
	case http.MethodPost:
		return "create"
	case http.MethodPut:
		return "update"
	case http.MethodPatch:
		return "apply"
	case http.MethodDelete:
		return "delete"
	default:
		return "other"
	}
}

// Webhook counts the requests to a webhook.
func (m *Metrics) Webhook(hook http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		observed := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		hook.ServeHTTP(observed, r)
		m.hooks.WithLabelValues(strconv.Itoa(observed.status)).Inc()
	})
}

// statusWriter notes the status of an answer.
type statusWriter struct {
	http.ResponseWriter

	status int
}

// WriteHeader notes the status.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}
