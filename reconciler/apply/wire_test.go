package apply_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// wire sees every request on its way, and may cut it.
type wire struct {
	mu       sync.Mutex
	requests []string // "GET /api/v1/…", "DRY PATCH …"
	cut      cutter
	thawed   chan struct{} // closed when watches go on; nil while they do
	broken   bool          // watches end with the next event, and there are no more of them
}

// A cutter gives the error by which a request ends before it is sent, or before its answer comes; usually neither. One of
// the API's own errors becomes the answer. It is called for one request at a time.
type cutter func(*http.Request) (before, after error)

func (w *wire) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		before, after := w.see(r)
		if status, ok := before.(apierrors.APIStatus); ok {
			return answer(status.Status(), r)
		}
		if before != nil {
			return nil, before
		}
		if after == nil {
			return w.watched(next.RoundTrip(r))
		}
		lost, err := next.RoundTrip(r.WithContext(context.WithoutCancel(r.Context())))
		if err == nil {
			lost.Body.Close()
		}
		return nil, after
	})
}

// freeze has watches tell nothing, as if the server's cache stood still, until thaw is called.
func (w *wire) freeze() (thaw func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	thawed := make(chan struct{})
	w.thawed = thawed
	return sync.OnceFunc(func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.thawed = nil
		close(thawed)
	})
}

// breakOff has every watch end with the next event, which is lost, and not begin again.
func (w *wire) breakOff() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broken = true
	w.cut = func(r *http.Request) (before, after error) {
		if r.URL.Query().Has("watch") || r.URL.Query().Has("resourceVersion") {
			return errors.New("connection refused"), nil
		}
		return nil, nil
	}
}

// watched lets what a watch tells be frozen.
func (w *wire) watched(answer *http.Response, err error) (*http.Response, error) {
	if err == nil && answer.Request.URL.Query().Has("watch") {
		answer.Body = icy{answer.Body, w, answer.Request.Context()}
	}
	return answer, err
}

// icy is the body of a watch.
type icy struct {
	io.ReadCloser

	wire *wire
	ctx  context.Context //nolint:containedctx // of the request
}

// Read implements io.Reader.
func (i icy) Read(into []byte) (int, error) {
	n, err := i.ReadCloser.Read(into)
	i.wire.mu.Lock()
	thawed, broken := i.wire.thawed, i.wire.broken
	i.wire.mu.Unlock()
	if broken {
		return 0, io.ErrUnexpectedEOF
	}
	if thawed != nil {
		select {
		case <-thawed:
		case <-i.ctx.Done():
		}
	}
	return n, err
}

// answer is what an API server sends.
func answer(status metav1.Status, to *http.Request) (*http.Response, error) {
	status.Kind, status.APIVersion = "Status", "v1"
	body, err := json.Marshal(status)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: int(status.Code), Request: to, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
		Header: http.Header{"Content-Type": {"application/json"}},
	}, nil
}

func (w *wire) see(r *http.Request) (before, after error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	line := r.Method + " " + r.URL.Path
	if isDryRun(r) {
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
	return r.Method != http.MethodGet && !isDryRun(r)
}

// isDryRun looks where the request says so: deletions do in their body.
func isDryRun(r *http.Request) bool {
	if r.Method != http.MethodDelete || r.GetBody == nil {
		return r.URL.Query().Has("dryRun")
	}
	body, err := r.GetBody()
	if err != nil {
		return false
	}
	defer body.Close()
	content, err := io.ReadAll(body)
	return err == nil && bytes.Contains(content, []byte(`"dryRun"`))
}

// isWriteOf tells whether a request is to change an object of that name.
func isWriteOf(r *http.Request, name string) bool {
	return isWrite(r) && strings.HasSuffix(r.URL.Path, "/"+name)
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
