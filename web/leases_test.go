package web_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/drover-ci/drover/leases"
	"github.com/drover-ci/drover/leases/page"
	"github.com/drover-ci/drover/schema/rules"
	"github.com/drover-ci/drover/web"
)

// pool is a lease server without a cluster: what it holds does not change.
type pool struct {
	*leases.Pool

	now leases.Now
}

// Report implements [page.Server].
func (p pool) Report(leaseType string) ([]leases.TypeReport, error) {
	return p.Pool.Report(leaseType, p.now), nil
}

// Summary implements [page.Server].
func (p pool) Summary() ([]leases.TypeReport, error) { return p.Pool.Summary(), nil }

const sliceType = "aws-quota-slice"

// busyPool has a type that is all leased, with a line, and one that goes.
func busyPool(t *testing.T) pool {
	t.Helper()
	now := leases.Now{Wall: time.Now()}
	p := pool{leases.New(leases.Options{NewID: func() string { return "id" }}), now}
	content := leases.Content{Lines: []leases.SavedLine{{Type: sliceType, Waiting: []leases.Waiting{
		{ID: "request-1", Named: true, Owner: "ci-op-waits<b>", State: leases.Free, Dest: leases.Leased, Since: now.Wall.Add(-90 * time.Second)},
	}}}}
	var names []string
	for i := range 6 {
		r := leases.Resource{Name: fmt.Sprintf("us-east-1--%s-%d", sliceType, i), Type: sliceType, State: leases.Leased, Version: 1}
		r.Owner, r.Since, r.LastUpdate = fmt.Sprintf("ci-op-%d", i), now.Wall.Add(-time.Duration(i+1)*time.Hour), now.Wall.Add(-time.Minute)
		content.Resources = append(content.Resources, r)
		if i > 0 {
			names = append(names, r.Name)
		}
	}
	p.Load(content, now)
	p.Configure(&leases.Config{Resources: []leases.Entry{
		{Type: sliceType, State: leases.Free, Names: names}, {Type: "spare", State: leases.Free, MaxCount: 3},
	}}, now)
	return p
}

// TestBrowserLooksAtLeases: types, who holds what since when, the line, and use
// over time.
func TestBrowserLooksAtLeases(t *testing.T) {
	pages := page.New(busyPool(t))
	looked, cancel := context.WithCancel(t.Context())
	cancel()
	for range 3 {
		pages.Sample(looked) // once
	}
	section := web.Section{Title: "Leases", Path: "/leases", Page: func(r *http.Request) (web.Content, error) {
		title, body, err := pages.Render(strings.Trim(strings.TrimPrefix(r.URL.Path, "/leases"), "/"), time.Now())
		if errors.Is(err, page.ErrNoType) {
			return web.Content{}, web.NotFound("%s", err)
		}
		return web.Content{Title: title, Body: body}, err
	}}
	snapshot := sample(t)
	server := httptest.NewServer(web.New(func() *rules.Snapshot { return snapshot }, web.Options{}, section))
	t.Cleanup(server.Close)
	b := newTab(t)
	for path, want := range map[string][]string{
		"/leases":              {sliceType, "spare", "100 %"},
		"/leases/" + sliceType: {"6 of 5 in use", "ci-op-3", "4h", "goes when it is given back", "ci-op-waits<b>", "request-1", "In use (filled)"},
	} {
		b.visit(server.URL, path, lightWide)
		var text string
		b.run(chromedp.Text("main", &text))
		for _, each := range want {
			if !strings.Contains(text, each) {
				t.Errorf("%s does not show %q:\n%s", path, each, text)
			}
		}
		b.look(path, darkNarrow)
	}
	if got := get(t, server.Config.Handler, "/leases/none"); got.code != http.StatusNotFound {
		t.Errorf("no such type: %d", got.code)
	}
}
