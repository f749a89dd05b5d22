package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/drover-ci/drover/fixtures"
	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/internal/testgit"
	"github.com/drover-ci/drover/reconciler"
	"github.com/drover-ci/drover/reconciler/apply"
	"github.com/drover-ci/drover/reconciler/gitsource"
	"github.com/drover-ci/drover/schema/rules"
)

const (
	ofServer   = "/config?org=acme&repo=widget-server&branch=main"
	ofOperator = "/config?org=acme&repo=widget-operator&branch=main"
	inServer   = "ci-operator/config/acme/widget-server/acme-widget-server-main.yaml"
	inOperator = "ci-operator/config/acme/widget-operator/acme-widget-operator-main.yaml"
)

// shown is what is shown of a repository that is followed.
type shown struct {
	*front

	t          *testing.T
	repository *testgit.Repository
	statuses   chan reconciler.Status
}

// show follows the sample repository.
func show(t *testing.T, target reconciler.Target) *shown {
	t.Helper()
	s := &shown{t: t, repository: testgit.FromFS(t, fixtures.Release()), statuses: make(chan reconciler.Status, 100)}
	source, err := gitsource.Open(t.Context(), gitsource.Options{Repository: s.repository.Dir})
	if err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.DiscardHandler)
	var loop *reconciler.Reconciler
	s.front = newFront(func() *rules.Snapshot { return loop.Snapshot() }, frontOptions{source: source, logger: logger})
	loop = reconciler.New(source, target, s, reconciler.Options{Logger: logger})
	ended := make(chan error, 1)
	go func() { ended <- loop.Run(t.Context()) }()
	t.Cleanup(func() { // by then the test's context has ended
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return s
}

// Report implements reconciler.Reporter.
func (s *shown) Report(ctx context.Context, status reconciler.Status) error {
	err := s.front.Report(ctx, status)
	s.statuses <- status
	return err
}

// until waits for the end of a pass over a revision.
func (s *shown) until(revision string) reconciler.Status {
	s.t.Helper()
	for late := time.After(time.Minute); ; {
		select {
		case status := <-s.statuses:
			if status.Observed.Hash == revision {
				return status
			}
		case <-late:
			s.t.Fatal("the revision was never looked at")
		}
	}
}

func (s *shown) get(target string) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	s.ServeHTTP(recorder, httptest.NewRequestWithContext(s.t.Context(), http.MethodGet, target, http.NoBody))
	return recorder
}

// A bad revision changes nothing of what is served of what is wrong with it, in
// whichever way it is bad; what is good of it is served.
func TestBadRevisionsAreNotServed(t *testing.T) {
	s := show(t, nil)
	good := s.repository.Git("rev-parse", "HEAD")
	s.until(good)
	want := s.get(ofServer).Body.String()
	if !strings.Contains(want, `"as": "unit"`) {
		t.Fatalf("got %s", want)
	}
	for name, spoil := range map[string]func(){
		"no YAML":                func() { s.repository.Write(inServer, "tests: [") },
		"bytes that are no text": func() { s.repository.Write(inServer, "\xff\x00\xfe") },
		"nothing":                func() { s.repository.Write(inServer, "") },
		"a list":                 func() { s.repository.Write(inServer, "- a\n- b\n") },
		"a bomb":                 func() { s.repository.Write(inServer, bomb()) },
		"an unknown field":       func() { s.repository.Replace(inServer, "as: unit", "az: unit") },
		"an unknown step": func() {
			s.repository.Replace("ci-operator/step-registry/widget/e2e/widget-e2e-workflow.yaml", "ref: widget-e2e", "ref: widget-e3e")
		},
		"a step without script":  func() { s.repository.Git("rm", "-q", "ci-operator/step-registry/ipi/install/ipi-install-commands.sh") },
		"no registry":            func() { s.repository.Git("rm", "-rq", "ci-operator/step-registry") },
		"no profiles":            func() { s.repository.Git("rm", "-rq", "ci-operator/step-registry/cluster-profiles") },
		"settings that are none": func() { s.repository.Write("drover.yaml", "hold: everything") },
		"nothing at all":         func() { s.repository.Git("rm", "-rq", ".") },
	} {
		spoil()
		marked := "make " + strings.ReplaceAll(name, " ", "-")
		if name != "nothing at all" { // something good besides
			s.repository.Replace(inOperator, "commands: make test", "commands: "+marked)
		}
		revision := s.repository.CommitAll(name)
		status := s.until(revision)
		if len(status.Problems) == 0 && status.Err == nil {
			t.Errorf("%s: nothing is said to be wrong", name)
		}
		if got := s.get(ofServer); got.Code != http.StatusOK || got.Body.String() != want {
			t.Errorf("%s: served %d %.200s", name, got.Code, got.Body)
		}
		if goesOn := strings.Contains(s.get(ofOperator).Body.String(), marked); goesOn != (status.Stage == reconciler.Done) {
			t.Errorf("%s: the pass ended at %s, but the other component went on: %t", name, status.Stage, goesOn)
		}
		if got := s.get("/readyz"); got.Code != http.StatusOK {
			t.Errorf("%s: not ready: %d", name, got.Code)
		}
		s.repository.Git("revert", "--no-edit", "HEAD")
		s.until(s.repository.Git("rev-parse", "HEAD"))
	}
	s.repository.Replace(inServer, "as: unit", "as: unit-2")
	s.until(s.repository.CommitAll("good"))
	if got := s.get(ofServer).Body.String(); !strings.Contains(got, `"as": "unit-2"`) {
		t.Errorf("a good revision is not served after bad ones: %s", got)
	}
}

// bomb is YAML that would be a gigabyte if its aliases were followed.
func bomb() string {
	var b strings.Builder
	b.WriteString("a0: &a0 [" + strings.Repeat("x,", 10) + "]\n")
	for i := range 9 {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*a%d,", i), 10))
	}
	return b.String()
}

// slowTarget takes a revision only when it is let.
type slowTarget struct{ began, let chan struct{} }

func (s slowTarget) Apply(ctx context.Context, revision string, _ []generators.Object) (apply.ChangeSet, error) {
	select {
	case s.began <- struct{}{}:
	case <-ctx.Done():
	}
	select {
	case <-s.let:
	case <-ctx.Done():
	}
	return apply.ChangeSet{Revision: revision}, ctx.Err()
}

// Nobody waits while a revision is on its way into force: all are answered from
// the one before.
func TestNoRequestWaitsForARevision(t *testing.T) {
	target := slowTarget{make(chan struct{}), make(chan struct{})}
	s := show(t, target)
	<-target.began
	target.let <- struct{}{}
	good := s.repository.Git("rev-parse", "HEAD")
	s.until(good)
	s.repository.Replace(inServer, "as: unit", "as: unit-2")
	s.repository.CommitAll("next")
	<-target.began // it is under way, and stays so
	for _, path := range []string{ofServer, "/configGeneration", "/clusterProfile?name=aws", "/readyz", "/metrics", "/configs/acme/widget-server/main"} {
		got := s.get(path)
		if revision := got.Header().Get("Drover-Revision"); got.Code != http.StatusOK || (revision != "" && revision != good) || strings.Contains(got.Body.String(), "unit-2") {
			t.Errorf("%s: got %d of %s", path, got.Code, revision)
		}
	}
	target.let <- struct{}{}
	if status := s.until(s.repository.Git("rev-parse", "HEAD")); status.Stage != reconciler.Done {
		t.Errorf("got %+v", status)
	}
	if got := s.get(ofServer).Body.String(); !strings.Contains(got, "unit-2") {
		t.Error("the revision is not served")
	}
}

// TestTheResolverNeedsNoCluster starts the command where there is none to find.
func TestTheResolverNeedsNoCluster(t *testing.T) {
	t.Setenv("KUBECONFIG", filepath.Join(t.TempDir(), "none"))
	t.Setenv("HOME", t.TempDir())
	repository := testgit.FromFS(t, fixtures.Release())
	ctx, stop := context.WithCancel(t.Context())
	said, stdout := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"serve", "resolver", "--repo", repository.Dir, "--listen", "127.0.0.1:0"}, stdout, t.Output())
		_ = stdout.Close()
	}()
	line, err := bufio.NewReader(said).ReadString('\n')
	if err != nil {
		t.Fatalf("it said %q: %v", line, err)
	}
	address := strings.Fields(line)[len(strings.Fields(line))-1]
	soon := time.NewTicker(10 * time.Millisecond)
	defer soon.Stop()
	for late := time.Now().Add(time.Minute); ; <-soon.C {
		status, text := fetch(t, address+ofServer)
		if status == http.StatusOK && strings.Contains(text, `"as": "unit"`) {
			break
		}
		if status != http.StatusServiceUnavailable || time.Now().After(late) {
			t.Fatalf("got %d %s", status, text)
		}
	}
	if status, text := fetch(t, address+"/integratedStream?namespace=ocp&name=4.20"); status != http.StatusNotImplemented {
		t.Errorf("a stream without a cluster: got %d %s", status, text)
	}
	stop()
	if got := <-code; got != exitFine {
		t.Errorf("exit code %d", got)
	}
}

func fetch(t *testing.T, address string) (status int, text string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(content)
}
