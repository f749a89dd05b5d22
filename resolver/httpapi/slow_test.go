package httpapi_test

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/resolver/httpapi"
	"github.com/drover-ci/drover/schema"
)

// Clients that ask and do not read, or do not finish asking, hold nobody up, and
// are dropped in the end.
func TestSlowClients(t *testing.T) {
	large := &schema.Config{
		Metadata: schema.Metadata{Org: "acme", Repo: "large", Branch: "main"},
		Tests:    []schema.Test{{As: "unit", Commands: strings.Repeat("make test # and more\n", 1<<20)}},
	}
	registry, _ := resolver.NewRegistry(resolver.Components{})
	current := snapshot{revision: "one", catalog: resolver.NewCatalog(registry, []*schema.Config{large})}
	source := httpapi.SourceFunc(func() (httpapi.Snapshot, bool) { return current, true })
	logger := slog.New(slog.DiscardHandler)
	server := httpapi.NewServer(httpapi.New(source, prometheus.NewRegistry(), logger), logger)
	if server.ReadHeaderTimeout <= 0 || server.ReadTimeout <= 0 || server.WriteTimeout <= 0 || server.IdleTimeout <= 0 {
		t.Fatal("a time-out is missing")
	}
	server.ReadHeaderTimeout, server.ReadTimeout, server.WriteTimeout = time.Second, time.Second, time.Second
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	const get = "GET /config?org=acme&repo=large&branch=main HTTP/1.1\r\nHost: x\r\n"
	var slow []net.Conn
	for i := range 64 {
		connection, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = connection.Close() })
		request := get + "\r\n"
		if i%2 == 0 {
			request = get // the end never comes
		}
		if _, err := io.WriteString(connection, request); err != nil {
			t.Fatal(err)
		}
		slow = append(slow, connection)
	}
	for range 20 {
		response, err := http.Get("http://" + listener.Addr().String() + "/configGeneration")
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Errorf("got %d", response.StatusCode)
		}
	}
	for i, connection := range slow {
		_ = connection.SetReadDeadline(time.Now().Add(time.Minute))
		n, err := io.Copy(io.Discard, connection)
		if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
			t.Errorf("client %d is not dropped after a minute", i)
		}
		if n > 20<<20 {
			t.Errorf("client %d got all of the answer after its time", i)
		}
	}
}
