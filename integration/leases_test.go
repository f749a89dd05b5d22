package integration_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/drover-ci/drover/leases"
	"github.com/drover-ci/drover/leases/client"
)

const oracle = "oracle-quota-slice"

// leaseClient asks the system's lease server.
func (s *system) leaseClient(owner string) *client.Client {
	s.t.Helper()
	content, err := os.ReadFile(filepath.Join(s.data, "endpoints.json"))
	if err != nil {
		s.t.Fatal(err)
	}
	var endpoints struct {
		Leases string `json:"leases"`
	}
	if err := json.Unmarshal(content, &endpoints); err != nil {
		s.t.Fatal(err)
	}
	c, err := client.New(endpoints.Leases, owner, client.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

func (s *system) acquire(c *client.Client, leaseType string) *client.Resource {
	s.t.Helper()
	r, err := c.Acquire(s.t.Context(), client.Request{Type: leaseType, State: leases.Free, Dest: leases.Leased})
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// report is how things are with a type.
func report(c *client.Client, leaseType string) leases.TypeReport {
	reports, err := c.Leases(context.Background(), leaseType)
	if err != nil || len(reports) != 1 {
		return leases.TypeReport{}
	}
	return reports[0]
}

func TestLeasesFollowTheRepository(t *testing.T) {
	s := start(t, t.TempDir())
	c := s.leaseClient("holder")
	s.eventually("the quota is there", func() string {
		if report(c, oracle).Free != 4 {
			return "incomplete"
		}
		return ""
	})
	var held []*client.Resource
	for range 4 {
		held = append(held, s.acquire(c, oracle))
	}

	t.Log("a quota that is raised lets the next in line through")
	waiter := s.leaseClient("waiter")
	given := make(chan *client.Resource, 1)
	go func() {
		r, err := waiter.AcquireWait(t.Context(), client.Request{Type: oracle, State: leases.Free, Dest: leases.Leased})
		if err != nil {
			t.Errorf("wait: %v", err)
		}
		given <- r
	}()
	s.eventually("somebody waits", func() string {
		if report(c, oracle).Line != 1 {
			return "nobody waits"
		}
		return ""
	})
	s.repository.Replace(quotas, "us-phoenix-1: 2", "us-phoenix-1: 3")
	committed := time.Now()
	s.inForce(s.repository.CommitAll("more Oracle"))
	last := <-given
	t.Logf("from the commit to the lease: %s", time.Since(committed).Round(time.Millisecond))

	t.Log("a quota that is lowered drains")
	s.repository.Replace(quotas, "us-phoenix-1: 3", "us-phoenix-1: 1")
	s.inForce(s.repository.CommitAll("less Oracle"))
	s.eventually("the limit is lower", func() string {
		// What is alone in its slice has the slice's name, so that it is made anew beside those that are held.
		if r := report(c, oracle); r.Limit != 3 || r.Held != 5 || r.Total != 6 || r.Free != 0 {
			return fmt.Sprintf("%+v", r)
		}
		return ""
	})
	if _, err := c.Acquire(t.Context(), client.Request{Type: oracle, State: leases.Free, Dest: leases.Leased}); err == nil {
		t.Error("more was given than the quota allows")
	}
	for _, r := range held {
		if err := c.Release(t.Context(), r.Name, leases.Free); err != nil {
			t.Error(err)
		}
	}
	if err := waiter.Release(t.Context(), last.Name, leases.Free); err != nil {
		t.Error(err)
	}
	s.eventually("what is too much is gone", func() string {
		if r := report(c, oracle); r.Total != 3 || r.Free != 3 {
			return "still there"
		}
		return ""
	})
	s.testRemovedWhileHeld(c)
	s.testLeasePage()
}

// testRemovedWhileHeld: a type goes when nobody holds any of it.
func (s *system) testRemovedWhileHeld(c *client.Client) {
	const extra = "  spare-quota-slice:\n    default: 2\n"
	s.t.Log("a type whose leases are held is not removed")
	s.repository.Replace(quotas, "  oracle-quota-slice:", extra+"  oracle-quota-slice:")
	s.inForce(s.repository.CommitAll("spare"))
	s.eventually("the spare type is there", func() string {
		if report(c, "spare-quota-slice").Free != 2 {
			return "missing"
		}
		return ""
	})
	spare := s.acquire(c, "spare-quota-slice")
	const named = "  spare-quota-slice:\n    east: 2\n"
	s.repository.Replace(quotas, extra, named)
	s.refusedFor(s.repository.CommitAll("spare by name"), spare.Name+" by holder", "to named ones")
	s.repository.Replace(quotas, named, "")
	s.refusedFor(s.repository.CommitAll("no spare"), spare.Name+" by holder", "is removed")
	if r := report(c, "spare-quota-slice"); r.Limit != 2 || r.Held != 1 {
		s.t.Errorf("the type is not as it was: %+v", r)
	}
	if err := c.Release(s.t.Context(), spare.Name, leases.Free); err != nil {
		s.t.Error(err)
	}
	s.repository.Git("commit", "--allow-empty", "-qm", "again")
	s.inForce(s.repository.Git("rev-parse", "HEAD"))
	s.eventually("the spare type is gone", func() string {
		if report(c, "spare-quota-slice").Total != 0 {
			return "still there"
		}
		return ""
	})
}

// refusedFor waits until a revision is refused because of who holds a lease.
func (s *system) refusedFor(revision string, said ...string) {
	s.t.Helper()
	s.eventually("the revision is refused", func() string {
		if status := s.state(); status.LastAttempted != revision || status.ProblemCount == 0 {
			return "not looked at"
		}
		return ""
	})
	problems := s.state().Problems
	if len(problems) != 1 || problems[0].Rule != "lease-held" || problems[0].File != quotas {
		s.t.Fatalf("got problems %v", problems)
	}
	for _, part := range said {
		if !strings.Contains(problems[0].Message, part) {
			s.t.Errorf("got problem %q, want it to say %q", problems[0].Message, part)
		}
	}
}

// testLeasePage: people see the leases where they see everything else.
func (s *system) testLeasePage() {
	for _, path := range []string{"/leases", "/leases/" + oracle} {
		response, err := http.Get(s.resolver + path)
		if err != nil {
			s.t.Fatal(err)
		}
		var body strings.Builder
		_, _ = io.Copy(&body, response.Body)
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK || !strings.Contains(body.String(), oracle) {
			s.t.Errorf("%s: %d\n%s", path, response.StatusCode, body.String())
		}
	}
}
