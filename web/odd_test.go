package web_test

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/drover-ci/drover/fixtures"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema/rules"
)

const (
	// hostile is text that would do harm if it were taken for markup, in prose too.
	hostile = "<img src=x onerror=alert(1)>\"'`<b>` javascript:alert(2) http://x/\"onmouseover=alert(3) </code></pre></script><script>alert(4)</script>"
	// longName is as long as names get, and has no place to break it.
	longName = "anameasalongasnamesareallowedtobesothatnolinecanholditwhole"
)

// files are those of a repository, to be changed.
type files struct {
	fstest.MapFS

	t testing.TB
}

// sampleFiles are those of the sample.
func sampleFiles(t testing.TB) files {
	t.Helper()
	f := files{fstest.MapFS{}, t}
	err := fs.WalkDir(fixtures.Release(), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(fixtures.Release(), path)
		f.write(path, string(content))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (f files) write(path, content string) { f.MapFS[path] = &fstest.MapFile{Data: []byte(content)} }

func (f files) replace(path, from, to string) {
	f.t.Helper()
	content := string(f.MapFS[path].Data)
	if !strings.Contains(content, from) {
		f.t.Fatalf("%s has no %s", path, from)
	}
	f.write(path, strings.Replace(content, from, to, 1))
}

// odd is the sample with all that is unusual: hostile text, long names, many
// tests, and things that nobody uses.
func odd(t testing.TB) *rules.Snapshot {
	t.Helper()
	files := sampleFiles(t)
	const registry = "ci-operator/step-registry/widget/"
	quoted := fmt.Sprintf("%q", hostile)
	files.replace(registry+"deploy/widget-deploy-ref.yaml", "Installs the operator", hostile+" Installs the operator")
	files.replace(registry+"deploy/widget-deploy-ref.yaml", `default: "1"`, "default: "+quoted)
	files.replace(registry+"deploy/widget-deploy-ref.yaml", "How many servers", "'"+strings.ReplaceAll(hostile, "'", "''")+"' #")
	files.replace(registry+"deploy/widget-deploy-commands.sh", "\n", "\necho '"+strings.ReplaceAll(hostile, "'", "")+"' # "+hostile+"\n")
	files.replace(registry+"e2e/widget-e2e-workflow.yaml", "All of it:", hostile+" All of it:")
	files.replace(registry+"e2e/widget-e2e-workflow.yaml", "WIDGET_SUITE: smoke", "WIDGET_SUITE: "+quoted)
	var tests strings.Builder
	for i := range 100 {
		fmt.Fprintf(&tests, "- {as: test-%03d, commands: %s, container: {from: src}, run_if_changed: %s}\n", i, quoted, `'^<b onclick="x()">'`)
	}
	fmt.Fprintf(&tests, "- {as: %s, steps: {cluster_profile: aws, workflow: widget-e2e, env: {WIDGET_SUITE: %s}, test: [{as: %s, from: src, commands: %s, resources: {requests: {cpu: 10m}}}, {ref: widget-e2e}]}}\n",
		longName, quoted, longName+"-step", quoted)
	files.write("ci-operator/config/acme/crowd/acme-crowd-main.yaml", `zz_generated_metadata: {org: acme, repo: crowd, branch: main}
build_root: {image_stream_tag: {namespace: acme, name: release, tag: golang}}
releases: {latest: {integration: {namespace: ocp, name: '4.20'}}}
resources: {'*': {requests: {cpu: 100m}}}
tests:
`+tests.String())
	return snapshotOf(t, repolayout.FromFS(files.MapFS))
}

// oddPages are those on which what is unusual shows.
var oddPages = []string{
	"/reference/widget-deploy", "/workflow/widget-e2e", "/configs/acme/crowd", "/configs/acme/crowd/main",
	"/job?org=acme&repo=crowd&branch=main&test=" + longName, "/job?org=acme&repo=crowd&branch=main&test=test-007",
	"/search?q=" + longName, "/registry?filter=" + longName,
}

var markup = regexp.MustCompile(`<img src=x|<b>|<b onclick|<script>|"onmouseover|href="javascript`)

// Text of the repository is shown as text, on every page.
func TestHostileTextIsShownAsText(t *testing.T) {
	pages := crawl(t, siteOf(t, odd(t)), "/fields", "/static")
	shown := 0
	for target, page := range pages {
		if found := markup.FindString(page); found != "" {
			t.Errorf("%s: there is %s", target, found)
		}
		if strings.Contains(page, "&lt;img src=x onerror=alert(1)&gt;") {
			shown++
		}
	}
	if shown < 8 {
		t.Errorf("only %d pages of %d show it", shown, len(pages))
	}
	for _, want := range []string{oddPages[4], "/configs/acme/crowd/main"} {
		if pages[want] == "" {
			t.Errorf("no page leads to %s", want)
		}
	}
}

// A repository that has hardly anything is shown with words instead of empty
// tables, and all its links lead somewhere.
func TestEmptyStates(t *testing.T) {
	pages := crawl(t, siteOf(t, bare(t)), "/fields")
	for target, want := range map[string]string{
		"/registry": "The registry has none.", "/registry?kind=observer": "The registry has none.", "/quotas": "No lease type has a quota.",
		"/configs/acme/bare/main": "It builds none.", "/": "In force when this process started",
	} {
		if !strings.Contains(pages[target], want) {
			t.Errorf("%s: there is no %q in\n%s", target, want, pages[target])
		}
	}
}

// bare is a repository of one configuration.
func bare(t testing.TB) *rules.Snapshot {
	t.Helper()
	return snapshotOf(t, repolayout.FromFS(fstest.MapFS{
		"ci-operator/config/acme/bare/acme-bare-main.yaml": {Data: []byte(`
zz_generated_metadata: {org: acme, repo: bare, branch: main}
build_root: {image_stream_tag: {namespace: acme, name: release, tag: golang}}
resources: {'*': {requests: {cpu: 100m}}}
tests: [{as: unit, commands: make, container: {from: src}}]
`)},
	}))
}
