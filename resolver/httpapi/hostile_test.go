package httpapi_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/drover-ci/drover/resolver/httpapi"
)

// good is a request for each path that is answered as asked.
var good = map[string]struct{ query, body string }{
	"/config":                       {query: glider},
	"/configWithInjectedTest":       {query: rocket + fromTest},
	"/mergeConfigsWithInjectedTest": {query: "org=acme,acme&repo=rocket,glider&branch=main,main&variant=," + fromTest},
	"/resolve":                      {query: "revision=new", body: `{"tests": [{"as": "e2e", "steps": {"test": [{"ref": "install"}]}}]}`},
	"/clusterProfile":               {query: "name=aws"},
	"/configGeneration":             {query: "revision=old"},
	"/registryGeneration":           {query: "revision=old"},
	"/integratedStream":             {query: "namespace=ocp&name=4.20"},
	"/readyz":                       {query: "revision=old"},
	"/healthz/ready":                {},
	"/healthz":                      {},
	"/metrics":                      {},
	"/openapi.json":                 {},
}

// badRequest is a request, and what it is answered with.
type badRequest struct {
	name, method, query, body string
	header                    http.Header
	status                    int
	reason                    string // of one line; empty is the answer to the good request
}

// Whatever is asked of whichever endpoint gets the right status and a reason of
// one line, and nothing of it changes what the next is answered.
func TestBadRequestsToEveryEndpoint(t *testing.T) {
	source := &archive{kept: map[string]snapshot{"old": newSnapshot(t, "old", "old.sh")}}
	current := newSnapshot(t, "new", "new.sh")
	source.current.Store(&current)
	handler := httpapi.New(source, prometheus.NewRegistry(), slog.New(slog.DiscardHandler), httpapi.WithStreams(&streams{}))
	listening := httptest.NewServer(handler)
	t.Cleanup(listening.Close)
	server := server{listening, t}
	var document openAPI
	if err := json.Unmarshal([]byte(server.get("/openapi.json").text), &document); err != nil {
		t.Fatal(err)
	}
	asked := 0
	for path, operations := range document.Paths {
		for method, operation := range operations {
			method = strings.ToUpper(method)
			usual, known := good[path]
			if !known {
				t.Errorf("%s: there is no good request to begin with", path)
				continue
			}
			want := server.ask(method, path+"?"+usual.query, usual.body)
			if want.code != http.StatusOK {
				t.Errorf("%s %s?%s: got %d %s", method, path, usual.query, want.code, want.text)
			}
			var names []string
			var required []string
			for _, parameter := range operation.Parameters {
				names = append(names, parameter.Name)
				if parameter.Required {
					required = append(required, parameter.Name)
				}
			}
			for _, bad := range badRequestsTo(method, usual.query, usual.body, names, required) {
				asked++
				if fault := server.isRefused(path, bad, want); fault != "" {
					t.Errorf("%s %s, %s: %s", bad.method, path, bad.name, fault)
				}
			}
			if got := server.ask(method, path+"?"+usual.query, usual.body); path != "/metrics" && got.text != want.text {
				t.Errorf("%s: what is served has changed:\n%s", path, cmp.Diff(want.text, got.text))
			}
		}
	}
	t.Logf("%d requests", asked)
}

// isRefused makes a request and says what is wrong with the answer.
func (s server) isRefused(path string, bad badRequest, good answer) string {
	s.t.Helper()
	var header []string
	for name, values := range bad.header {
		header = append(header, name, values[0])
	}
	got := s.ask(bad.method, path+"?"+bad.query, bad.body, header...)
	want := bad.reason + "\n"
	switch {
	case got.code != bad.status:
		return fmt.Sprintf("got %d %s, want %d", got.code, got.text, bad.status)
	case bad.method == http.MethodHead:
		want = ""
	case bad.reason == "" && path == "/metrics":
		want = got.text
	case bad.reason == "" && got.header.Get("Content-Encoding") == "":
		want = good.text
	case bad.reason == "":
		got.text, want = plain(s.t, got), good.text
	}
	if got.text != want {
		return "-want +got:\n" + cmp.Diff(want, got.text)
	}
	if allow := got.header.Get("Allow"); (got.code == http.StatusNotImplemented) != (allow != "") {
		return fmt.Sprintf("Allow: %q with %d", allow, got.code)
	}
	return ""
}

// badRequestsTo are requests that are wrong in one thing each, and some that are
// odd and all right.
func badRequestsTo(method, query, body string, names, required []string) []badRequest {
	const notImplemented = "Not Implemented"
	var all []badRequest
	add := func(name, method, query string, status int, reason string) {
		all = append(all, badRequest{name: name, method: method, query: query, body: body, status: status, reason: reason})
	}
	for _, other := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "get"} {
		switch {
		case other == method:
		case other == http.MethodHead && method == http.MethodGet:
			add("HEAD", other, query, http.StatusOK, "")
		default:
			add("another method", other, query, http.StatusNotImplemented, notImplemented)
		}
	}
	add("unknown parameters", method, query+"&colour=red&colour=blue&"+strings.Repeat("x", 5000)+"=%00", http.StatusOK, "")
	if len(names) > 0 { // the others look at no query
		add("a long query", method, query+"&x="+strings.Repeat("x", 20_000), http.StatusRequestURITooLong, "the query is longer than 16384 bytes")
		add("bad encoding", method, query+"&x=%zz", http.StatusBadRequest, `the query cannot be read: invalid URL escape "%zz"`)
		add("half an encoding", method, query+"&x=%a", http.StatusBadRequest, `the query cannot be read: invalid URL escape "%a"`)
		add("a semicolon", method, query+";x=1", http.StatusBadRequest, "the query cannot be read: invalid semicolon separator in query")
	}
	incorrect := " query missing or incorrect"
	for _, name := range names {
		add("repeated "+name, method, with(query, name, "x", "y"), http.StatusBadRequest, name+incorrect+": it is given more than once")
		add("long "+name, method, with(query, name, strings.Repeat("x", 4097)), http.StatusBadRequest, name+incorrect+": it is too long")
		for what, value := range map[string]string{"a zero byte": "\x00", "a line break": "a\r\nb", "bytes that are no text": "\xff\xfe"} {
			add(what+" in "+name, method, with(query, name, value), http.StatusBadRequest, name+incorrect+": it is not text")
		}
		if slices.Contains(required, name) {
			add("no "+name, method, with(query, name), http.StatusBadRequest, name+incorrect)
			add("empty "+name, method, with(query, name, ""), http.StatusBadRequest, name+incorrect)
		}
	}
	if slices.Contains(names, "revision") {
		for _, revision := range []string{"lost", "../new", "0", "NEW", "new%20", strings.Repeat("f", 4096)} {
			add("an unknown revision", method, with(query, "revision", revision), http.StatusNotFound, "revision "+revision+" is not kept")
		}
	}
	for name, values := range map[string][]string{
		"Accept-Encoding": {"", ";", ",,,", "gzip;q=", "gzip;q=x", "q=1", "*;q=0", "zstd;q=9e999, br", "\xff", "gzip\t;\tq=0.5", strings.Repeat("gzip,", 2000)},
		"If-None-Match":   {"", `"`, `W/`, `"x`, `""`, `W/"", ,`, "\xff", strings.Repeat(`"x",`, 5000)},
		"Range":           {"bytes=0-3", "bytes=x"},
		"Accept":          {"image/png"},
		"Expect":          {"100-continue"},
	} {
		for _, value := range values {
			all = append(all, badRequest{
				name: name + ": " + value[:min(len(value), 20)], method: method, query: query, body: body,
				header: http.Header{name: {value}}, status: http.StatusOK,
			})
		}
	}
	if method == http.MethodGet {
		all = append(all, badRequest{name: "a large body", method: method, query: query, body: strings.Repeat("x", 1<<20), status: http.StatusOK})
	}
	return all
}

// with is a query with a parameter set to values, or without it.
func with(query, name string, values ...string) string {
	parsed, _ := url.ParseQuery(query) // it is good
	delete(parsed, name)
	if len(values) > 0 {
		parsed[name] = values
	}
	return parsed.Encode()
}

// Requests that no client library would send are refused by a line too, and the
// connection is closed.
func TestBadBytes(t *testing.T) {
	source := &archive{}
	current := newSnapshot(t, "new", "new.sh")
	source.current.Store(&current)
	logger := slog.New(slog.DiscardHandler)
	server := httpapi.NewServer(httpapi.New(source, prometheus.NewRegistry(), logger), logger)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	const end = " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
	for name, tc := range map[string]struct {
		request string
		status  int
	}{
		"no HTTP":                  {"hello\r\n\r\n", 400},
		"a zero byte":              {"GET /config?org=\x00" + end, 400},
		"bad encoding of the path": {"GET /config%zz?" + rocket + end, 400},
		"a space in the path":      {"GET /config ?" + rocket + end, 400},
		"another version":          {"GET /config?" + rocket + " HTTP/9.9\r\nHost: x\r\n\r\n", 505},
		"no host":                  {"GET /config?" + rocket + " HTTP/1.1\r\n\r\n", 400},
		"a header without colon":   {"GET /config?" + rocket + " HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n", 400},
		"large headers":            {"GET /config?" + rocket + " HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 100<<10) + "\r\n\r\n", 431},
		"two lengths":              {"POST /resolve HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}", 400},
		"a length that is none":    {"POST /resolve HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400},
		"a bad chunk":              {"POST /resolve HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", 400},
		"an unknown coding":        {"POST /resolve HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: brotli\r\n\r\n", 501},
		"dots in the path":         {"GET /x/../config?" + rocket + end, 307},
		"dots that stay":           {"GET /..%2fconfig?" + rocket + end, 404},
		"a zero byte in the path":  {"GET /config%00?" + rocket + end, 404},
		"a path that is no text":   {"GET /%ff%fe" + end, 404},
		"the whole address":        {"GET http://elsewhere/config?" + rocket + end, 200},
		"an asterisk":              {"OPTIONS *" + end, 200},
		"a tunnel":                 {"CONNECT elsewhere:443" + end, 404},
	} {
		connection, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		// The server may answer and hang up before it has read all.
		go func() { _, _ = io.WriteString(connection, tc.request) }()
		response, err := http.ReadResponse(bufio.NewReader(connection), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			_ = connection.Close()
			continue
		}
		text, err := io.ReadAll(response.Body)
		_ = connection.Close()
		if response.StatusCode != tc.status || err != nil {
			t.Errorf("%s: got %d %s (%v), want %d", name, response.StatusCode, text, err, tc.status)
		}
		if lines := strings.Count(strings.TrimSpace(string(text)), "\n"); tc.status >= 400 && (lines > 0 || len(text) == 0) {
			t.Errorf("%s: the reason is %q", name, text)
		}
	}
}
