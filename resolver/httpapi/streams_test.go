package httpapi_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/drover-ci/drover/resolver/httpapi"
)

// streams counts how often it is asked.
type streams struct {
	asked atomic.Int64
	err   error
}

func (s *streams) Stream(_ context.Context, namespace, name string) (*httpapi.Stream, error) {
	s.asked.Add(1)
	if s.err != nil {
		return nil, s.err
	}
	return &httpapi.Stream{Tags: []string{"cli", "installer"}, ReleaseControllerConfigName: namespace + "-" + name}, nil
}

func TestIntegratedStream(t *testing.T) {
	source := &archive{}
	current := newSnapshot(t, "new", "new.sh")
	source.current.Store(&current)
	with := func(options ...httpapi.Option) server {
		handler := httpapi.New(source, prometheus.NewRegistry(), slog.New(slog.DiscardHandler), options...)
		s := httptest.NewServer(handler)
		t.Cleanup(s.Close)
		return server{s, t}
	}
	good := with(httpapi.WithStreams(&streams{}))
	want := "{\n  \"tags\": [\n    \"cli\",\n    \"installer\"\n  ],\n  \"releaseControllerConfigName\": \"ocp-4.20\"\n}"
	if got := good.get("/integratedStream?namespace=ocp&name=4.20"); got.code != http.StatusOK || got.text != want {
		t.Errorf("got %d %s", got.code, got.text)
	}
	for stream, code := range map[string]int{
		"namespace=ocp&name=4.12": 200, "namespace=ocp&name=4.29": 200, "namespace=ocp&name=5.3": 200, "namespace=origin&name=scos-4.20": 200,
		"namespace=origin&name=metallb-4.20": 200, "namespace=ocp-priv&name=4.20-priv": 200,
		"namespace=ocp&name=4.11": 400, "namespace=ocp&name=4.30": 400, "namespace=ocp&name=4.200": 400, "namespace=ocp&name=x4.20": 400,
		"namespace=kube-system&name=4.20": 400, "namespace=ocp&name=4.20%0a": 400, "namespace=ocp": 400, "name=4.20": 400,
		"namespace=ocp&name=..%2f4.20": 400, "namespace=ocp&name=4.20&name=4.21": 400,
	} {
		if got := good.get("/integratedStream?" + stream); got.code != code {
			t.Errorf("%s: got %d, want %d: %s", stream, got.code, code, got.text)
		}
	}
	if got := good.get("/integratedStream?namespace=a&name=b"); got.text != "not a valid integrated stream: a/b\n" {
		t.Errorf("got %s", got.text)
	}
	if got := with().get("/integratedStream?namespace=ocp&name=4.20"); got.code != http.StatusNotImplemented {
		t.Errorf("without a cluster: got %d, want 501, which clients do not repeat", got.code)
	}
	bad := with(httpapi.WithStreams(&streams{err: errors.New("no such\nImageStream")}))
	if got := bad.get("/integratedStream?namespace=ocp&name=4.20"); got.code != http.StatusInternalServerError ||
		got.text != "failed to get integrated stream ocp/4.20: no such ImageStream\n" {
		t.Errorf("got %d %s", got.code, got.text)
	}
}

// A stream is read once a minute, whoever asks; an error is not kept; there is a
// bound to what is remembered.
func TestStreamCache(t *testing.T) {
	now := time.Now()
	source := &streams{}
	cache := httpapi.NewStreamCache(source, func() time.Time { return now })
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() { _, _ = cache.Get(t.Context(), "ocp", "4.20") })
	}
	group.Wait()
	if asked := source.asked.Load(); asked != 1 {
		t.Errorf("asked %d times at once, want 1", asked)
	}
	now = now.Add(61 * time.Second)
	_, _ = cache.Get(t.Context(), "ocp", "4.20")
	if asked := source.asked.Load(); asked != 2 {
		t.Errorf("asked %d times after a minute, want 2", asked)
	}
	for i := range 1000 {
		_, _ = cache.Get(t.Context(), "ocp", strconv.Itoa(i))
	}
	if n := cache.Len(); n > 128 {
		t.Errorf("%d are remembered", n)
	}
	source.err = errors.New("down")
	now = now.Add(time.Hour)
	for range 2 {
		if _, err := cache.Get(t.Context(), "ocp", "4.20"); err == nil {
			t.Error("there is no error")
		}
	}
	source.err = nil
	if _, err := cache.Get(t.Context(), "ocp", "4.20"); err != nil {
		t.Error(err)
	}
}
