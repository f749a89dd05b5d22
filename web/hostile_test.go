package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// goodPages has a page for each route.
var goodPages = map[string]string{
	"/{$}":                           "/",
	"/problems":                      "/problems",
	"/registry":                      "/registry?kind=step&sort=use&filter=ipi&from=0",
	"/reference/{name}":              "/reference/ipi-install",
	"/chain/{name}":                  "/chain/widget-deploy",
	"/workflow/{name}":               "/workflow/widget-e2e",
	"/observer/{name}":               "/observer/observers-events",
	"/users/{kind}/{name}":           "/users/step/ipi-install?from=0",
	"/configs":                       "/configs",
	"/configs/{org}":                 "/configs/acme",
	"/configs/{org}/{repo}":          "/configs/acme/widget-server",
	"/configs/{org}/{repo}/{branch}": "/configs/acme/widget-server/main?variant=nightly",
	"/job":                           "/job?org=acme&repo=widget-server&branch=main&variant=nightly&test=e2e-aws",
	"/search":                        "/search?q=e2e",
	"/quotas":                        "/quotas",
	"/quotas/{type}":                 "/quotas/aws-quota-slice?from=0",
	"/profile/{name}":                "/profile/aws?from=0",
	"/source/{path...}":              "/source/drover.yaml",
	"/ci-operator-reference":         "/ci-operator-reference",
	"/fields":                        "/fields",
	"/fields/{path}":                 "/fields/ci-operator.tests",
	"/search/suggest":                "/search/suggest?q=e2e",
	"/static/":                       "/static/style.css",
}

var routes = regexp.MustCompile(`s\.(?:page|mux\.HandleFunc|mux\.Handle)\("([^"]+)"`)

// TestEveryRouteHasAGoodPage holds the table above against the routes.
func TestEveryRouteHasAGoodPage(t *testing.T) {
	code, err := os.ReadFile("site.go")
	if err != nil {
		t.Fatal(err)
	}
	site, found := siteOf(t, sample(t)), 0
	for _, route := range routes.FindAllSubmatch(code, -1) {
		if pattern := string(route[1]); pattern != "/" { // which is for what is not there
			if found++; goodPages[pattern] == "" {
				t.Errorf("there is no good page of %s", pattern)
			}
		}
	}
	if found != len(goodPages) {
		t.Errorf("%d routes, %d good pages", found, len(goodPages))
	}
	for _, target := range goodPages {
		if got := get(t, site, target); got.code != http.StatusOK {
			t.Errorf("%s: got %d", target, got.code)
		}
	}
}

// badAddress is a request for a page, and what it is answered with.
type badAddress struct {
	name, method, target string
	header               []string
	status               int
	reason               string // empty is the page itself
}

const wrongPath = "<script>alert(1)</script>"

// badAddresses are wrong in one thing each, and some are odd and all right.
func badAddresses(pattern, target string) []badAddress {
	var all []badAddress
	add := func(name, method, target string, status int, reason string, header ...string) {
		all = append(all, badAddress{name, method, target, header, status, reason})
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW", "get"} {
		add("another method", method, target, http.StatusMethodNotAllowed, "Pages can only be read.")
	}
	path, rawQuery, _ := strings.Cut(target, "?")
	join := path + "?" + rawQuery
	if rawQuery != "" {
		join += "&"
	}
	const get = http.MethodGet
	add("HEAD", http.MethodHead, target, http.StatusOK, "")
	add("unknown parameters", get, join+"colour=red&colour=blue&x=%00", http.StatusOK, "")
	add("a long query", get, join+"x="+strings.Repeat("x", 5000), http.StatusRequestURITooLong, "The address is too long.")
	add("a long path", get, "/"+strings.Repeat("x", 5000), http.StatusRequestURITooLong, "The address is too long.")
	add("bad encoding", get, join+"x=%zz", http.StatusBadRequest, "The address cannot be read")
	add("a semicolon", get, join+"x=1;y=2", http.StatusBadRequest, "The address cannot be read")
	for _, value := range []string{"", ";", ",,", "gzip;q=", "GZIP;q=0.0", "*;q=0", "\xff", strings.Repeat("gzip,", 1000)} {
		add("Accept-Encoding", get, target, http.StatusOK, "", "Accept-Encoding", value)
	}
	add("If-None-Match", get, target, http.StatusOK, "", "If-None-Match", `W/"x, *`)
	add("a range", get, target, http.StatusOK, "", "Range", "bytes=0-1")
	query, _ := url.ParseQuery(rawQuery)
	for name, values := range query {
		query[name] = []string{values[0], values[0]}
		add("repeated "+name, get, path+"?"+query.Encode(), http.StatusBadRequest, "The parameter "+name+" is given more than once.")
		for _, bad := range []string{"a\x00b", "a\nb", "\xff"} {
			query[name] = []string{bad}
			add(name+" that is no text", get, path+"?"+query.Encode(), http.StatusBadRequest, "The parameter "+name+" is not text.")
		}
		query[name] = values
		if pattern == "/job" && name != "variant" {
			delete(query, name)
			add("no "+name, get, path+"?"+query.Encode(), http.StatusBadRequest, "A test is named by")
			query[name] = values
		}
	}
	if strings.Contains(pattern, "{") && pattern != "/{$}" {
		above := path[:strings.LastIndex(path, "/")+1]
		add("no text", get, above+"%ff", http.StatusBadRequest, "The address is not text.")
		add("a zero byte", get, above+"%00", http.StatusBadRequest, "The address is not text.")
		add("dots", get, above+"..", http.StatusTemporaryRedirect, "") // to what is meant
		for _, name := range []string{wrongPath, "../../etc/passwd", "nothing-like-this", strings.Repeat("y", 2000)} {
			add("an unknown name", get, above+url.PathEscape(name), http.StatusNotFound, "")
		}
	}
	return all
}

// Whatever is asked of whichever page gets the right status and a reason, as a
// page for people and in one line for programs; nothing that was asked comes
// back as markup.
func TestBadRequestsToEveryPage(t *testing.T) {
	site := siteOf(t, sample(t))
	asked := 0
	for pattern, target := range goodPages {
		want := get(t, site, target).text
		for _, bad := range badAddresses(pattern, target) {
			if pattern == "/static/" && strings.HasPrefix(bad.name, "an unknown") {
				continue
			}
			for _, accept := range []string{"text/html", "*/*"} {
				if pattern == "/{$}" && accept == "*/*" {
					continue // which is no page
				}
				asked++
				bad.isAnswered(t, site, pattern, accept, want)
			}
		}
		if got := get(t, site, target).text; got != want && pattern != "/{$}" {
			t.Errorf("%s: it is another page now", target)
		}
	}
	t.Logf("%d requests", asked)
}

func (bad badAddress) isAnswered(t *testing.T, site http.Handler, pattern, accept, good string) {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), bad.method, bad.target, http.NoBody)
	request.Header.Set("Accept", accept)
	for i := 0; i < len(bad.header); i += 2 {
		request.Header.Set(bad.header[i], bad.header[i+1])
	}
	recorder := httptest.NewRecorder()
	site.ServeHTTP(recorder, request)
	text := recorder.Body.String()
	what := bad.method + " " + bad.target[:min(len(bad.target), 120)] + " (" + pattern + "), " + bad.name + ", for " + accept
	switch {
	case recorder.Code != bad.status:
		t.Errorf("%s: got %d, want %d: %.300s", what, recorder.Code, bad.status, text)
	case bad.method == http.MethodHead:
		if text != "" {
			t.Errorf("%s: a body: %s", what, text)
		}
	case bad.status == http.StatusOK:
		if recorder.Header().Get("Content-Encoding") == "" && text != good && pattern != "/{$}" && !strings.HasPrefix(bad.name, "unknown") {
			t.Errorf("%s: another page", what)
		}
	case bad.status == http.StatusTemporaryRedirect:
	case !strings.Contains(text, bad.reason) || accept == "text/html" && bad.status == http.StatusNotFound && strings.Contains(text, wrongPath):
		t.Errorf("%s: there is no %q in\n%s", what, bad.reason, text)
	case accept == "*/*" && (strings.Count(text, "\n") != 1 || !strings.HasPrefix(recorder.Header().Get("Content-Type"), "text/plain")):
		t.Errorf("%s: not one line of text: %s", what, text)
	}
	if (recorder.Code == http.StatusMethodNotAllowed) != slices.Contains([]string{"GET, HEAD"}, recorder.Header().Get("Allow")) {
		t.Errorf("%s: Allow: %q", what, recorder.Header().Get("Allow"))
	}
}
