package web_test

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drover-ci/drover/fixtures"
	"github.com/drover-ci/drover/reconciler"
	"github.com/drover-ci/drover/reconciler/apply"
	"github.com/drover-ci/drover/reconciler/gitsource"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
	"github.com/drover-ci/drover/web"
)

const hash = "0123456789abcdef0123456789abcdef01234567"

// snapshotOf loads a repository that must be valid.
func snapshotOf(t testing.TB, tree repolayout.Tree) *rules.Snapshot {
	t.Helper()
	repo, err := repolayout.Load(t.Context(), tree, nil)
	if err != nil {
		t.Fatal(err)
	}
	valid, problems := rules.AdmitWhole(t.Context(), nil, repo)
	if valid == nil {
		t.Fatal(problems)
	}
	return rules.NewSnapshot(nil, valid, hash, time.Now())
}

func sample(t testing.TB) *rules.Snapshot {
	t.Helper()
	return snapshotOf(t, repolayout.FromFS(fixtures.Release()))
}

// siteOf makes a site that has been told that a snapshot is in force.
func siteOf(t testing.TB, snapshot *rules.Snapshot) *web.Site {
	t.Helper()
	site := web.New(func() *rules.Snapshot { return snapshot }, web.Options{
		Repository: "release", Branch: "main", Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	revision := gitsource.Revision{Hash: hash, Subject: "A small release repository", Time: time.Now()}
	if err := site.Report(t.Context(), reconciler.Status{Stage: reconciler.Done, Observed: revision, Applied: revision}); err != nil {
		t.Fatal(err)
	}
	return site
}

type answer struct {
	code   int
	header http.Header
	text   string
}

func get(t testing.TB, site http.Handler, target string, header ...string) answer {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, http.NoBody)
	request.Header.Set("Accept", "text/html")
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	recorder := httptest.NewRecorder()
	site.ServeHTTP(recorder, request)
	text, err := io.ReadAll(recorder.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{recorder.Code, recorder.Header(), string(text)}
}

var hrefs = regexp.MustCompile(`(?:href|src|action)="([^"]*)"`)

// links lists where a page leads within the site, without what jobs ask for.
func links(page string) []string {
	var all []string
	for _, found := range hrefs.FindAllStringSubmatch(page, -1) {
		target, _, _ := strings.Cut(strings.ReplaceAll(found[1], "&amp;", "&"), "#")
		if strings.HasPrefix(target, "/") && !strings.HasPrefix(target, "/config?") && target != "/openapi.json" {
			all = append(all, target)
		}
	}
	return all
}

// Every link of every page of the sample leads to a page, and whatever a page
// names can be reached.
func TestEveryLinkLeadsSomewhere(t *testing.T) {
	seen := crawl(t, siteOf(t, sample(t)))
	for _, want := range []string{
		"/registry", "/registry?kind=step", "/reference/ipi-install", "/chain/widget-deploy", "/workflow/widget-e2e", "/observer/observers-events",
		"/job?org=acme&repo=widget-server&branch=main&test=e2e-gcp-full", "/configs/acme/widget-server/main?variant=nightly",
		"/quotas/widget-licence-quota-slice", "/profile/oracle", "/users/step/ipi-install", "/users/image/acme%2Fci-tools:latest", "/fields/ci-operator.tests.steps",
		"/source/ci-operator/step-registry/ipi/install/ipi-install-commands.sh",
	} {
		if seen[want] == "" {
			t.Errorf("no page leads to %s", want)
		}
	}
	t.Logf("%d pages", len(seen))
}

// crawl follows all links but those that begin in certain ways, and gives all
// pages by their addresses.
func crawl(t *testing.T, site http.Handler, but ...string) map[string]string {
	t.Helper()
	seen := map[string]string{}
	queue := []string{"/"}
	for len(queue) > 0 {
		target := queue[0]
		queue = queue[1:]
		if seen[target] != "" || slices.ContainsFunc(but, func(begin string) bool { return strings.HasPrefix(target, begin) }) {
			continue
		}
		got := get(t, site, target)
		seen[target] = got.text
		if got.code != http.StatusOK {
			t.Errorf("%s: got %d", target, got.code)
			continue
		}
		queue = append(queue, links(got.text)...)
	}
	return seen
}

// Today's addresses work.
func TestTodaysAddresses(t *testing.T) {
	site := siteOf(t, sample(t))
	for target, want := range map[string]string{
		"/reference/ipi-install": "<h1>ipi-install</h1>",
		"/chain/ipi-install":     "<h1>ipi-install</h1>",
		"/workflow/widget-e2e":   "<h1>widget-e2e</h1>",
		"/job?org=acme&repo=widget-server&branch=main&test=e2e-aws":     "<h1>e2e-aws</h1>",
		"/search?job=pull-ci-acme-widget-server-main-e2e-aws":           `href="/job?org=acme&amp;repo=widget-server&amp;branch=main&amp;test=e2e-aws"`,
		"/ci-operator-reference":                                        "<h1>ci-operator",
		"/job?org=acme&repo=widget-server&branch=main&test=x&variant=y": "There is no configuration acme/widget-server@main__y.",
	} {
		if got := get(t, site, target); !strings.Contains(got.text, want) {
			t.Errorf("%s: there is no %s in\n%s", target, want, got.text)
		}
	}
}

// What is asked for and not there is said in a line, with what may be meant.
func TestNotFound(t *testing.T) {
	site := siteOf(t, sample(t))
	tests := map[string]struct {
		target string
		code   int
		want   []string
	}{
		"step":         {"/reference/ipi-instal", 404, []string{"The step registry has no step ipi-instal.", `href="/reference/ipi-install"`}},
		"other kind":   {"/workflow/widget-deploy", 404, []string{"no workflow widget-deploy", `href="/chain/widget-deploy"`}},
		"organization": {"/configs/acne", 404, []string{`href="/configs/acme"`}},
		"repository":   {"/configs/acme/widget-servr", 404, []string{`href="/configs/acme/widget-server"`}},
		"branch":       {"/configs/acme/widget-server/master", 404, []string{`href="/configs/acme/widget-server/main"`}},
		"test":         {"/job?org=acme&repo=widget-server&branch=main&test=e2e", 404, []string{"has no test e2e", `test=e2e-aws"`}},
		"half a test":  {"/job?org=acme", 400, []string{"A test is named by org, repo, branch and test"}},
		"lease type":   {"/quotas/aws-quota", 404, []string{`href="/quotas/aws-quota-slice"`}},
		"profile":      {"/profile/awz", 404, []string{`href="/profile/aws"`}},
		"field":        {"/fields/ci-operator.test", 404, []string{"did you mean &#34;tests&#34;?"}},
		"file":         {"/source/clusters/common/00_namespaces.yaml", 404, []string{"There is no page of the file"}},
		"path outside": {"/source/..%2f..%2fetc%2fpasswd", 404, []string{"There is no page"}},
		"anything":     {"/widget-e2e", 404, []string{`href="/workflow/widget-e2e"`}},
		"markup":       {"/reference/%3Cscript%3Ealert(1)%3C%2Fscript%3E", 404, []string{"&lt;script&gt;alert(1)&lt;/script&gt;"}},
		"not text":     {"/reference/%ff%00%0a", 400, []string{"The address is not text."}},
		"test of many": {"/job?org=acme&repo=widget-server&branch=main&test=nothing-like-it", 404, []string{"has no test nothing-like-it", `test=unit"`}},
		"too long":     {"/search?q=" + strings.Repeat("x", 5000), 414, []string{"too long"}},
		"many words":   {"/search?q=" + strings.Repeat("e2e+", 500), 200, []string{"Search"}},
		"no number":    {"/registry?from=-1", 400, []string{"The parameter from is &#34;-1&#34;, want the number of a row."}},
		"huge number":  {"/registry?from=99999999999999999999", 400, []string{"want the number of a row"}},
		"past the end": {"/registry?from=99999", 200, []string{"widget-e2e"}},
		"no such kind": {"/registry?kind=stop", 400, []string{"The parameter kind is &#34;stop&#34;, want one of workflow, chain, step, observer."}},
		"no such sort": {"/registry?sort=size", 400, []string{"want one of name, use"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := get(t, site, tc.target)
			if got.code != tc.code {
				t.Errorf("got %d, want %d", got.code, tc.code)
			}
			for _, want := range tc.want {
				if !strings.Contains(got.text, want) {
					t.Errorf("there is no %s in\n%s", want, got.text)
				}
			}
		})
	}
}

// Before there is a revision the overview says so, and other pages are not
// there yet.
func TestNothingInForce(t *testing.T) {
	site := web.New(func() *rules.Snapshot { return nil }, web.Options{})
	if got := get(t, site, "/"); got.code != http.StatusOK || !strings.Contains(got.text, "Starting") {
		t.Errorf("got %d: %s", got.code, got.text)
	}
	if got := get(t, site, "/registry"); got.code != http.StatusServiceUnavailable {
		t.Errorf("got %d", got.code)
	}
	if got := get(t, site, "/search/suggest?q=x"); got.code != http.StatusServiceUnavailable {
		t.Errorf("got %d", got.code)
	}
}

// Programs get at / what they got from today's resolver.
func TestRootForPrograms(t *testing.T) {
	site := siteOf(t, sample(t))
	if got := get(t, site, "/", "Accept", "*/*"); got.code != http.StatusNotFound {
		t.Errorf("got %d, want 404", got.code)
	}
}

func TestHeaders(t *testing.T) {
	site := siteOf(t, sample(t))
	got := get(t, site, "/registry")
	policy := got.header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("Content-Security-Policy: %s", policy)
	}
	for _, found := range hrefs.FindAllStringSubmatch(got.text, -1) {
		if strings.Contains(found[1], "//") {
			t.Errorf("the page leads out: %s", found[1])
		}
	}
	if got := get(t, site, "/registry", "Accept-Encoding", "gzip"); got.header.Get("Content-Encoding") != "gzip" {
		t.Error("the page is not compressed")
	}
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/registry", http.NoBody)
	recorder := httptest.NewRecorder()
	site.ServeHTTP(recorder, request)
	if recorder.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: got %d", recorder.Code)
	}
}

// A section of another package has pages and an entry in the navigation.
func TestSection(t *testing.T) {
	section := web.Section{Title: "Leases", Path: "/leases", Page: func(r *http.Request) (web.Content, error) {
		if r.URL.Path == "/leases/none" {
			return web.Content{}, web.NotFound("There is no such lease.")
		}
		return web.Content{Title: "Leases", Body: "<p>Two are free.</p>"}, nil
	}}
	snapshot := sample(t)
	site := web.New(func() *rules.Snapshot { return snapshot }, web.Options{}, section)
	if got := get(t, site, "/leases"); !strings.Contains(got.text, "<p>Two are free.</p>") || !strings.Contains(got.text, `<a href="/leases" aria-current="page">Leases</a>`) {
		t.Error(got.text)
	}
	if got := get(t, site, "/leases/none"); got.code != http.StatusNotFound || !strings.Contains(got.text, "There is no such lease.") {
		t.Errorf("got %d: %s", got.code, got.text)
	}
}

// siteIn is a site on the sample that has been told a status.
func siteIn(t testing.TB, status reconciler.Status) *web.Site {
	t.Helper()
	current := sample(t)
	site := web.New(func() *rules.Snapshot { return current }, web.Options{
		Tree: func(revision string) (repolayout.Tree, error) {
			if revision != status.Observed.Hash {
				t.Errorf("got revision %s", revision)
			}
			return repolayout.FromFS(fixtures.Release()), nil
		},
	})
	if err := site.Report(t.Context(), status); err != nil {
		t.Fatal(err)
	}
	return site
}

const problemFile = "ci-operator/config/acme/widget-server/acme-widget-server-main.yaml"

func refusedStatus() reconciler.Status {
	problem := schema.Problem{File: problemFile, Line: 6, Column: 3, Path: "base_images.base", Rule: "some-rule", Message: "<b>this</b> is wrong"}
	lost := schema.Problem{File: "no/such/file", Line: 3, Rule: "lost", Message: "gone"}
	return reconciler.Status{
		Stage: reconciler.Validate, Refused: true, Observed: gitsource.Revision{Hash: "bad", Subject: "Oops"},
		Problems: slices.Repeat([]schema.Problem{problem, lost}, 4),
	}
}

// The problems of a refused revision are shown with the lines around them.
func TestRefusedRevision(t *testing.T) {
	site := siteIn(t, refusedStatus())
	for _, page := range []string{"/", "/problems"} {
		got := get(t, site, page).text
		for _, want := range []string{"&lt;b&gt;this&lt;/b&gt; is wrong", "<mark>base:", "some-rule", "8 problems", problemFile + ":6:3"} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: there is no %s in\n%s", page, want, got)
			}
		}
	}
}

func heldStatus() reconciler.Status {
	problem := schema.Problem{File: "core-services/boskos/quotas.yaml", Line: 16, Column: 1, Rule: "some-rule", Message: "too much"}
	return reconciler.Status{
		Stage: reconciler.Done, Observed: gitsource.Revision{Hash: hash, Subject: "More"}, Problems: []schema.Problem{problem},
		Held: []reconciler.Held{
			{Unit: rules.Unit{Kind: repolayout.ComponentUnit, Name: "acme/glider"}, Revision: gitsource.Revision{Hash: "fedcba9876543210"}, Since: time.Now(), Problems: []schema.Problem{problem}},
			{Unit: rules.Unit{Kind: repolayout.ProfilesUnit}, Problems: slices.Repeat([]schema.Problem{problem}, 5)},
		},
		Targets: []reconciler.TargetStatus{{Name: "build01", Applied: gitsource.Revision{Hash: hash}}, {Name: "build02", Err: errors.New("no route to <host>")}},
	}
}

// What takes more than moments is shown as far as it has come.
func TestUnderWay(t *testing.T) {
	status := heldStatus()
	status.Stage, status.Progress = reconciler.Apply, &apply.Progress{Doing: "applying", Done: 1200, Of: 5000}
	status.Targets[0].Progress = &apply.Progress{Doing: "checking", Done: 3, Of: 9}
	got := get(t, siteIn(t, status), "/").text
	for _, want := range []string{"Applying", "on its way into the cluster: applying 1200 of 5000 objects", "checking 3 of 9 objects"} {
		if !strings.Contains(got, want) {
			t.Errorf("there is no %s in\n%s", want, got)
		}
	}
}

// Units that are held back and other targets are shown with their reasons.
func TestHeldAndTargets(t *testing.T) {
	got := get(t, siteIn(t, heldStatus()), "/").text
	for _, want := range []string{
		"2 units held back", "component acme/glider", "fedcba9876", "left out", "<mark>quotas:", "and 2 problems more",
		"build01", "build02", "no route to &lt;host&gt;",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("there is no %s in\n%s", want, got)
		}
	}
}
