package reconciler_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/drover-ci/drover/fixtures"
	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/internal/testgit"
	"github.com/drover-ci/drover/reconciler"
	"github.com/drover-ci/drover/reconciler/apply"
	"github.com/drover-ci/drover/reconciler/gitsource"
)

const config = "ci-operator/config/acme/widget-server/acme-widget-server-main.yaml"

// target records what it is given, and fails as it is told.
type target struct {
	mu      sync.Mutex
	err     error
	applied []string
}

func (t *target) Apply(_ context.Context, revision string, objects []generators.Object) (apply.ChangeSet, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err != nil {
		return apply.ChangeSet{}, t.err
	}
	if len(objects) == 0 {
		return apply.ChangeSet{}, errors.New("nothing to apply")
	}
	t.applied = append(t.applied, revision)
	return apply.ChangeSet{Revision: revision}, nil
}

func (t *target) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.err = err
}

// running is a reconciler that runs on a repository, with the statuses that it
// reports.
type running struct {
	*reconciler.Reconciler

	t          *testing.T
	repository *testgit.Repository
	target     *target
	statuses   chan reconciler.Status
}

func run(t *testing.T) *running {
	t.Helper()
	r := &running{
		t: t, repository: testgit.FromFS(t, fixtures.Release()), target: &target{}, statuses: make(chan reconciler.Status, 100),
	}
	source, err := gitsource.Open(t.Context(), gitsource.Options{Repository: r.repository.Dir})
	if err != nil {
		t.Fatal(err)
	}
	report := func(_ context.Context, status reconciler.Status) error {
		r.statuses <- status
		return nil
	}
	r.Reconciler = reconciler.New(source, r.target, reconciler.ReporterFunc(report), reconciler.Options{
		FirstRetry: time.Millisecond, LastRetry: 10 * time.Millisecond, Logger: slog.New(slog.DiscardHandler),
	})
	ended := make(chan error, 1)
	go func() { ended <- r.Run(t.Context()) }()
	t.Cleanup(func() { // by then the test's context has ended
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return r
}

// until waits for the report of a pass over a revision that ended at a stage.
func (r *running) until(revision string, stage reconciler.Stage) reconciler.Status {
	r.t.Helper()
	deadline := time.After(time.Minute)
	for {
		select {
		case status := <-r.statuses:
			if status.Observed.Hash == revision && status.Stage == stage {
				return status
			}
		case <-deadline:
			r.t.Fatalf("revision %s did not end at %s", revision, stage)
		}
	}
}

func (r *running) head() string { return r.repository.Git("rev-parse", "HEAD") }

func TestABrokenRevisionChangesNothing(t *testing.T) {
	r := run(t)
	good := r.head()
	r.until(good, reconciler.Done)
	snapshot := r.Snapshot()
	r.repository.Replace(config, "as: unit", "az: unit")
	status := r.until(r.repository.CommitAll("oops"), reconciler.Validate)
	if !status.Refused || len(status.Problems) != 2 || status.Applied.Hash != good {
		t.Errorf("got %+v", status)
	}
	if r.Snapshot() != snapshot || len(r.target.applied) != 1 {
		t.Error("a refused revision had an effect")
	}
}

func TestAnEmptyRepositoryIsNoWishToDeleteEverything(t *testing.T) {
	r := run(t)
	r.until(r.head(), reconciler.Done)
	r.repository.Git("rm", "-rq", ".")
	status := r.until(r.repository.CommitAll("gone"), reconciler.Load)
	if status.Err == nil || len(r.target.applied) != 1 {
		t.Errorf("got %+v, applied %v", status, r.target.applied)
	}
}

func TestWhatTheClusterRefusesIsNotServed(t *testing.T) {
	r := run(t)
	good := r.head()
	r.until(good, reconciler.Done)
	r.target.fail(&apply.RefusedError{})
	r.repository.Replace(config, "as: unit", "as: units")
	refused := r.repository.CommitAll("refused")
	if status := r.until(refused, reconciler.Apply); !status.Refused || r.Snapshot().Commit != good {
		t.Errorf("got %+v, served %s", status, r.Snapshot().Commit)
	}
	r.target.fail(nil)
	r.repository.Replace(config, "as: units", "as: unitz")
	mended := r.repository.CommitAll("mended")
	r.until(mended, reconciler.Done)
	if r.Snapshot().Commit != mended {
		t.Errorf("served %s, want %s", r.Snapshot().Commit, mended)
	}
}

func TestWhatMayPassIsTriedAgain(t *testing.T) {
	r := run(t)
	r.target.fail(errors.New("the cluster does not answer"))
	first := r.head()
	if status := r.until(first, reconciler.Apply); status.Refused {
		t.Errorf("got %+v", status)
	}
	if r.Snapshot() == nil {
		t.Error("before the first apply nothing is served")
	}
	r.target.fail(nil)
	r.until(first, reconciler.Done)
}
