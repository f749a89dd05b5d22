package httpapi_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/resolver/httpapi"
	"github.com/drover-ci/drover/schema"
)

// snapshot is a revision for tests.
type snapshot struct {
	revision string
	catalog  *resolver.Catalog
}

func (s snapshot) Revision() string                { return s.revision }
func (s snapshot) Catalog() *resolver.Catalog      { return s.catalog }
func (snapshot) Generations() (config, reg uint64) { return 7, 3 }

// archive gives the snapshot in force, and keeps others.
type archive struct {
	current atomic.Pointer[snapshot]
	kept    map[string]snapshot
}

func (a *archive) Current() (httpapi.Snapshot, bool) {
	if current := a.current.Load(); current != nil {
		return *current, true
	}
	return nil, false
}

func (a *archive) At(revision string) (httpapi.Snapshot, bool) {
	kept, ok := a.kept[revision]
	return kept, ok
}

const (
	steps = `ref: {as: install, from: cli, commands: install.sh, env: [{name: REGION, default: east}]}`
	check = `ref: {as: check, from: tests, commands: check.sh, env: [{name: SUITE}], dependencies: [{name: "stable:cli", env: CLI}, {name: "pipeline:tests", env: TESTS}]}`
	e2e   = `workflow: {as: e2e, steps: {pre: [{ref: install}], test: [{ref: check}]}}`
	aws   = `{name: aws, cluster_type: aws, lease_type: aws-quota, secret: cluster-secrets-aws, owners: [{org: acme}]}`
)

var configs = []string{
	`
zz_generated_metadata: {org: acme, repo: rocket, branch: main}
base_images: {cli: {namespace: acme, name: cli, tag: latest}}
build_root: {image_stream_tag: {namespace: acme, name: release, tag: golang}}
binary_build_commands: make
images: {items: [{from: cli, to: rocket, inputs: {bin: {as: [builder]}}}]}
resources: {'*': {requests: {cpu: 100m, memory: 1Gi}}, unit: {requests: {cpu: "2"}}}
tests: [{as: unit, commands: make test, container: {from: src}}]`,
	`
zz_generated_metadata: {org: acme, repo: rocket, branch: main, variant: broken}
tests: [{as: e2e, steps: {workflow: e2e}}, {as: other, steps: {workflow: e2f}}]`,
	`
zz_generated_metadata: {org: acme, repo: glider, branch: main}
base_images: {tests: {namespace: acme, name: tests, tag: latest}}
releases: {latest: {integration: {namespace: acme, name: "1.0"}}}
resources: {'*': {requests: {cpu: "1", memory: 200Mi}}, e2e: {requests: {cpu: 50m}}}
tests: [{as: e2e, cron: "@daily", steps: {workflow: e2e, env: {SUITE: all}}}]`,
	`
zz_generated_metadata: {org: acme, repo: glider, branch: main-wing}
tests: [{as: unit, commands: make test, container: {from: src}}]`,
}

// newSnapshot resolves the configurations above; the script tells revisions
// apart.
func newSnapshot(t testing.TB, revision, script string) snapshot {
	t.Helper()
	registry, findings := resolver.NewRegistry(resolver.Components{
		Refs: []*schema.RegistryRef{
			&parse[schema.RefFile](t, strings.Replace(steps, "install.sh", script, 1)).Ref,
			&parse[schema.RefFile](t, check).Ref,
			{As: "big", From: "cli", Commands: strings.Repeat("#", 1<<20)},
		},
		Workflows: []*schema.RegistryWorkflow{&parse[schema.WorkflowFile](t, e2e).Workflow},
		Profiles:  []schema.ClusterProfileEntry{*parse[schema.ClusterProfileEntry](t, aws)},
	})
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	var all []*schema.Config
	for _, text := range configs {
		all = append(all, parse[schema.Config](t, text))
	}
	return snapshot{revision, resolver.NewCatalog(registry, all)}
}

func parse[T any](t testing.TB, text string) *T {
	t.Helper()
	value := new(T)
	for _, problem := range schema.Decode("test.yaml", []byte(text), value) {
		t.Fatal(problem)
	}
	return value
}

// server is a server under test.
type server struct {
	*httptest.Server
	t testing.TB
}

// serve starts a server with one snapshot in force and one kept.
func serve(t testing.TB) (server, *archive) {
	t.Helper()
	source := &archive{kept: map[string]snapshot{"old": newSnapshot(t, "old", "old.sh")}}
	current := newSnapshot(t, "new", "new.sh")
	source.current.Store(&current)
	return start(t, source), source
}

func start(t testing.TB, source httpapi.Source) server {
	t.Helper()
	logger := slog.New(slog.NewTextHandler(t.Output(), nil))
	s := httptest.NewUnstartedServer(nil)
	s.Config = httpapi.NewServer(httpapi.New(source, prometheus.NewRegistry(), logger), logger)
	s.Listener = httpapi.Gathering(s.Listener)
	s.Start()
	t.Cleanup(s.Close)
	return server{s, t}
}

// answer is what a server answered.
type answer struct {
	code   int
	header http.Header
	text   string
}

func (s server) get(target string, header ...string) answer {
	s.t.Helper()
	return s.ask(http.MethodGet, target, "", header...)
}

// ask makes a request with headers, each a name and a value.
func (s server) ask(method, target, body string, header ...string) answer {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.URL+target, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	// The transport would ask for gzip, and hide it, if nothing were said.
	request.Header.Set("Accept-Encoding", "identity")
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := s.Client().Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(text)}
}
