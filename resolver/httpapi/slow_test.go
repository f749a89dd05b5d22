package httpapi_test

import (
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
	dropped := make(chan string, 1000)
	server.ConnState = func(connection net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			dropped <- connection.RemoteAddr().String()
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	const get = "GET /config?org=acme&repo=large&branch=main HTTP/1.1\r\nHost: x\r\n"
	slow := map[string]net.Conn{}
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
		slow[connection.LocalAddr().String()] = connection
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
	for late := time.After(time.Minute); len(slow) > 0; {
		select {
		case address := <-dropped:
			if connection := slow[address]; connection != nil {
				// It reads only now, so that it was dropped for not reading.
				if n, _ := io.Copy(io.Discard, connection); n > 20<<20 {
					t.Errorf("client %s got all of the answer after its time", address)
				}
				delete(slow, address)
			}
		case <-late:
			t.Fatalf("%d clients are not dropped after a minute", len(slow))
		}
	}
}
