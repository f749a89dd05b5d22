package reaper_test

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/internal/testcluster"
	"github.com/drover-ci/drover/internal/testleases"
	"github.com/drover-ci/drover/leases"
	"github.com/drover-ci/drover/leases/reaper"
)

var cluster testcluster.Shared

func TestMain(m *testing.M) { os.Exit(cluster.Run(m)) }

// TestTheReaperSeesEveryType: of every type that there is, listed anywhere or
// not, what is not heard of is taken; what is alive, or is in another state,
// is not.
func TestTheReaperSeesEveryType(t *testing.T) {
	t.Parallel()
	now := time.Now()
	held := func(name, leaseType, state string) leases.Resource {
		return leases.Resource{Name: name, Type: leaseType, State: state, Owner: "owner", LastUpdate: now.Add(-time.Hour)}
	}
	s := testleases.Start(t, &cluster, testleases.Options{Content: leases.Content{Resources: []leases.Resource{
		held("leased", "a", leases.Leased), held("busy", "b", leases.Busy), held("cleaning", "b", leases.Cleaning),
		held("special", "c", leases.Leased), held("other", "b", "inspected"), held("alive", "a", leases.Leased),
	}}})
	ctx, cancel := context.WithCancel(t.Context())
	taken := map[string]string{}
	var running sync.WaitGroup
	running.Go(func() {
		for ctx.Err() == nil {
			if err := s.Server.Update(ctx, "alive", "owner", leases.Leased, nil); err != nil && ctx.Err() == nil {
				t.Errorf("heartbeat: %v", err)
			}
			<-time.After(20 * time.Millisecond)
		}
	})
	running.Go(func() {
		reaper.Run(ctx, s.Server, reaper.Options{
			Expire: 30 * time.Minute, Settle: 500 * time.Millisecond, Every: 10 * time.Millisecond, Logger: slog.New(slog.DiscardHandler),
			Taken: func(before leases.Resource) { taken[before.Name] = before.Owner },
			Dest: func(leaseType string) string {
				if leaseType == "c" {
					return leases.Free
				}
				return leases.Dirty
			},
		})
	})
	for name, state := range map[string]string{"leased": leases.Dirty, "busy": leases.Dirty, "cleaning": leases.Dirty, "special": leases.Free} {
		s.Until(name+" is reaped", func() bool { r := s.Resource(name); return r.Owner == "" && r.State == state })
	}
	for name, state := range map[string]string{"alive": leases.Leased, "other": "inspected"} {
		if r := s.Resource(name); r.Owner != "owner" || r.State != state {
			t.Errorf("%s: %+v", name, r)
		}
	}
	cancel()
	running.Wait()
	want := map[string]string{"leased": "owner", "busy": "owner", "cleaning": "owner", "special": "owner"}
	if diff := cmp.Diff(want, taken); diff != "" {
		t.Errorf("told of (-want +got):\n%s", diff)
	}
}

// TestAServerThatStartsListensFirst: after a long pause of the server, nobody
// could give signs of life; nobody loses a lease for that.
func TestAServerThatStartsListensFirst(t *testing.T) {
	t.Parallel()
	s := testleases.Start(t, &cluster, testleases.Options{Content: leases.Content{Resources: []leases.Resource{
		{Name: "r", Type: "t", State: leases.Leased, Owner: "owner", LastUpdate: time.Now().Add(-time.Hour)},
	}}})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	reaper.Run(ctx, s.Server, reaper.Options{Every: time.Millisecond, Logger: slog.New(slog.DiscardHandler)})
	if r := s.Resource("r"); r.Owner != "owner" {
		t.Errorf("it was taken at once: %+v", r)
	}
}
