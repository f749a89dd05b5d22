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

// The ways in which a client may be slow.
const (
	headersDoNotEnd = "GET /config?org=acme&repo=large&branch=main HTTP/1.1\r\nHost: x\r\n"
	doesNotRead     = headersDoNotEnd + "\r\n"
	bodyDoesNotEnd  = "POST /resolve HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
)

// slowServer has an answer that is larger than what the network takes in.
type slowServer struct {
	t       *testing.T
	address string
	dropped chan string
}

// serveSlowly starts a server as it is started elsewhere, but for what the test changes.
func serveSlowly(t *testing.T, change func(*http.Server)) slowServer {
	t.Helper()
	large := &schema.Config{
		Metadata: schema.Metadata{Org: "acme", Repo: "large", Branch: "main"},
		Tests:    []schema.Test{{As: "unit", Commands: strings.Repeat("make test # and more\n", 500_000)}},
	}
	registry, _ := resolver.NewRegistry(resolver.Components{})
	return serveWhat(t, resolver.NewCatalog(registry, []*schema.Config{large}), change)
}

// serveWhat starts such a server that has other answers.
func serveWhat(t *testing.T, catalog *resolver.Catalog, change func(*http.Server)) slowServer {
	t.Helper()
	current := snapshot{revision: "one", catalog: catalog}
	source := httpapi.SourceFunc(func() (httpapi.Snapshot, bool) { return current, true })
	logger := slog.New(slog.DiscardHandler)
	server := httpapi.NewServer(httpapi.New(source, prometheus.NewRegistry(), logger), logger)
	change(server)
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
	go func() { _ = server.Serve(httpapi.Gathering(listener)) }()
	t.Cleanup(func() { _ = server.Close() })
	return slowServer{t, listener.Addr().String(), dropped}
}

// begin makes requests that do not go on, some of each kind.
func (s slowServer) begin(each int) map[string]slowClient {
	s.t.Helper()
	clients := map[string]slowClient{}
	for _, request := range []string{headersDoNotEnd, doesNotRead, bodyDoesNotEnd} {
		for range each {
			connection, err := net.Dial("tcp", s.address)
			if err != nil {
				s.t.Fatal(err)
			}
			s.t.Cleanup(func() { _ = connection.Close() })
			if tcp, ok := connection.(*net.TCPConn); ok {
				_ = tcp.SetReadBuffer(32 << 10)
			}
			if _, err := io.WriteString(connection, request); err != nil {
				s.t.Fatal(err)
			}
			clients[connection.LocalAddr().String()] = slowClient{connection, request}
		}
	}
	return clients
}

type slowClient struct {
	net.Conn

	request string
}

// Clients that ask and do not read, or do not finish asking, hold nobody up: all
// others are answered while these wait.
func TestSlowClientsHoldNobodyUp(t *testing.T) {
	server := serveSlowly(t, func(s *http.Server) {
		if s.ReadHeaderTimeout <= 0 || s.ReadTimeout <= 0 || s.WriteTimeout <= 0 || s.IdleTimeout <= 0 {
			t.Fatal("a time-out is missing")
		}
		s.ReadHeaderTimeout, s.ReadTimeout, s.WriteTimeout = time.Hour, time.Hour, time.Hour
	})
	slow := server.begin(50)
	client := &http.Client{Timeout: time.Minute}
	for range 20 {
		response, err := client.Get("http://" + server.address + "/configGeneration")
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Errorf("got %d", response.StatusCode)
		}
	}
	select {
	case address := <-server.dropped:
		if _, ok := slow[address]; ok {
			t.Error("a slow client was dropped, so that this shows nothing")
		}
	default:
	}
}

// They are dropped in the end.
func TestSlowClientsAreDropped(t *testing.T) {
	const timeout = time.Second
	server := serveSlowly(t, func(s *http.Server) { s.ReadHeaderTimeout, s.ReadTimeout, s.WriteTimeout = timeout, timeout, 2*timeout })
	slow := server.begin(10)
	for late := time.After(time.Minute); len(slow) > 0; {
		select {
		case address := <-server.dropped:
			client, ok := slow[address]
			if !ok {
				continue
			}
			delete(slow, address)
			// It reads only now, so that it was dropped for not reading.
			text, _ := io.ReadAll(client)
			if len(text) > 10_000_000 {
				t.Errorf("client %s got all of the answer after its time", address)
			}
			const want = "\r\n\r\nthe request body did not come in time\n"
			if client.request == bodyDoesNotEnd && (!strings.HasPrefix(string(text), "HTTP/1.1 408 ") || !strings.HasSuffix(string(text), want)) {
				t.Errorf("whose body does not end is told %q", text)
			}
		case <-late:
			t.Fatalf("%d clients are not dropped after a minute", len(slow))
		}
	}
}
