package httpapi

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"sync"
	"time"
)

// Stream is what jobs need to know of an ImageStream from which a release is
// put together.
type Stream struct {
	// Tags are the images in it, sorted.
	Tags []string `json:"tags,omitempty"`
	// ReleaseControllerConfigName is the release that a controller makes of it.
	ReleaseControllerConfigName string `json:"releaseControllerConfigName,omitempty"`
}

// Streams reads ImageStreams.
type Streams interface {
	Stream(ctx context.Context, namespace, name string) (*Stream, error)
}

// integrated are the ImageStreams that may be asked for, by namespace: no other
// is anybody's business.
//
//nolint:gochecknoglobals // a table
var integrated = map[string]*regexp.Regexp{
	"ocp":         regexp.MustCompile(`^` + versions + `$`),
	"ocp-priv":    regexp.MustCompile(`^` + versions + `-priv$`),
	"ocp-private": regexp.MustCompile(`^` + versions + `-priv$`),
	"origin":      regexp.MustCompile(`^(scos-|sriov-|metallb-|ptp-)?` + versions + `$`),
}

// versions are those of releases that are put together from ImageStreams.
const versions = `(4\.(1[2-9]|2[0-9])|5\.(0|[1-9][0-9]?))`

// integratedStream answers with an ImageStream.
func (s *server) integratedStream(r *request) (content, error) {
	namespace, err := r.query.required("namespace")
	if err != nil {
		return nil, err
	}
	name, err := r.query.required("name")
	if err != nil {
		return nil, err
	}
	if known := integrated[namespace]; known == nil || !known.MatchString(name) {
		return nil, fail(http.StatusBadRequest, "invalid integrated stream", "not a valid integrated stream: %s/%s", namespace, name)
	}
	if s.streams == nil {
		return nil, fail(http.StatusNotImplemented, "no cluster", "integrated streams are not served here: there is no cluster to read them from")
	}
	stream, err := s.streams.get(r.Context(), namespace, name)
	if err != nil {
		s.logger.WarnContext(r.Context(), "read ImageStream", "namespace", namespace, "name", name, "error", err)
		return nil, fail(http.StatusInternalServerError, "failed to get integrated stream",
			"failed to get integrated stream %s/%s: %v", namespace, name, err)
	}
	return jsonDocument(stream)
}

// How long a stream is remembered and a reader waits for it, and how many are
// remembered.
const (
	streamAge     = time.Minute
	streamTimeout = 15 * time.Second
	maxStreams    = 128
)

// streamCache remembers streams for a minute. Of several who ask for one at the
// same time, one reads it and the others wait.
type streamCache struct {
	streams Streams
	now     func() time.Time

	mu    sync.Mutex
	known map[string]*remembered
}

type remembered struct {
	done   chan struct{} // closed when the rest is set
	read   time.Time
	stream *Stream
	err    error
}

func newStreamCache(streams Streams, now func() time.Time) *streamCache {
	return &streamCache{streams: streams, now: now, known: map[string]*remembered{}}
}

func (c *streamCache) get(ctx context.Context, namespace, name string) (*Stream, error) {
	key := namespace + "/" + name
	c.mu.Lock()
	found := c.known[key]
	if found == nil || found.isOver(c.now()) {
		found = &remembered{done: make(chan struct{}), read: c.now()}
		c.makeRoom()
		c.known[key] = found
		// The reading outlives whoever was first: others wait for it too.
		go c.read(context.WithoutCancel(ctx), found, namespace, name)
	}
	c.mu.Unlock()
	select {
	case <-found.done:
		return found.stream, found.err
	case <-ctx.Done():
		return nil, errors.New("the client has gone away")
	}
}

func (c *streamCache) read(ctx context.Context, into *remembered, namespace, name string) {
	ctx, cancel := context.WithTimeout(ctx, streamTimeout)
	defer cancel()
	into.stream, into.err = c.streams.Stream(ctx, namespace, name)
	close(into.done)
}

// isOver says that a stream is too old, or could not be read.
func (r *remembered) isOver(now time.Time) bool {
	select {
	case <-r.done:
		return r.err != nil || now.Sub(r.read) > streamAge
	default:
		return false
	}
}

// makeRoom drops what is old and, where that is not enough, the oldest.
func (c *streamCache) makeRoom() {
	if len(c.known) < maxStreams {
		return
	}
	oldest := ""
	for key, r := range c.known {
		if r.isOver(c.now()) {
			delete(c.known, key)
		} else if oldest == "" || r.read.Before(c.known[oldest].read) {
			oldest = key
		}
	}
	if len(c.known) >= maxStreams {
		delete(c.known, oldest)
	}
}
