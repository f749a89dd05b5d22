package web_test

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"golang.org/x/sys/unix"

	"github.com/drover-ci/drover/internal/corpus"
	"github.com/drover-ci/drover/reconciler"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema/rules"
)

// browserVariable names the browser; where it is set, there has to be one.
const browserVariable = "DROVER_BROWSER"

//go:embed testdata/axe.min.js
var axe string

// browser is the one for all tests, started by the first that asks for it.
var browser struct {
	once sync.Once
	open func() (tab context.Context, shut context.CancelFunc)
	stop []context.CancelFunc
	err  error
}

func TestMain(m *testing.M) {
	code := m.Run()
	for _, stop := range slices.Backward(browser.stop) {
		stop()
	}
	os.Exit(code)
}

// startBrowser starts Chromium.
func startBrowser(program string) {
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(1280, 900),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.WSURLReadTimeout(time.Minute),
	)
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	started, stop := chromedp.NewContext(allocator)
	browser.stop = []context.CancelFunc{stopAllocator, stop}
	browser.open = func() (context.Context, context.CancelFunc) { return chromedp.NewContext(started) }
	browser.err = chromedp.Run(started)
}

// tab is a page of the browser that notes what goes wrong in it.
type tab struct {
	t      *testing.T
	do     func(limit time.Duration, actions ...chromedp.Action) error
	mu     sync.Mutex
	faults []string
}

// newTab opens a page. The test runs beside other tests with tabs from then on,
// or is skipped where there is no Chromium. What pages store is theirs alone, as
// each test has a server of its own.
func newTab(t *testing.T) *tab {
	t.Helper()
	program := os.Getenv(browserVariable)
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil && program == "" {
			program = path
		}
	}
	if program == "" {
		t.Skip("there is no Chromium: install it, or name one in " + browserVariable)
	}
	t.Parallel()
	if browser.once.Do(func() { startBrowser(program) }); browser.err != nil {
		t.Fatal(browser.err)
	}
	opened, stop := browser.open()
	t.Cleanup(stop)
	b := &tab{t: t, do: func(limit time.Duration, actions ...chromedp.Action) error {
		limited, cancel := context.WithTimeout(opened, limit)
		defer cancel()
		return chromedp.Run(limited, actions...)
	}}
	chromedp.ListenTarget(opened, b.listen)
	// The tab lives as long as the context of its first action, which therefore has
	// no time-out. It behaves as the one in front, which only one of several is.
	if err := chromedp.Run(opened, log.Enable(), network.Enable(), page.Enable(), emulation.SetFocusEmulationEnabled(true)); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *tab) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *log.EventEntryAdded:
		b.faults = append(b.faults, fmt.Sprintf("%s: %s (%s)", e.Entry.Level, e.Entry.Text, e.Entry.URL))
	case *cdpruntime.EventExceptionThrown:
		b.faults = append(b.faults, "exception: "+e.ExceptionDetails.Error())
	case *cdpruntime.EventConsoleAPICalled:
		b.faults = append(b.faults, "console: "+string(e.Type))
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(e.Request.URL, "http://127.0.0.1:") {
			b.faults = append(b.faults, "a request leads out: "+e.Request.URL)
		}
	}
}

// takeFaults gives what went wrong since it was called last.
func (b *tab) takeFaults() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	faults := b.faults
	b.faults = nil
	return faults
}

func (b *tab) run(actions ...chromedp.Action) {
	b.t.Helper()
	if err := b.do(time.Minute, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// pageLimit is how long a page may take to become as it is wanted.
const pageLimit = 20 * time.Second

// What axe looks for: everything, and what depends on the appearance.
const (
	allRules        = `["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]`
	appearanceRules = `["color-contrast", "scrollable-region-focusable"]`
)

// many are the rows and lines of long lists but for the first: they are made as
// those are, and axe would look at each for milliseconds.
const many = `["tbody tr:nth-child(n+25)", "pre .line:nth-child(n+60)", ".hits li:nth-child(n+25)", ".columns li:nth-child(n+25)", ".parameters > :nth-child(n+25)"]`

// check looks at a page that is open: nothing went wrong in it, it is as wide as
// the window, and axe finds nothing.
func (b *tab) check(what string) {
	b.t.Helper()
	b.run(chromedp.Evaluate(axe+"; 0", nil))
	b.checkFor(what, allRules)
}

// checkFor is check by some rules, once axe is on the page.
func (b *tab) checkFor(what, rules string) {
	b.t.Helper()
	var result, heading string
	var wider bool
	b.run(
		chromedp.Evaluate(`document.querySelector("h1").textContent`, &heading),
		chromedp.Evaluate(`document.documentElement.scrollWidth > innerWidth`, &wider),
		chromedp.Evaluate(`axe.run({exclude: `+many+`}, {resultTypes: ["violations"], runOnly: `+rules+`}).then(r => JSON.stringify(
			r.violations.map(v => ({rule: v.id, help: v.help, nodes: v.nodes.slice(0, 3).map(n => n.html + " | " + n.failureSummary)}))))`,
			&result, func(p *cdpruntime.EvaluateParams) *cdpruntime.EvaluateParams { return p.WithAwaitPromise(true) }),
	)
	if heading == "" {
		b.t.Errorf("%s: there is no heading", what)
	}
	if wider {
		b.t.Errorf("%s: the page is wider than the window", what)
	}
	var violations []struct {
		Rule, Help string
		Nodes      []string
	}
	if err := json.Unmarshal([]byte(result), &violations); err != nil { //nolint:musttag // names are matched as they are
		b.t.Fatal(err)
	}
	for _, violation := range violations {
		b.t.Errorf("%s: %s: %s\n  %s", what, violation.Rule, violation.Help, strings.Join(violation.Nodes, "\n  "))
	}
	for _, fault := range b.takeFaults() {
		b.t.Errorf("%s: %s", what, fault)
	}
}

func scheme(name string) chromedp.Action {
	return emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}})
}

func size(width, height int64) chromedp.Action {
	return emulation.SetDeviceMetricsOverride(width, height, 1, false)
}

func serveSite(t *testing.T, snapshot *rules.Snapshot) string {
	t.Helper()
	server := httptest.NewServer(siteOf(t, snapshot))
	t.Cleanup(server.Close)
	return server.URL
}

// samplePages are those of every route, and some that show more.
func samplePages() []string {
	pages := []string{"/reference/widget-e2e", "/job?org=acme&repo=widget-server&branch=main&test=e2e-azure-skew"}
	for pattern, target := range goodPages {
		if pattern != "/search/suggest" && pattern != "/static/" {
			pages = append(pages, target)
		}
	}
	slices.Sort(pages)
	return pages
}

// Every kind of page is sound in light and dark, wide and narrow.
func TestBrowserWalksTheSample(t *testing.T) {
	b, address := newTab(t), serveSite(t, sample(t))
	for i, each := range samplePages() {
		b.visit(address, each, lightWide)
		if i%2 == 0 {
			b.look(each, darkNarrow)
		}
	}
}

// What is unusual fits in too: long names, hostile text, many tests, and next to
// nothing; and pages of what is not there.
func TestBrowserWalksTheOdd(t *testing.T) {
	b, address, empty := newTab(t), serveSite(t, odd(t)), serveSite(t, bare(t))
	for i, each := range oddPages {
		b.visit(address, each, []appearance{darkNarrow, lightWide}[i%2])
	}
	for _, each := range []string{"/", "/registry", "/configs/acme/bare/main", "/quotas"} {
		b.visit(empty, each, darkNarrow)
	}
	for i, status := range []reconciler.Status{refusedStatus(), heldStatus()} {
		site := siteIn(t, status)
		server := httptest.NewServer(site)
		t.Cleanup(server.Close)
		for _, each := range []string{"/", "/problems"} {
			b.visit(server.URL, each, []appearance{lightWide, darkNarrow}[i])
			b.look(each, []appearance{darkNarrow, lightWide}[i])
		}
	}
	b.run(chromedp.Navigate(address + "/reference/" + longName))
	if faults := b.takeFaults(); len(faults) != 1 || !strings.Contains(faults[0], "404") {
		t.Errorf("a page that is not there: %v", faults)
	}
	b.check("a page that is not there")
}

// appearance is what a page is looked at in.
type appearance struct {
	name, scheme  string
	width, height int64
}

var (
	lightWide  = appearance{"light and wide", "light", 1280, 900}
	darkNarrow = appearance{"dark and narrow", "dark", 375, 700}
)

// visit opens a page, with all that folds unfolded, and looks at it.
func (b *tab) visit(address, target string, as appearance) {
	b.t.Helper()
	b.run(as.take(), chromedp.Navigate(address+target),
		chromedp.Evaluate(`document.querySelectorAll("details").forEach(d => d.open = true)`, nil))
	b.check(target + ", " + as.name)
}

// look looks at the page that is open in another way.
func (b *tab) look(target string, as appearance) {
	b.t.Helper()
	b.run(as.take())
	b.checkFor(target+", "+as.name, appearanceRules)
}

func (a appearance) take() chromedp.Action {
	return chromedp.Tasks{scheme(a.scheme), size(a.width, a.height)}
}

// The largest pages that there are, each in one of both ways.
func TestBrowserWalksTheCorpus(t *testing.T) {
	tree, closeTree, err := repolayout.OpenFolder(corpus.Dir(t, "release-repo"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = closeTree() })
	b, snapshot := newTab(t), snapshotOf(t, tree)
	searchIsQuick(t, siteOf(t, snapshot))
	address := serveSite(t, snapshot)
	for i, each := range corpusPages {
		b.visit(address, each, []appearance{lightWide, darkNarrow}[i%2])
	}
	b.readWithoutScripts(address, corpusPages)
}

// corpusPages are the largest of each kind.
var corpusPages = []string{
	"/", "/problems", "/registry?kind=step", "/reference/ipi-install-install", "/workflow/openshift-e2e-aws", "/chain/ipi-aws-pre",
	"/observer/observers-resource-watch", "/users/step/ipi-install-install", "/users/image/ocp%2F4.14:cli", "/configs", "/configs/openshift", "/configs/openshift/installer",
	"/configs/openshift/installer/master", "/job?org=openshift&repo=installer&branch=master&test=e2e-aws-ovn", "/search?q=aws+ovn", "/quotas",
	"/quotas/aws-quota-slice", "/profile/aws", "/source/ci-operator/config/openshift/installer/openshift-installer-master.yaml",
}

// readWithoutScripts reads pages without JavaScript: each has its heading and
// content, and nothing goes wrong.
func (b *tab) readWithoutScripts(address string, pages []string) {
	b.t.Helper()
	b.run(emulation.SetScriptExecutionDisabled(true))
	for _, each := range pages {
		var heading, content string
		b.run(chromedp.Navigate(address+each), chromedp.Text("h1", &heading, chromedp.ByQuery), chromedp.Text("main", &content, chromedp.ByQuery))
		if strings.TrimSpace(heading) == "" || len(content) < len(heading)+15 {
			b.t.Errorf("%s without scripts: %q", each, content)
		}
	}
	for _, fault := range b.takeFaults() {
		b.t.Error(fault)
	}
}

// searchIsQuick holds what is answered as one types against the time that people
// take for at once. It is the processor's time that counts, as others work on
// this machine too.
func searchIsQuick(t *testing.T, site http.Handler) {
	t.Helper()
	const most = 100 * time.Millisecond
	if got := get(t, site, "/search").text; !regexp.MustCompile(`Looks in [6-9][0-9],[0-9]{3} names`).MatchString(got) {
		t.Errorf("the search knows too little: %s", got)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for _, query := range []string{"a", "e", "e2e", "aws ovn", "pull-ci-openshift", "ipi install", "4.12 upgrade aws", "nothing has this", "s t e p s"} {
		began := threadTime(t)
		get(t, site, "/search/suggest?q="+url.QueryEscape(query))
		if took := threadTime(t) - began; took >= most {
			t.Errorf("the search for %s takes %v", query, took)
		}
		firstAreBest(t, site, query)
	}
}

// threadTime is what the thread has had of a processor.
func threadTime(t *testing.T) time.Duration {
	t.Helper()
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_THREAD, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

var hitName = regexp.MustCompile(`"name":"([^"]+)"`)

// firstAreBest holds that the few that are shown as one types are the first of
// the many.
func firstAreBest(t *testing.T, site http.Handler, query string) {
	t.Helper()
	rest := get(t, site, "/search?q="+url.QueryEscape(query)).text
	for _, hit := range hitName.FindAllStringSubmatch(get(t, site, "/search/suggest?q="+url.QueryEscape(query)).text, -1) {
		_, after, found := strings.Cut(rest, ">"+hit[1]+"</a>")
		if !found {
			t.Errorf("the search for %s has no %s, or not in the order of what is shown as one types", query, hit[1])
			return
		}
		rest = after
	}
}

// Without JavaScript every page has its content, and forms lead on.
func TestBrowserWithoutScripts(t *testing.T) {
	b, address := newTab(t), serveSite(t, sample(t))
	b.readWithoutScripts(address, samplePages())
	var found string
	b.run(chromedp.Navigate(address+"/"), chromedp.SendKeys("#q", "e2e aws\r", chromedp.ByQuery),
		chromedp.WaitVisible(".hits", chromedp.ByQuery), chromedp.Text("main", &found, chromedp.ByQuery))
	if !strings.Contains(found, "pull-ci-acme-widget-server-main-e2e-aws") {
		t.Errorf("the search found %s", found)
	}
	b.run(chromedp.Navigate(address+"/registry?kind=step"), chromedp.SendKeys("#filter", "gather\r", chromedp.ByQuery),
		chromedp.WaitVisible(`//tbody/tr[count(../tr)=1]`), chromedp.Text("tbody", &found, chromedp.ByQuery))
	if !strings.Contains(found, "gather-logs") {
		t.Errorf("the filter left %s", found)
	}
	for _, fault := range b.takeFaults() {
		t.Error(fault)
	}
}

// The pictures of the documentation are of the pages as they are: UPDATE=1 takes
// them anew.
func TestScreenshots(t *testing.T) {
	pictures := map[string]string{
		"overview": "/", "registry": "/registry?kind=step", "workflow": "/workflow/widget-e2e",
		"test": "/job?org=acme&repo=widget-server&branch=main&test=e2e-azure-skew", "quota": "/quotas/aws-quota-slice",
	}
	folder := filepath.Join("..", "docs", "images")
	if os.Getenv("UPDATE") != "1" {
		readme, err := os.ReadFile(filepath.Join("..", "README.md"))
		if err != nil {
			t.Fatal(err)
		}
		for name := range pictures {
			if !strings.Contains(string(readme), "(docs/images/"+name+".png)") {
				t.Errorf("the README does not show %s", name)
			}
			info, err := os.Stat(filepath.Join(folder, name+".png"))
			if err != nil || info.Size() > 200<<10 {
				t.Errorf("picture %s: missing, or larger than 200 KB: UPDATE=1 takes it", name)
			}
		}
		return
	}
	b, address := newTab(t), serveSite(t, sample(t))
	for name, target := range pictures {
		var picture []byte
		b.run(scheme("light"), size(1200, 800), chromedp.Navigate(address+target), chromedp.CaptureScreenshot(&picture))
		if err := os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
