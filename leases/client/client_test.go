package client_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/internal/testcluster"
	"github.com/drover-ci/drover/internal/testleases"
	"github.com/drover-ci/drover/leases"
	"github.com/drover-ci/drover/leases/client"
)

var cluster testcluster.Shared

func TestMain(m *testing.M) { os.Exit(cluster.Run(m)) }

func start(t *testing.T, entries ...leases.Entry) *testleases.System {
	t.Helper()
	s := testleases.Start(t, &cluster, testleases.Options{Config: &leases.Config{Resources: entries}})
	want := 0
	for _, entry := range entries {
		want += len(entry.Names)
	}
	s.Until("everything is there", func() bool { return len(s.Stored()) == want })
	return s
}

func newClient(t *testing.T, address, owner string) *client.Client {
	t.Helper()
	c, err := client.New(address, owner, client.Options{Pause: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func slice(names ...string) leases.Entry {
	return leases.Entry{Type: "slice", State: leases.Free, Names: names}
}

var anySlice = client.Request{Type: "slice", State: leases.Free, Dest: leases.Leased}

// TestARestartIsWaitedOut: who waits, and who gives back, goes on where it was
// when the server is there again.
func TestARestartIsWaitedOut(t *testing.T) {
	t.Parallel()
	s := start(t, slice("a"))
	holder, waiter := newClient(t, s.URL, "holder"), newClient(t, s.URL, "waiter")
	held, err := holder.Acquire(t.Context(), anySlice)
	if err != nil {
		t.Fatal(err)
	}
	given := make(chan *client.Resource, 1)
	go func() {
		r, err := waiter.AcquireWait(t.Context(), anySlice)
		if err != nil {
			t.Errorf("wait: %v", err)
		}
		given <- r
	}()
	s.Until("somebody waits", func() bool {
		reports, err := s.Server.Report("slice")
		return err == nil && len(reports) == 1 && reports[0].Line == 1
	})
	s.Pause()
	released := make(chan error, 1)
	go func() { released <- holder.Release(t.Context(), held.Name, leases.Free) }()
	<-time.After(50 * time.Millisecond)
	s.Resume()
	if err := <-released; err != nil {
		t.Errorf("release: %v", err)
	}
	if r := <-given; r == nil || r.Name != "a" || r.Owner != "waiter" {
		t.Errorf("got %+v", r)
	}
}

// TestAnAnswerThatIsLost: the first answer of each kind never arrives. Nothing
// is leased twice for that, and what was given back counts as given back.
func TestAnAnswerThatIsLost(t *testing.T) {
	t.Parallel()
	s := start(t, slice("a", "b"))
	var lost atomic.Int64
	seen := map[string]bool{}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if seen[r.URL.Path] {
			s.Handler.ServeHTTP(w, r)
			return
		}
		seen[r.URL.Path] = true
		lost.Add(1)
		s.Handler.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler) //nolint:forbidigo // the way to break the connection
	}))
	defer front.Close()
	c := newClient(t, front.URL, "me")
	r, err := c.AcquireWait(t.Context(), anySlice)
	if err != nil {
		t.Fatal(err)
	}
	held := 0
	for _, each := range s.Stored() {
		if each.Owner != "" {
			held++
		}
	}
	if held != 1 {
		t.Errorf("%d are leased", held)
	}
	if err := c.Release(t.Context(), r.Name, leases.Free); err != nil {
		t.Errorf("release: %v", err)
	}
	if err := c.Release(t.Context(), r.Name, leases.Free); !errors.Is(err, client.ErrNotOwner) {
		t.Errorf("what is not ours any more: %v", err)
	}
	if lost.Load() != 2 {
		t.Errorf("%d answers were lost", lost.Load())
	}
}

// TestWhoGivesUpKeepsNothing: in the very moment in which a client is given a
// resource, it stops waiting, and never hears of it.
func TestWhoGivesUpKeepsNothing(t *testing.T) {
	t.Parallel()
	s := start(t, slice("a"))
	ctx, giveUp := context.WithCancel(t.Context())
	var calls atomic.Int64
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) > 1 {
			s.Handler.ServeHTTP(w, r)
			return
		}
		s.Handler.ServeHTTP(httptest.NewRecorder(), r)
		giveUp()
		<-r.Context().Done()
	}))
	defer front.Close()
	if r, err := newClient(t, front.URL, "me").AcquireWait(ctx, anySlice); !errors.Is(err, context.Canceled) {
		t.Errorf("got %+v, %v", r, err)
	}
	if r := s.Resource("a"); r.Owner != "" || r.State != leases.Free {
		t.Errorf("it is leased: %+v", r)
	}
}

// TestKeepAlive ends with its context, and when the lease is somebody else's.
func TestKeepAlive(t *testing.T) {
	t.Parallel()
	s := start(t, slice("a"))
	c := newClient(t, s.URL, "me")
	r, err := c.Acquire(t.Context(), anySlice)
	if err != nil {
		t.Fatal(err)
	}
	before := s.Resource("a").LastUpdate
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.KeepAlive(ctx, r, 5*time.Millisecond) }()
	s.Until("there was a sign of life", func() bool { return s.Resource("a").LastUpdate.After(before) })
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("after the context ended: %v", err)
	}
	if _, err := c.Reset(t.Context(), leases.Reset{Type: "slice", State: leases.Leased, Dest: leases.Dirty, Expire: time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	s.Until("the lease is taken", func() bool {
		_, _ = c.Reset(t.Context(), leases.Reset{Type: "slice", State: leases.Leased, Dest: leases.Dirty})
		return s.Resource("a").Owner == ""
	})
	if err := c.KeepAlive(t.Context(), r, time.Millisecond); !errors.Is(err, client.ErrNotOwner) {
		t.Errorf("after the lease was taken: %v", err)
	}
}

// TestLeasesForATest: types are acquired in order, the log has the lines that
// people look for, and whoever does not get all keeps none.
func TestLeasesForATest(t *testing.T) {
	t.Parallel()
	s := start(t, slice("a", "b"), leases.Entry{Type: "account", State: leases.Free, Names: []string{"x"}})
	c := newClient(t, s.URL, "me")
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key != slog.MessageKey {
			return slog.Attr{}
		}
		return a
	}}))
	all, err := c.AcquireForTest(t.Context(), "e2e", []client.Want{{Type: "slice", Count: 2}, {Type: "account"}}, logger)
	if err != nil || len(all) != 3 {
		t.Fatalf("got %v, %v", all, err)
	}
	want := []string{
		`msg="Acquiring leases for test e2e: [account slice]"`, `msg="Acquired 1 lease(s) for account: [x]"`, `msg="Acquired 2 lease(s) for slice: [a b]"`,
	}
	if diff := cmp.Diff(want, strings.Split(strings.TrimSpace(log.String()), "\n")); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	for _, r := range all {
		if err := c.Release(t.Context(), r.Name, leases.Free); err != nil {
			t.Error(err)
		}
	}
	if _, err := c.AcquireForTest(t.Context(), "e2e", []client.Want{{Type: "account"}, {Type: "none"}}, logger); !errors.Is(err, client.ErrTypeNotFound) {
		t.Errorf("a type that is not there: %v", err)
	}
	if r := s.Resource("x"); r.Owner != "" {
		t.Errorf("what it had is kept: %+v", r)
	}
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.AcquireForTest(short, "e2e", []client.Want{{Type: "slice", Count: 3}}, logger); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("when the time is over: %v", err)
	}
	s.Until("nothing is held", func() bool {
		for _, r := range s.Stored() {
			if r.Owner != "" {
				return false
			}
		}
		return true
	})
}

// TestWhatIsNoAnswer: another server is called that, without the password of its
// address, and an answer that broke off is not.
func TestWhatIsNoAnswer(t *testing.T) {
	t.Parallel()
	for length, want := range map[int]string{
		2:  "what answers at http://me:xxxxx@HOST/acquire?dest=leased&owner=owner&state=free&type=slice is no lease server: invalid character 'h' looking for beginning of value",
		20: "read the answer of http://me:xxxxx@HOST/acquire?dest=leased&owner=owner&state=free&type=slice: unexpected EOF",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", strconv.Itoa(length))
			_, _ = w.Write([]byte("hi"))
		}))
		t.Cleanup(server.Close)
		host := strings.TrimPrefix(server.URL, "http://")
		_, err := newClient(t, "http://me:hunter2@"+host, "owner").Acquire(t.Context(), anySlice)
		if err == nil {
			t.Fatal("it is taken for an answer")
		}
		got := strings.ReplaceAll(err.Error(), host, "HOST")
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
