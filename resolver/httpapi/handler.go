package httpapi

import (
	"log/slog"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics is where metrics are registered and from where /metrics answers; a
// *prometheus.Registry is one.
type Metrics interface {
	prometheus.Registerer
	prometheus.Gatherer
}

// Option changes what the handler does besides.
type Option func(*http.ServeMux)

// WithPages gives all paths that are no endpoint's to a handler of pages.
// Default: they are not found.
func WithPages(pages http.Handler) Option {
	return func(mux *http.ServeMux) { mux.Handle("/", pages) }
}

// New gives the handler of all endpoints. The metrics are registered at once, so
// a second handler needs a registry of its own.
func New(source Source, metrics Metrics, logger *slog.Logger, options ...Option) http.Handler {
	s := &server{source: source, measures: newMeasures(metrics), logger: logger}
	mux := http.NewServeMux()
	for path, e := range map[string]endpoint{
		"/config":                       {get: config},
		"/configWithInjectedTest":       {get: configWithInjectedTest},
		"/mergeConfigsWithInjectedTest": {get: mergedConfigWithInjectedTest},
		"/resolve":                      {post: resolve},
		"/clusterProfile":               {get: clusterProfile},
		"/configGeneration":             {get: configGeneration},
		"/registryGeneration":           {get: registryGeneration},
		"/readyz":                       {get: empty},
		"/healthz/ready":                {get: empty},
	} {
		mux.Handle(path, s.handle(path, e))
	}
	mux.HandleFunc("/healthz", func(http.ResponseWriter, *http.Request) {})
	mux.Handle("/metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}))
	for _, option := range options {
		option(mux)
	}
	return mux
}

// endpoint is what a path does, by method. GET stands for HEAD too.
type endpoint struct {
	get, post func(*request) (content, error)
}

func (e endpoint) method(name string) func(*request) (content, error) {
	switch name {
	case http.MethodGet, http.MethodHead:
		return e.get
	case http.MethodPost:
		return e.post
	default:
		return nil
	}
}

// allowed is the Allow header.
func (e endpoint) allowed() string {
	if e.post != nil {
		return "POST"
	}
	return "GET, HEAD"
}

// request is what an endpoint sees of a request.
type request struct {
	*http.Request
	query    query
	snapshot Snapshot
}

// server answers requests.
type server struct {
	source   Source
	measures *measures
	logger   *slog.Logger
}

func (s *server) handle(path string, e endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		observed := s.measures.start(w, r, path)
		defer observed.done()
		answer, revision, err := s.answer(e, r)
		if revision != "" {
			w.Header().Set("Drover-Revision", revision)
		}
		if err != nil {
			s.refuse(observed, r, e, err)
			return
		}
		if err := send(observed, r, answer); err != nil {
			s.logger.DebugContext(r.Context(), "answer not sent", "path", path, "error", err)
		}
	})
}

// answer gives the content for a request, and the revision it is of.
func (s *server) answer(e endpoint, r *http.Request) (content, string, error) {
	do := e.method(r.Method)
	if do == nil {
		return nil, "", errNotImplemented
	}
	query, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, "", err
	}
	snapshot, err := s.snapshot(query)
	if err != nil {
		return nil, "", err
	}
	answer, err := do(&request{Request: r, query: query, snapshot: snapshot})
	return answer, snapshot.Revision(), err
}

// snapshot gives the revision that the request asks for, or else the one in
// force.
func (s *server) snapshot(q query) (Snapshot, error) {
	current, ready := s.source.Current()
	if !ready {
		return nil, errNotReady
	}
	revision, err := q.optional("revision")
	if err != nil || revision == "" || revision == current.Revision() {
		return current, err
	}
	if archive, ok := s.source.(Archive); ok {
		if snapshot, kept := archive.At(revision); kept {
			return snapshot, nil
		}
	}
	return nil, fail(http.StatusNotFound, "revision", "revision %s is not kept", revision)
}
