package httpapi_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"github.com/drover-ci/drover/internal/golden"
	"github.com/drover-ci/drover/resolver/httpapi"
)

const (
	rocket   = "org=acme&repo=rocket&branch=main"
	glider   = "org=acme&repo=glider&branch=main"
	fromTest = "&injectTestFromOrg=acme&injectTestFromRepo=glider&injectTestFromBranch=main&injectTest=e2e"
)

func TestAnswers(t *testing.T) {
	server, _ := serve(t)
	tests := map[string]struct{ method, target, body string }{
		"config":                {method: "GET", target: "/config?" + glider},
		"config-feature-branch": {method: "GET", target: "/config?org=acme&repo=rocket&branch=main-next"},
		"config-old-revision":   {method: "GET", target: "/config?revision=old&" + glider},
		"inject":                {method: "GET", target: "/configWithInjectedTest?" + rocket + fromTest},
		"merge":                 {method: "GET", target: "/mergeConfigsWithInjectedTest?org=acme,acme&repo=rocket,glider&branch=main,main&variant=," + fromTest},
		"resolve":               {method: "POST", target: "/resolve", body: `{"tests": [{"as": "e2e", "steps": {"test": [{"ref": "install"}], "env": {"REGION": "north"}}}], "unheard_of": 1}`},
		"cluster-profile":       {method: "GET", target: "/clusterProfile?name=aws"},
		"config-generation":     {method: "GET", target: "/configGeneration"},
		"registry-generation":   {method: "GET", target: "/registryGeneration"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := server.ask(tc.method, tc.target, tc.body)
			if got.code != http.StatusOK {
				t.Fatalf("got %d: %s", got.code, got.text)
			}
			golden.Equal(t, []byte(got.text+"\n"), "testdata/"+name+".golden")
		})
	}
}

// Requests that cannot be answered get the status and one line that says why.
func TestRefusals(t *testing.T) {
	server, _ := serve(t)
	long := strings.Repeat("x", 5000)
	tests := map[string]struct {
		method, target, body string
		status               int
		want                 string
	}{
		"no organization":       {target: "/config?repo=rocket&branch=main", status: 400, want: "org query missing or incorrect"},
		"no repository":         {target: "/config?org=acme&branch=main", status: 400, want: "repo query missing or incorrect"},
		"no branch":             {target: "/config?org=acme&repo=rocket&branch=", status: 400, want: "branch query missing or incorrect"},
		"repeated":              {target: "/config?org=acme&" + rocket, status: 400, want: "org query missing or incorrect: it is given more than once"},
		"long":                  {target: "/config?org=" + long, status: 400, want: "org query missing or incorrect: it is too long"},
		"very long":             {target: "/config?" + strings.Repeat(long, 4), status: 414, want: "the query is longer than 16384 bytes"},
		"badly encoded":         {target: "/config?org=%zz", status: 400, want: `the query cannot be read: invalid URL escape "%zz"`},
		"semicolon":             {target: "/config?org=acme;repo=rocket", status: 400, want: `the query cannot be read: invalid semicolon separator in query`},
		"line break":            {target: "/config?org=acme%0aX-Header:1&repo=rocket&branch=main", status: 400, want: "org query missing or incorrect: it is not text"},
		"zero byte":             {target: "/config?org=acme&repo=rocket&branch=%00", status: 400, want: "branch query missing or incorrect: it is not text"},
		"not UTF-8":             {target: "/config?org=%ff&repo=rocket&branch=main", status: 400, want: "org query missing or incorrect: it is not text"},
		"path in a name":        {target: "/config?org=..%2f..&repo=rocket&branch=main", status: 404, want: "failed to get config: could not find any config for repo ../../rocket"},
		"no such repository":    {target: "/config?org=acme&repo=boat&branch=main", status: 404, want: "failed to get config: could not find any config for repo acme/boat"},
		"no such branch":        {target: "/config?org=acme&repo=rocket&branch=dev", status: 404, want: "failed to get config: could not find any config for branch dev on repo acme/rocket"},
		"two configs":           {target: "/config?org=acme&repo=glider&branch=main-wing", status: 404, want: "failed to get config: found more than one matching config for branch main-wing on repo acme/glider: branches main, main-wing"},
		"cannot be resolved":    {target: "/config?variant=broken&" + rocket, status: 400, want: `failed to resolve config: test e2e: workflow e2e: step check: tests[0].steps.env: a parameter without default needs a value (found none for SUITE of step check, want one under env) [unresolved-parameter]; test other: tests[1].steps.workflow: no workflow has this name (found "e2f", want e2e); did you mean "e2e"? [unknown-workflow]`},
		"no such revision":      {target: "/config?revision=lost&" + rocket, status: 404, want: "revision lost is not kept"},
		"put":                   {method: "PUT", target: "/config?" + rocket, status: 501, want: "Not Implemented"},
		"no known method":       {method: "BREW", target: "/config?" + rocket, status: 501, want: "Not Implemented"},
		"resolve by get":        {target: "/resolve", status: 501, want: "Not Implemented"},
		"profile by post":       {method: "POST", target: "/clusterProfile?name=aws", status: 501, want: "Not Implemented"},
		"no body":               {method: "POST", target: "/resolve", status: 400, want: "Could not parse request body as unresolved config. The reason: unexpected end of JSON input"},
		"body of another type":  {method: "POST", target: "/resolve", body: `{"tests": 1}`, status: 400, want: "Could not parse request body as unresolved config. The reason: json: cannot unmarshal number into Go struct field Config.tests of type []schema.Test"},
		"body too large":        {method: "POST", target: "/resolve", body: `"` + strings.Repeat(" ", 9<<20), status: 413, want: "the request body is larger than 8388608 bytes"},
		"body that is wrong":    {method: "POST", target: "/resolve", body: `{"tests": [{"as": "a", "steps": {"workflow": "no"}}]}`, status: 400, want: `failed to resolve config: test a: tests[0].steps.workflow: no workflow has this name (found "no", want e2e) [unknown-workflow]`},
		"answer too large":      {method: "POST", target: "/resolve", body: blowUp(), status: 422, want: "the resolved configuration is larger than 268435456 bytes"},
		"no profile name":       {target: "/clusterProfile", status: 400, want: "name query missing or incorrect"},
		"no such profile":       {target: "/clusterProfile?name=gcp", status: 404, want: "could not find cluster profile gcp"},
		"inject nothing":        {target: "/configWithInjectedTest?" + rocket, status: 400, want: "injectTestFromOrg query missing or incorrect"},
		"inject no test":        {target: "/configWithInjectedTest?" + rocket + strings.TrimSuffix(fromTest, "e2e"), status: 400, want: "injectTest query missing or incorrect"},
		"inject unknown test":   {target: "/configWithInjectedTest?" + rocket + fromTest + "2", status: 404, want: "failed to inject test into config: could not find test e2e2 in config acme/glider@main"},
		"inject from nowhere":   {target: "/configWithInjectedTest?" + rocket + strings.Replace(fromTest, "glider", "boat", 1), status: 404, want: "failed to get config: could not find any config for repo acme/boat"},
		"lists of other length": {target: "/mergeConfigsWithInjectedTest?org=acme,acme&repo=rocket&branch=main,main" + fromTest, status: 400, want: "org, repo, branch and variant query missing or incorrect: the lists are not of the same length"},
		"merge with nowhere":    {target: "/mergeConfigsWithInjectedTest?org=acme,acme&repo=rocket,boat&branch=main,main" + fromTest, status: 404, want: "failed to get config: could not find any config for repo acme/boat"},
		"merge nothing":         {target: "/mergeConfigsWithInjectedTest?org=,&repo=,&branch=," + fromTest, status: 404, want: "failed to get config: could not find any config for repo /"},
		"no such path":          {target: "/", status: 404, want: "404 page not found"},
		"below a path":          {target: "/config/x?" + rocket, status: 404, want: "404 page not found"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if tc.method == "" {
				tc.method = http.MethodGet
			}
			got := server.ask(tc.method, tc.target, tc.body)
			want := []any{tc.status, "text/plain; charset=utf-8", tc.want + "\n"}
			if diff := cmp.Diff(want, []any{got.code, got.header.Get("Content-Type"), got.text}); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// blowUp is a small configuration that would be resolved into a large one.
func blowUp() string {
	test := `{"as": "e2e", "steps": {"test": [{"ref": "big"}]}}`
	return `{"tests": [` + test + strings.Repeat(","+test, 256) + `]}`
}

func TestUnknownParametersAreIgnored(t *testing.T) {
	server, _ := serve(t)
	want := server.get("/config?" + glider)
	if got := server.get("/config?colour=red&" + glider); got.code != http.StatusOK || got.text != want.text {
		t.Errorf("got %d: %s", got.code, got.text)
	}
}

func TestNotReady(t *testing.T) {
	server := start(t, httpapi.SourceFunc(func() (httpapi.Snapshot, bool) { return nil, false }))
	const reason = "not ready: no revision has been loaded yet\n"
	for target, want := range map[string]int{
		"/readyz":            http.StatusServiceUnavailable,
		"/healthz/ready":     http.StatusServiceUnavailable,
		"/config?" + rocket:  http.StatusServiceUnavailable,
		"/configGeneration":  http.StatusServiceUnavailable,
		"/clusterProfile?x=": http.StatusServiceUnavailable,
		"/healthz":           http.StatusOK,
		"/metrics":           http.StatusOK,
	} {
		got := server.get(target)
		if got.code != want || (want != http.StatusOK && got.text != reason) {
			t.Errorf("%s: got %d: %s; want %d", target, got.code, got.text, want)
		}
	}
}

func TestHead(t *testing.T) {
	server, _ := serve(t)
	get := server.get("/config?" + glider)
	head := server.ask(http.MethodHead, "/config?"+glider, "")
	if head.text != "" {
		t.Errorf("HEAD has a body: %q", head.text)
	}
	for _, name := range []string{"Content-Length", "Content-Type", "ETag", "Drover-Revision", "Vary"} {
		if got, want := head.header.Get(name), get.header.Get(name); got != want || got == "" {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestConditionalRequests(t *testing.T) {
	server, _ := serve(t)
	tag := server.get("/config?" + rocket).header.Get("ETag")
	zipped := server.get("/config?"+rocket, "Accept-Encoding", "gzip").header.Get("ETag")
	if zipped == tag {
		t.Error("two encodings have the same tag")
	}
	for header, want := range map[string]int{
		tag:           http.StatusNotModified,
		"W/" + tag:    http.StatusNotModified,
		`"x", ` + tag: http.StatusNotModified,
		"*":           http.StatusNotModified,
		`"x"`:         http.StatusOK,
		"x":           http.StatusOK,
		zipped:        http.StatusOK,
	} {
		got := server.get("/config?"+rocket, "If-None-Match", header)
		if got.code != want || (want == http.StatusNotModified) != (got.text == "") {
			t.Errorf("If-None-Match: %s: got %d, want %d", header, got.code, want)
		}
	}
}

// A tag outlives the revisions that do not change the content.
func TestTagsAreOfContent(t *testing.T) {
	server, source := serve(t)
	// The rocket's configuration does not use the script that changes; the
	// glider's does.
	rocketTag := server.get("/config?" + rocket).header.Get("ETag")
	gliderTag := server.get("/config?" + glider).header.Get("ETag")
	next := newSnapshot(t, "next", "next.sh")
	source.current.Store(&next)
	same := server.get("/config?"+rocket, "If-None-Match", rocketTag)
	if same.code != http.StatusNotModified || same.header.Get("Drover-Revision") != "next" {
		t.Errorf("unchanged: got %d at %s, want 304 at next", same.code, same.header.Get("Drover-Revision"))
	}
	if changed := server.get("/config?"+glider, "If-None-Match", gliderTag); changed.code != http.StatusOK {
		t.Errorf("changed: got %d, want 200", changed.code)
	}
}

func TestEncodings(t *testing.T) {
	server, _ := serve(t)
	want := server.get("/config?" + glider).text
	for accept, encoding := range map[string]string{
		"gzip": "gzip", "br, GZIP;q=0.5": "gzip", "*": "zstd", "deflate, *;q=0.1": "zstd", "gzip, zstd": "zstd", "zstd;q=0, *": "gzip",
		"gzip;q=0": "", "gzip; q=0.0, zstd;q=0, *": "", "br": "", "identity": "", "x-gzip": "",
	} {
		got := server.get("/config?"+glider, "Accept-Encoding", accept)
		if named := got.header.Get("Content-Encoding"); named != encoding {
			t.Errorf("Accept-Encoding: %s: got %q, want %q", accept, named, encoding)
		} else if text := plain(t, got); text != want {
			t.Errorf("Accept-Encoding: %s: got %s", accept, text)
		}
	}
}

// plain is the text of an answer that may be compressed.
func plain(t testing.TB, a answer) string {
	t.Helper()
	switch a.header.Get("Content-Encoding") {
	case "":
		return a.text
	case "zstd":
		reader, err := zstd.NewReader(strings.NewReader(a.text))
		if err != nil {
			t.Fatal(err)
		}
		defer reader.Close()
		text, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	reader, err := gzip.NewReader(strings.NewReader(a.text))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestMetrics(t *testing.T) {
	server, _ := serve(t)
	server.get("/config?" + glider)
	server.get("/config?org=nobody")
	server.ask("BREW", "/config", "")
	text := server.get("/metrics").text
	for _, want := range []string{
		`configresolver_http_request_duration_seconds_count{method="GET",path="/config",status="200"} 1`,
		`configresolver_http_request_duration_seconds_count{method="other",path="/config",status="501"} 1`,
		`configresolver_http_response_size_bytes_count{method="GET",path="/config",status="400"} 1`,
		`configresolver_error_rate{error="query missing or incorrect"} 1`,
		`drover_resolver_request_duration_seconds_count{path="/config"} 3`,
		`drover_resolver_response_bytes_total{encoding="identity"}`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %s", want)
		}
	}
}
