package apply_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// wire sees every request on its way, and may cut it.
type wire struct {
	mu       sync.Mutex
	requests []string // "GET /api/v1/…", "DRY PATCH …"
	cut      cutter
}

// A cutter gives the error by which a request ends before it is sent, or before its answer comes; usually neither. It is
// called for one request at a time.
type cutter func(*http.Request) (before, after error)

func (w *wire) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		before, after := w.see(r)
		if before != nil {
			return nil, before
		}
		if after == nil {
			return next.RoundTrip(r)
		}
		answer, err := next.RoundTrip(r.WithContext(context.WithoutCancel(r.Context())))
		if err == nil {
			answer.Body.Close()
		}
		return nil, after
	})
}

func (w *wire) see(r *http.Request) (before, after error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	line := r.Method + " " + r.URL.Path
	if r.URL.Query().Has("dryRun") {
		line = "DRY " + line
	}
	w.requests = append(w.requests, line)
	if w.cut == nil {
		return nil, nil
	}
	return w.cut(r)
}

// cutWith changes what cuts requests; nil for nothing.
func (w *wire) cutWith(cut cutter) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = cut
}

// during gives the requests that are made while do runs, sorted.
func (w *wire) during(do func()) []string {
	w.mu.Lock()
	w.requests = nil
	w.mu.Unlock()
	do()
	w.mu.Lock()
	defer w.mu.Unlock()
	slices.Sort(w.requests)
	return w.requests
}

// isWrite tells whether a request is to change something.
func isWrite(r *http.Request) bool {
	return r.Method != http.MethodGet && !r.URL.Query().Has("dryRun")
}

// written are the requests among lines that are to change something.
func written(lines []string) []string {
	return slices.DeleteFunc(slices.Clone(lines), func(line string) bool {
		return strings.HasPrefix(line, "GET ") || strings.HasPrefix(line, "DRY ")
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
