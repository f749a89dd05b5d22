package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/drover-ci/drover/leases"
	"github.com/drover-ci/drover/leases/server"
)

// Options change how a [Handler] works. The zero value is the default.
type Options struct {
	// Users are who may do what. Default: everybody may do everything.
	Users *Users
	// Registry gets the metrics. Default: a new one.
	Registry *prometheus.Registry
	// Logger gets a line for each lease that is given or given back. Default:
	// slog.Default().
	Logger *slog.Logger
}

// Handler answers requests for leases.
type Handler struct {
	server  *server.Server
	users   *Users
	logger  *slog.Logger
	metrics *metrics
	mux     *http.ServeMux
}

// New makes a handler.
func New(s *server.Server, options Options) *Handler {
	registry := options.Registry
	if registry == nil {
		registry = prometheus.NewRegistry()
	}
	h := &Handler{server: s, users: options.Users, logger: options.Logger, metrics: newMetrics(registry, s), mux: http.NewServeMux()}
	if h.logger == nil {
		h.logger = slog.Default()
	}
	h.mux.Handle("/acquire", h.post("/acquire", h.acquire))
	h.mux.Handle("/acquirebystate", h.post("/acquire", h.acquireByState)) // the wrong name is Boskos's
	h.mux.Handle("/release", h.post("/release", h.release))
	h.mux.Handle("/update", h.post("/update", h.update))
	h.mux.Handle("/reset", h.post("/reset", h.reset))
	h.mux.Handle("/metric", h.get("/metric", h.metric))
	h.mux.Handle("/leases", h.get("/leases", h.leases))
	h.mux.HandleFunc("/healthz", func(http.ResponseWriter, *http.Request) {})
	h.mux.HandleFunc("/readyz", h.ready)
	h.mux.HandleFunc("/healthz/ready", h.ready)
	h.mux.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	h.mux.HandleFunc("/", func(http.ResponseWriter, *http.Request) {})
	return h
}

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.metrics.trace(h.mux, w, r) }

func (h *Handler) ready(w http.ResponseWriter, _ *http.Request) {
	if h.server.Serving() {
		return
	}
	http.Error(w, server.ErrNotServing.Error(), http.StatusServiceUnavailable)
}

// post lets through what is posted, by somebody who is known.
func (h *Handler) post(name string, serve func(c *call)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			http.Error(w, fmt.Sprintf("Method %s, %s only accepts POST.", r.Method, name), http.StatusMethodNotAllowed)
			return
		}
		h.serve(serve, w, r)
	})
}

func (h *Handler) get(name string, serve func(c *call)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && (r.Method != http.MethodHead || name == "/metric") {
			http.Error(w, name+" only accepts GET", http.StatusMethodNotAllowed)
			return
		}
		h.serve(serve, w, r)
	})
}

func (h *Handler) serve(serve func(c *call), w http.ResponseWriter, r *http.Request) {
	c := &call{w: w, r: r, query: r.URL.Query()}
	if err := c.checkQuery(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if h.users != nil {
		user, ok := h.users.of(r)
		if !ok {
			w.Header().Set("WWW-Authenticate", `Basic realm="leases"`)
			http.Error(w, "who are you? A user's name and password are needed, or a token", http.StatusUnauthorized)
			return
		}
		c.user = user
	}
	serve(c)
}

// Reaped counts a lease that was taken by other ways than /reset, as it was
// before.
func (h *Handler) Reaped(before leases.Resource) { h.metrics.reaped(before) }

// maxWait bounds how long a call may wait.
const maxWait = 10 * time.Minute

func (h *Handler) acquire(c *call) {
	ask := leases.Acquisition{
		Type: c.get(typeName), State: c.get("state"), Dest: c.get("dest"), Owner: c.get("owner"), ID: c.get("request_id"),
	}
	if ask.Type == "" || ask.State == "" || ask.Dest == "" || ask.Owner == "" {
		c.failf(http.StatusBadRequest, "Bad request: Type: %s, state: %s, dest: %s, owner: %s, all of them must be set in the request.",
			ask.Type, ask.State, ask.Dest, ask.Owner)
		return
	}
	wait, err := c.wait()
	if err != nil {
		c.failf(http.StatusBadRequest, "Bad request: %s", err)
		return
	}
	if !c.mayActFor(ask.Owner) {
		return
	}
	if wait > 0 { // longer than other answers may take
		controller, end := http.NewResponseController(c.w), time.Now().Add(wait+answerTime)
		_ = errors.Join(controller.SetReadDeadline(end), controller.SetWriteDeadline(end))
	}
	granted, err := h.server.Acquire(c.r.Context(), ask, wait)
	if err != nil {
		c.refuse("Acquire failed", err)
		return
	}
	body, err := json.Marshal(bodyOf(&granted.Resource))
	if err == nil {
		_, err = c.w.Write(body)
	}
	if err == nil {
		err = c.r.Context().Err()
	}
	if err != nil {
		granted.Undelivered()
		return
	}
	h.metrics.acquired(ask, time.Since(granted.Since))
	h.logger.Info("leased", "resource", granted.Resource.Name, "type", ask.Type, "owner", ask.Owner, "state", ask.Dest)
}

// answerTime is how long an answer may take to be sent.
const answerTime = 30 * time.Second

func (h *Handler) acquireByState(c *call) {
	state, dest, owner, names := c.get("state"), c.get("dest"), c.get("owner"), c.get("names")
	if state == "" || dest == "" || owner == "" || names == "" {
		c.failf(http.StatusBadRequest, "state: %s, dest: %s, owner: %s, names: %s - all of them must be set in the request.", state, dest, owner, names)
		return
	}
	list, err := splitNames(names)
	if err != nil {
		c.failf(http.StatusBadRequest, "%s", err)
		return
	}
	if !c.mayActFor(owner) {
		return
	}
	taken, err := h.server.AcquireByState(c.r.Context(), state, dest, owner, list)
	if err != nil {
		c.refuse("AcquireByState", err)
		return
	}
	bodies := make([]resourceBody, 0, len(taken))
	for i := range taken {
		bodies = append(bodies, bodyOf(&taken[i]))
	}
	_ = json.NewEncoder(c.w).Encode(bodies) //nolint:errchkjson // they are leased: a client that is gone cannot be told
	h.logger.Info("leased by name", "resources", list, "owner", owner, "state", dest)
}

func (h *Handler) release(c *call) {
	name, dest, owner := c.get("name"), c.get("dest"), c.get("owner")
	if name == "" || dest == "" || owner == "" {
		c.failf(http.StatusBadRequest, "Name: %s, dest: %s, owner: %s, all of them must be set in the request.", name, dest, owner)
		return
	}
	if !c.mayActFor(owner) {
		return
	}
	released, err := h.server.Release(c.r.Context(), name, dest, owner)
	if err != nil {
		c.refuse(fmt.Sprintf("Done failed: %s - %s (from %s)", name, dest, owner), err)
		return
	}
	h.metrics.held(released.Resource.Type, owner, released.Since)
	h.logger.Info("given back", "resource", name, "owner", owner, "state", dest)
}

func (h *Handler) update(c *call) {
	name, owner, state := c.get("name"), c.get("owner"), c.get("state")
	if name == "" || owner == "" || state == "" {
		c.failf(http.StatusBadRequest, "Name: %s, owner: %s, state : %s, all of them must be set in the request.", name, owner, state)
		return
	}
	if !c.mayActFor(owner) {
		return
	}
	var data map[string]string
	err := json.NewDecoder(http.MaxBytesReader(c.w, c.r.Body, leases.MaxUserData)).Decode(&data)
	if err != nil && !errors.Is(err, io.EOF) {
		c.failf(http.StatusBadRequest, "%s", err)
		return
	}
	if err := h.server.Update(c.r.Context(), name, owner, state, data); err != nil {
		c.refuse(fmt.Sprintf("Update failed: %s - %s (%s)", name, state, owner), err)
	}
}

func (h *Handler) reset(c *call) {
	reset := leases.Reset{Type: c.get(typeName), State: c.get("state"), Dest: c.get("dest")}
	expire := c.get("expire")
	if reset.Type == "" || reset.State == "" || expire == "" || reset.Dest == "" {
		c.failf(http.StatusBadRequest, "Type: %s, state: %s, expire: %s, dest: %s, all of them must be set in the request.",
			reset.Type, reset.State, expire, reset.Dest)
		return
	}
	var err error
	if reset.Expire, err = time.ParseDuration(expire); err != nil {
		c.failf(http.StatusBadRequest, "%s", err)
		return
	}
	if reset.Expire < 0 {
		c.failf(http.StatusBadRequest, "expire must not be negative (found %s)", expire)
		return
	}
	if c.user != nil && !c.user.Admin {
		c.failf(http.StatusForbidden, "user %s may not take leases from others", c.user.Name)
		return
	}
	taken, err := h.server.Reset(c.r.Context(), reset)
	if err != nil {
		c.refuse("could not reset states", err)
		return
	}
	owners := make(map[string]string, len(taken))
	for name, before := range taken {
		owners[name] = before.Owner
		h.metrics.reaped(before)
		h.logger.Info("taken from its owner, who was not heard of", "resource", name, "owner", before.Owner, "state", reset.Dest)
	}
	body, _ := json.Marshal(owners) //nolint:errchkjson // strings
	_, _ = c.w.Write(body)
}

func (h *Handler) metric(c *call) {
	leaseType := c.get(typeName)
	if leaseType == "" {
		c.failf(http.StatusBadRequest, "Type must be set in the request.")
		return
	}
	metric, err := h.server.Metric(leaseType)
	if err != nil {
		c.failf(statusOf(err), "%s", err)
		return
	}
	c.json(metric)
}

func (h *Handler) leases(c *call) {
	reports, err := h.server.Report(c.get(typeName))
	if err != nil {
		c.failf(statusOf(err), "%s", err)
		return
	}
	if reports == nil {
		reports = []leases.TypeReport{}
	}
	c.json(map[string]any{"types": reports})
}

// statusOf is the status code for an error of the server.
func statusOf(err error) int {
	switch {
	case errors.As(err, new(*leases.OwnerError)):
		return http.StatusUnauthorized
	case errors.As(err, new(*leases.NotFoundError)), errors.As(err, new(*leases.TypeNotFoundError)):
		return http.StatusNotFound
	case errors.As(err, new(*leases.StateError)):
		return http.StatusConflict
	case errors.Is(err, server.ErrNotServing), errors.Is(err, leases.ErrLineFull):
		return http.StatusServiceUnavailable
	case errors.Is(err, leases.ErrTooMuchData):
		return http.StatusBadRequest
	case errors.Is(err, leases.ErrSuperseded):
		return http.StatusNotFound // the client calls again, if it is still there
	default:
		return http.StatusInternalServerError
	}
}

// resourceBody is a resource as clients get it.
type resourceBody struct {
	Type       string            `json:"type"`
	Name       string            `json:"name"`
	State      string            `json:"state"`
	Owner      string            `json:"owner"`
	LastUpdate time.Time         `json:"lastupdate"`
	UserData   map[string]string `json:"userdata"`
	Expiration *time.Time        `json:"expiration-date,omitempty"`
}

func bodyOf(r *leases.Resource) resourceBody {
	body := resourceBody{
		Type: r.Type, Name: r.Name, State: r.State, Owner: r.Owner, LastUpdate: r.LastUpdate, UserData: r.UserData,
	}
	if body.UserData == nil {
		body.UserData = map[string]string{}
	}
	if !r.Expires.IsZero() {
		body.Expiration = &r.Expires
	}
	return body
}
