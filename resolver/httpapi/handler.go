package httpapi

import (
	_ "embed"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics is where metrics are registered and from where /metrics answers; a
// *prometheus.Registry is one.
type Metrics interface {
	prometheus.Registerer
	prometheus.Gatherer
}

// server answers requests.
type server struct {
	source   Source
	measures *measures
	logger   *slog.Logger
	pages    http.Handler // nil for none
	streams  *streamCache // nil for none
}

// Option changes what the handler does besides.
type Option func(*server)

// WithPages gives all paths that are no endpoint's to a handler of pages.
// Default: they are not found.
func WithPages(pages http.Handler) Option { return func(s *server) { s.pages = pages } }

// WithStreams says where ImageStreams are read. Default: nowhere, and whoever
// asks for one is told so.
func WithStreams(streams Streams) Option {
	return func(s *server) { s.streams = newStreamCache(streams, time.Now) }
}

// New gives the handler of all endpoints. The metrics are registered at once, so
// a second handler needs a registry of its own.
func New(source Source, metrics Metrics, logger *slog.Logger, options ...Option) http.Handler {
	s := &server{source: source, measures: newMeasures(metrics), logger: logger}
	for _, option := range options {
		option(s)
	}
	mux := http.NewServeMux()
	for path, e := range s.endpoints() {
		mux.Handle(path, s.handle(path, e))
	}
	for path, answer := range plain(metrics) {
		mux.Handle(path, s.reading(answer))
	}
	if s.pages != nil {
		mux.Handle("/", s.pages)
	}
	return mux
}

// endpoints are what jobs may ask for, by path.
func (s *server) endpoints() map[string]endpoint {
	return map[string]endpoint{
		"/config":                       {get: config},
		"/configWithInjectedTest":       {get: configWithInjectedTest},
		"/mergeConfigsWithInjectedTest": {get: mergedConfigWithInjectedTest},
		"/resolve":                      {post: resolve},
		"/clusterProfile":               {get: clusterProfile},
		"/configGeneration":             {get: configGeneration},
		"/registryGeneration":           {get: registryGeneration},
		"/integratedStream":             {get: s.integratedStream},
		"/readyz":                       {get: empty},
		"/healthz/ready":                {get: empty},
	}
}

// plain are the paths whose answers are of no revision.
func plain(metrics Metrics) map[string]http.Handler {
	return map[string]http.Handler{
		"/healthz":      http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}),
		"/openapi.json": http.HandlerFunc(serveOpenAPI),
		"/metrics":      promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}),
	}
}

// reading gives a handler to those who only read.
func (s *server) reading(answer http.Handler) http.Handler {
	get := endpoint{get: empty}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if get.method(r.Method) == nil {
			s.refuse(w, r, get, errNotImplemented)
			return
		}
		answer.ServeHTTP(w, r)
	})
}

//go:embed openapi.json
var openAPI []byte

// serveOpenAPI says what there is to ask for, in the form that tools read.
func serveOpenAPI(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(openAPI) // who has gone away is not told
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
