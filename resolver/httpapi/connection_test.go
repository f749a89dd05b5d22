package httpapi_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/resolver/httpapi"
	"github.com/drover-ci/drover/schema"
)

// sizes are how long commands are: a configuration then has up to a hundred bytes
// more. net/http writes the first 512 with the header, and buffers 2 and 4 KiB; of a
// mebibyte, 8 and more the kernel takes all, and part.
var sizes = []int{0, 300, 380, 400, 420, 440, 460, 480, 500, 512, 600, 2 << 10, 4 << 10, 9 << 10, 1 << 20, 9 << 20}

// sized is a source of configurations of these sizes, and what each is answered with.
func sized(t *testing.T) (source httpapi.Source, bodies map[string]string) {
	t.Helper()
	bodies = map[string]string{}
	var all []*schema.Config
	for _, size := range sizes {
		all = append(all, &schema.Config{
			Metadata: schema.Metadata{Org: "acme", Repo: strconv.Itoa(size), Branch: "main"},
			Tests:    []schema.Test{{As: "unit", Commands: strings.Repeat("#", size)}},
		})
	}
	registry, _ := resolver.NewRegistry(resolver.Components{})
	catalog := resolver.NewCatalog(registry, all)
	for entry := range catalog.Entries() {
		body, err := catalog.Resolved(entry).Body()
		if err != nil {
			t.Fatal(err)
		}
		var text bytes.Buffer
		if err := body.Write(&text); err != nil {
			t.Fatal(err)
		}
		bodies[entry.Config.Metadata.Repo] = text.String()
	}
	current := snapshot{revision: "one", catalog: catalog}
	return httpapi.SourceFunc(func() (httpapi.Snapshot, bool) { return current, true }), bodies
}

// What is asked for in a row on one connection is answered in a row, each answer
// whole, whatever its size and whatever came before.
func TestAnswersInARow(t *testing.T) {
	source, want := sized(t)
	server := start(t, source)
	for _, protocol := range []string{"HTTP/1.1", "HTTP/1.0"} {
		askInARow(t, server.Listener.Addr().String(), protocol, want)
	}
	counted := server.get("/metrics").text
	total := 0
	for _, body := range want {
		total += 8 * len(body) // each is asked for twice with GET, twice, in two protocols
	}
	if line := fmt.Sprintf("drover_resolver_response_bytes_total{encoding=\"identity\"} %v\n", float64(total)); !strings.Contains(counted, line) {
		t.Errorf("want %s in:\n%s", line, counted)
	}
}

// askInARow asks one connection for all of the answers, in ascending and descending
// order of size by turns.
func askInARow(t *testing.T, address, protocol string, want map[string]string) {
	t.Helper()
	connection, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	var asked []*http.Request
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodGet} {
		for i := range sizes {
			for _, size := range []int{sizes[i], sizes[len(sizes)-1-i]} {
				target := fmt.Sprintf("/config?org=acme&repo=%d&branch=main", size)
				request, _ := http.NewRequest(method, target, http.NoBody)
				asked = append(asked, request)
			}
		}
	}
	go func() {
		for _, request := range asked {
			_, _ = fmt.Fprintf(connection, "%s %s %s\r\nHost: x\r\nConnection: keep-alive\r\n\r\n", request.Method, request.URL, protocol)
		}
	}()
	reader := bufio.NewReader(connection)
	for _, request := range asked {
		response, err := http.ReadResponse(reader, request)
		if err != nil {
			t.Fatalf("%s %s: %v", request.Method, request.URL, err)
		}
		got, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		body := want[request.URL.Query().Get("repo")]
		if response.ContentLength != int64(len(body)) {
			t.Errorf("%s %s: length %d, want %d", request.Method, request.URL, response.ContentLength, len(body))
		}
		if request.Method == http.MethodGet && string(got) != body {
			t.Errorf("%s: %d bytes that are not the configuration's", request.URL, len(got))
		}
	}
}

// A client that goes away in the middle of an answer is forgotten, and nobody else
// notices.
func TestAClientGoesAway(t *testing.T) {
	source, want := sized(t)
	server := start(t, source)
	for range 20 {
		connection, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		const request = "GET /config?org=acme&repo=9437184&branch=main HTTP/1.1\r\nHost: x\r\n\r\n"
		if _, err := io.WriteString(connection, request+request); err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(io.Discard, connection, 10_000); err != nil {
			t.Fatal(err)
		}
		_ = connection.Close()
	}
	if got := server.get("/config?org=acme&repo=9437184&branch=main").text; got != want["9437184"] {
		t.Errorf("got %d bytes that are not the configuration's", len(got))
	}
}

// firstBytes is how many bytes of an answer net/http writes with the header.
const firstBytes = 512

// firstAlone is a configuration of which nothing is left after the first bytes.
func firstAlone(t *testing.T) (catalog *resolver.Catalog, body string) {
	t.Helper()
	registry, _ := resolver.NewRegistry(resolver.Components{})
	for commands := "#"; ; commands += strings.Repeat("#", firstBytes-len(body)) {
		config := &schema.Config{
			Metadata: schema.Metadata{Org: "acme", Repo: "first", Branch: "main"}, Tests: []schema.Test{{As: "unit", Commands: commands}},
		}
		catalog = resolver.NewCatalog(registry, []*schema.Config{config})
		made, err := catalog.Resolved(catalog.Entry(config)).Body()
		if err != nil {
			t.Fatal(err)
		}
		var text bytes.Buffer
		if err := made.Write(&text); err != nil {
			t.Fatal(err)
		}
		if body = text.String(); len(body) == firstBytes {
			return catalog, body
		}
	}
}

// Where an answer could be sent only in part before its time was over, nothing comes
// after that part.
func TestNothingComesAfterAPartOfAnAnswer(t *testing.T) {
	catalog, body := firstAlone(t)
	const enough = 100 * time.Millisecond
	server := serveWhat(t, catalog, func(s *http.Server) { s.WriteTimeout = enough })
	connection, err := net.Dial("tcp", server.address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	if tcp, ok := connection.(*net.TCPConn); ok {
		_ = tcp.SetReadBuffer(4 << 10)
	}
	request, _ := http.NewRequest(http.MethodGet, "/config?org=acme&repo=first&branch=main", http.NoBody)
	go func() {
		for range 20_000 { // more than a connection holds
			_, _ = fmt.Fprintf(connection, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", request.URL)
		}
	}()
	late, cancel := context.WithTimeout(t.Context(), 3*enough)
	defer cancel()
	<-late.Done() // nothing is read meanwhile, so one answer's time is over
	reader := bufio.NewReader(connection)
	for range 20_000 {
		response, err := http.ReadResponse(reader, request)
		if err == nil {
			var got []byte
			if got, err = io.ReadAll(response.Body); err == nil && string(got) != body {
				t.Fatalf("an answer is not the configuration:\n%s", got)
			}
		}
		if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) {
			return // a part, and nothing after it
		} else if err != nil {
			t.Fatal(err)
		}
	}
	t.Error("all was answered: the connection holds more than was asked for")
}
