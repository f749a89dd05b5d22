package reconciler_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/drover-ci/drover/fixtures"
	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/internal/testgit"
	"github.com/drover-ci/drover/reconciler"
	"github.com/drover-ci/drover/reconciler/apply"
	"github.com/drover-ci/drover/reconciler/gitsource"
)

const (
	config = "ci-operator/config/acme/widget-server/acme-widget-server-main.yaml"
	quotas = "core-services/boskos/quotas.yaml"
)

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
	return start(t, testgit.FromFS(t, fixtures.Release()), &target{}, reconciler.Options{})
}

func start(t *testing.T, repository *testgit.Repository, to *target, options reconciler.Options) *running {
	t.Helper()
	r := &running{t: t, repository: repository, target: to, statuses: make(chan reconciler.Status, 100)}
	source, err := gitsource.Open(t.Context(), gitsource.Options{Repository: r.repository.Dir})
	if err != nil {
		t.Fatal(err)
	}
	options.FirstRetry, options.LastRetry, options.Logger = time.Millisecond, 10*time.Millisecond, slog.New(slog.DiscardHandler)
	r.begin(reconciler.New(source, r.target, r, options))
	return r
}

// Report implements reconciler.Reporter.
func (r *running) Report(_ context.Context, status reconciler.Status) error {
	r.statuses <- status
	return nil
}

// begin runs a reconciler that reports here until the test ends.
func (r *running) begin(loop *reconciler.Reconciler) {
	r.Reconciler = loop
	ended := make(chan error, 1)
	go func() { ended <- r.Run(r.t.Context()) }()
	r.t.Cleanup(func() { // by then the test's context has ended
		if err := <-ended; err != nil {
			r.t.Errorf("run: %v", err)
		}
	})
}

// until waits for the report of a pass over a revision that ended at a stage.
func (r *running) until(revision string, stage reconciler.Stage) reconciler.Status {
	r.t.Helper()
	return r.untilStatus(func(s reconciler.Status) bool { return s.Observed.Hash == revision && s.Stage == stage })
}

func (r *running) untilStatus(good func(reconciler.Status) bool) reconciler.Status {
	r.t.Helper()
	var last reconciler.Status
	for deadline := time.After(time.Minute); ; {
		select {
		case last = <-r.statuses:
			if good(last) {
				return last
			}
		case <-deadline:
			r.t.Fatalf("the status never came; the last was %+v", last)
		}
	}
}

func (r *running) head() string { return r.repository.Git("rev-parse", "HEAD") }

func TestAProblemHoldsItsUnit(t *testing.T) {
	r := run(t)
	good := r.head()
	r.until(good, reconciler.Done)
	r.repository.Replace(config, "as: unit", "az: unit")
	r.repository.Replace(quotas, "us-east-1: 12", "us-east-1: 13")
	broken := r.repository.CommitAll("oops, and more AWS")
	status := r.until(broken, reconciler.Done)
	if status.Refused || len(status.Problems) != 2 || status.Applied.Hash != broken || len(status.Held) != 1 {
		t.Fatalf("got %+v", status)
	}
	held := status.Held[0]
	if held.Unit.String() != "component acme/widget-server" || held.Revision.Hash != good || len(held.Problems) != 2 || held.Since.IsZero() {
		t.Errorf("held: %+v", held)
	}
	if r.Snapshot().Commit != broken || r.serves(config) != r.repository.Git("show", good+":"+config) {
		t.Error("the unit is not in force as it was")
	}
	if r.serves(quotas) != r.repository.Read(quotas)[:len(r.serves(quotas))] {
		t.Error("the rest of the revision is not in force")
	}
	later := r.repository.Commit("README.md", "nothing that counts")
	if again := r.until(later, reconciler.Done); len(again.Held) != 1 || !again.Held[0].Since.Equal(held.Since) || again.Held[0].Revision.Hash != good {
		t.Errorf("held later: %+v", again.Held)
	}
	r.repository.Replace(config, "az: unit", "as: unit")
	mended := r.repository.CommitAll("mend")
	if status := r.until(mended, reconciler.Done); len(status.Held) != 0 || len(status.Problems) != 0 {
		t.Errorf("mended: %+v", status)
	}
}

func TestWithHoldRevisionABrokenRevisionChangesNothing(t *testing.T) {
	r := run(t)
	r.repository.Replace("drover.yaml", "hold: unit", "hold: revision")
	good := r.repository.CommitAll("hold revisions")
	r.until(good, reconciler.Done)
	snapshot, applied := r.Snapshot(), len(r.target.applied)
	r.repository.Replace(config, "as: unit", "az: unit")
	status := r.until(r.repository.CommitAll("oops"), reconciler.Validate)
	if !status.Refused || len(status.Problems) != 2 || status.Applied.Hash != good {
		t.Errorf("got %+v", status)
	}
	if r.Snapshot() != snapshot || len(r.target.applied) != applied {
		t.Error("a refused revision had an effect")
	}
}

func TestWhatOnlyGeneratingShowsHoldsItsUnit(t *testing.T) {
	r := run(t)
	r.until(r.head(), reconciler.Done)
	r.repository.Git("rm", "-rq", "clusters/common")
	status := r.until(r.repository.CommitAll("a folder vanishes"), reconciler.Done)
	if len(status.Held) != 1 || status.Held[0].Unit.String() != "manifests clusters/common" {
		t.Errorf("held: %+v", status.Held)
	}
}

func TestAShrunkRepositoryIsRefused(t *testing.T) {
	r := run(t)
	good := r.head()
	r.until(good, reconciler.Done)
	r.repository.Git("rm", "-rq", "ci-operator/config")
	status := r.until(r.repository.CommitAll("gone"), reconciler.Validate)
	if !status.Refused || status.Applied.Hash != good || !strings.Contains(status.Err.Error(), "no configurations any more, of which 6 are in force") {
		t.Errorf("got %+v", status)
	}
	r.repository.Replace("drover.yaml", "hold: unit", "hold: unit\nguards: {floor: 20}")
	r.until(r.repository.CommitAll("on purpose"), reconciler.Done)
}

func TestARestartGoesOnWithWhatIsHeld(t *testing.T) {
	r := run(t)
	good := r.head()
	r.until(good, reconciler.Done)
	r.repository.Replace(config, "as: unit", "az: unit")
	broken := r.repository.CommitAll("oops")
	status := r.until(broken, reconciler.Done)
	next := start(t, r.repository, &target{}, reconciler.Options{LastGood: broken, Held: status.Held})
	again := next.until(broken, reconciler.Done)
	if len(again.Held) != 1 || again.Held[0].Revision.Hash != good || !again.Held[0].Since.Equal(status.Held[0].Since) {
		t.Errorf("held after a restart: %+v", again.Held)
	}
	if next.serves(config) != r.repository.Git("show", good+":"+config) {
		t.Error("after a restart the unit is not in force as it was")
	}
	forgetful := start(t, r.repository, &target{}, reconciler.Options{LastGood: broken})
	refused := forgetful.until(broken, reconciler.Validate)
	if !refused.Refused || !strings.Contains(refused.Err.Error(), "how it was before them is not known any more") || len(forgetful.target.applied) > 0 {
		t.Errorf("without knowing what was held: %+v", refused)
	}
}

func TestPeopleCanSuspendSyncAndRollBack(t *testing.T) {
	r := run(t)
	first := r.head()
	r.until(first, reconciler.Done)
	r.repository.Replace(quotas, "us-east-1: 12", "us-east-1: 13")
	second := r.repository.CommitAll("more AWS")
	r.until(second, reconciler.Done)
	back := reconciler.Orders{Rollback: first, From: second}
	r.Order(back)
	status := r.until(second, reconciler.Done)
	if status.Applied.Hash != first || status.Attempted.Hash != first || status.Orders != back || r.Snapshot().Commit != first {
		t.Errorf("rolled back: %+v", status)
	}
	third := r.repository.Commit("README.md", "the branch moves")
	if status := r.until(third, reconciler.Done); status.Applied.Hash != third || status.Orders.Rollback != "" {
		t.Errorf("after the branch moved: %+v", status)
	}
	r.Order(reconciler.Orders{Suspend: true})
	if status := r.until(third, reconciler.Done); !status.Orders.Suspend {
		t.Errorf("suspended: %+v", status)
	}
	fourth := r.repository.Commit("README.md", "nobody looks")
	r.Order(reconciler.Orders{Suspend: true, Sync: "now"})
	if status := r.until(fourth, reconciler.Done); status.Applied.Hash != fourth {
		t.Errorf("synced: %+v", status)
	}
}

// serves gives a file as it is in force.
func (r *running) serves(path string) string {
	r.t.Helper()
	content, err := r.Snapshot().Repo.Read(path)
	if err != nil {
		r.t.Fatal(err)
	}
	return strings.TrimSpace(string(content))
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

// away is a source that can be made to be away.
type away struct {
	*gitsource.Source

	err atomic.Pointer[error]
}

func (a *away) Fetch(ctx context.Context) (gitsource.Revision, error) {
	if err := a.err.Load(); err != nil {
		return gitsource.Revision{}, *err
	}
	return a.Source.Fetch(ctx)
}

// TestAFailureThatLastsIsLoggedOnce has a repository go away, come back and go away
// again, each time for several tries.
func TestAFailureThatLastsIsLoggedOnce(t *testing.T) {
	r := &running{t: t, repository: testgit.FromFS(t, fixtures.Release()), statuses: make(chan reconciler.Status, 100)}
	opened, err := gitsource.Open(t.Context(), gitsource.Options{Repository: r.repository.Dir})
	if err != nil {
		t.Fatal(err)
	}
	source, log := &away{Source: opened}, new(lines)
	r.begin(reconciler.New(source, nil, r, reconciler.Options{
		FirstRetry: time.Millisecond, LastRetry: 10 * time.Millisecond, Logger: slog.New(slog.NewTextHandler(log, nil)),
	}))
	r.until(r.head(), reconciler.Done)
	gone := errors.New("connection refused")
	for round := 1; round <= 2; round++ {
		source.err.Store(&gone)
		opened.Poke()
		for range 4 {
			r.untilStatus(func(s reconciler.Status) bool { return s.Err != nil })
		}
		source.err.Store(nil)
		r.until(r.head(), reconciler.Done)
		if got := log.count("connection refused"); got != round {
			t.Errorf("after going away %d times the log says so %d times:\n%s", round, got, log)
		}
	}
}

// lines is a log that may be read while it is written.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// until waits until the log says something so many times.
func (l *lines) until(t *testing.T, what string, times int) {
	t.Helper()
	for deadline := time.After(time.Minute); l.count(what) < times; {
		select {
		case <-time.After(time.Millisecond):
		case <-deadline:
			t.Fatalf("the log says %q %d times, want %d:\n%s", what, l.count(what), times, l)
		}
	}
}

func (l *lines) count(what string) int { return strings.Count(l.String(), what) }

// slow is a target that is at what it is given until it is let go.
type slow struct {
	target

	progress atomic.Pointer[apply.Progress]
	release  chan error
}

func (s *slow) Apply(ctx context.Context, revision string, objects []generators.Object) (apply.ChangeSet, error) {
	if err := <-s.release; err != nil {
		return apply.ChangeSet{}, err
	}
	return s.target.Apply(ctx, revision, objects)
}

func (s *slow) Progress() apply.Progress { return *s.progress.Load() }

// TestALongApplyTellsHowFarItIs goes through one that succeeds, one that fails and is
// tried again, and one of what is in force already.
func TestALongApplyTellsHowFarItIs(t *testing.T) {
	r := &running{t: t, repository: testgit.FromFS(t, fixtures.Release()), statuses: make(chan reconciler.Status, 10_000)}
	source, err := gitsource.Open(t.Context(), gitsource.Options{Repository: r.repository.Dir})
	if err != nil {
		t.Fatal(err)
	}
	to, log := &slow{release: make(chan error)}, new(lines)
	to.progress.Store(new(apply.Progress)) // still planning
	r.begin(reconciler.New(source, to, r, reconciler.Options{
		FirstRetry: time.Millisecond, LastRetry: 10 * time.Millisecond, Progress: time.Millisecond, Logger: slog.New(slog.NewTextHandler(log, nil)),
	}))
	stands := func(done int) { to.progress.Store(&apply.Progress{Doing: "applying", Done: done, Of: 9}) }
	at := func(done int) func(reconciler.Status) bool {
		return func(s reconciler.Status) bool { return s.Progress != nil && s.Progress.Done == done }
	}
	stands(3)
	under := r.untilStatus(at(3))
	if under.Stage != reconciler.Apply || under.Err != nil || !under.Repeated || under.Attempted.Hash != r.head() || under.Applied.Hash != "" {
		t.Errorf("under way: %+v", under)
	}
	stands(4)
	r.untilStatus(at(4))
	to.release <- nil
	if done := r.until(r.head(), reconciler.Done); done.Progress != nil || done.Repeated {
		t.Errorf("done: %+v", done)
	}
	if !strings.Contains(log.String(), `msg=applying revision=`+r.head()[:10]+` progress="applying 4 of 9 objects"`) {
		t.Errorf("the log does not say it:\n%s", log)
	}

	// A failure is not hidden by the next try.
	r.repository.Commit("README.md", "more")
	r.untilStatus(at(4))
	to.release <- errors.New("the cluster does not answer")
	r.untilStatus(func(s reconciler.Status) bool { return s.Err != nil })
	said := log.count("msg=applying")
	log.until(t, "msg=applying", said+3)
	to.release <- nil
	for last := (reconciler.Status{}); last.Stage != reconciler.Done; {
		if last = <-r.statuses; last.Progress != nil {
			t.Fatalf("in the place of a failure: %+v", last)
		}
	}

	// What is in force is gone through without a word, but in the log.
	said = log.count("msg=applying")
	r.Order(reconciler.Orders{Sync: "now"})
	log.until(t, "msg=applying", said+3)
	to.release <- nil
	for last := (reconciler.Status{}); last.Orders.Sync != "now"; {
		if last = <-r.statuses; last.Progress != nil {
			t.Fatalf("of what is in force: %+v", last)
		}
	}
}
