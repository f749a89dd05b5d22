package janitor_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/internal/testcluster"
	"github.com/drover-ci/drover/internal/testleases"
	"github.com/drover-ci/drover/leases"
	"github.com/drover-ci/drover/leases/janitor"
)

var cluster testcluster.Shared

func TestMain(m *testing.M) { os.Exit(cluster.Run(m)) }

// house is a lease server whose janitor runs shell scripts. Scripts meet the
// test in the folder that is in DIR.
type house struct {
	*testleases.System

	t   *testing.T
	dir string
	log *log
	end func()
}

// log collects what the janitor says.
type log struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *log) Write(content []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(content)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func newHouse(t *testing.T, options testleases.Options, cleaners string) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir(), log: &log{}, System: testleases.Start(t, &cluster, options)}
	h.hire(cleaners)
	return h
}

// hire lets a janitor begin.
func (h *house) hire(cleaners string) {
	h.t.Helper()
	file := filepath.Join(h.dir, "cleaners.yaml")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(cleaners, "DIR", h.dir)), 0o600); err != nil {
		h.t.Fatal(err)
	}
	config, err := janitor.LoadConfig(file)
	if err != nil {
		h.t.Fatal(err)
	}
	runners, err := janitor.NewRunners(cluster.Config(h.t), h.Namespace)
	if err != nil {
		h.t.Fatal(err)
	}
	j := janitor.New(h.Server, config, runners, janitor.Options{
		Every: 10 * time.Millisecond, Beat: 100 * time.Millisecond, Logger: slog.New(slog.NewTextHandler(h.log, nil)),
	})
	ctx, cancel := context.WithCancel(context.WithoutCancel(h.t.Context()))
	var running sync.WaitGroup
	running.Go(func() { j.Run(ctx) })
	h.end = func() { cancel(); running.Wait() }
	h.t.Cleanup(h.end)
}

func (h *house) exists(name string) bool {
	_, err := os.Stat(filepath.Join(h.dir, name))
	return err == nil
}

func (h *house) put(name string) {
	h.t.Helper()
	if err := os.WriteFile(filepath.Join(h.dir, name), nil, 0o600); err != nil {
		h.t.Fatal(err)
	}
}

// becomes waits until a resource is nobody's and in a state.
func (h *house) becomes(name, state string) {
	h.t.Helper()
	h.Until(name+" is "+state, func() bool { r := h.Resource(name); return r.State == state && r.Owner == "" })
}

// inState names the resources in a state.
func (h *house) inState(state string) []string {
	var names []string
	for _, r := range h.Stored() {
		if r.State == state {
			names = append(names, r.Name)
		}
	}
	return names
}

func dirty(leaseType string, count int) []leases.Resource {
	var all []leases.Resource
	for i := range count {
		all = append(all, leases.Resource{Name: fmt.Sprintf("%s-%d", leaseType, i), Type: leaseType, State: leases.Dirty})
	}
	return all
}

func stored(groups ...[]leases.Resource) testleases.Options {
	var options testleases.Options
	for _, group := range groups {
		options.Content.Resources = append(options.Content.Resources, group...)
	}
	return options
}

// TestEachTypeHasItsCleaner: what is dirty is cleaned by the command for its
// type, which learns what it is to clean, and is held and alive meanwhile.
func TestEachTypeHasItsCleaner(t *testing.T) {
	t.Parallel()
	one := leases.Resource{Name: "aws-0", Type: "aws", State: leases.Dirty, UserData: map[string]string{"account": "7"}}
	h := newHouse(t, stored([]leases.Resource{one}, dirty("gcp", 1), dirty("none", 1)), `
cleaners:
- types: [aws]
  command: [sh, -c, 'echo "$LEASE_NAME $LEASE_TYPE $LEASE_USERDATA" > DIR/aws; until test -e DIR/go; do sleep 0.05; done']
- types: ["g*"]
  command: [sh, -c, 'echo "$LEASE_NAME $LEASE_TYPE $LEASE_USERDATA" > DIR/gcp']
`)
	h.becomes("gcp-0", leases.Free)
	h.Until("aws-0 is being cleaned", func() bool { return h.exists("aws") })
	begun := h.Resource("aws-0")
	if begun.State != leases.Cleaning || begun.Owner != janitor.Owner {
		t.Errorf("while it is cleaned: %+v", begun)
	}
	h.Until("the janitor gave a sign of life", func() bool { return h.Resource("aws-0").LastUpdate.After(begun.LastUpdate) })
	h.put("go")
	h.becomes("aws-0", leases.Free)
	want := map[string]string{"aws": `aws-0 aws {"account":"7"}` + "\n", "gcp": "gcp-0 gcp null\n"}
	for name := range want {
		content, err := os.ReadFile(filepath.Join(h.dir, name))
		if diff := cmp.Diff(want[name], string(content)); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
	if r := h.Resource("none-0"); r.State != leases.Dirty || r.Owner != "" {
		t.Errorf("without a cleaner: %+v", r)
	}
}

// TestWhatCannotBeCleaned: a cleaner is tried again, and what it cannot clean
// goes into quarantine, where nobody gets it.
func TestWhatCannotBeCleaned(t *testing.T) {
	t.Parallel()
	h := newHouse(t, stored(dirty("twice", 1), dirty("never", 1), dirty("slow", 1), dirty("missing", 1)), `
cleaners:
- {types: [twice], tries: 3, pause: 1ms, command: [sh, -c, 'echo >> DIR/twice; test $(wc -l < DIR/twice) = 3']}
- {types: [never], tries: 2, pause: 1ms, command: [sh, -c, 'echo >> DIR/never; echo the disk is stuck; exit 3']}
- {types: [slow], tries: 1, timeout: 50ms, command: [sh, -c, '(sleep 0.5; touch DIR/survived) & wait']}
- {types: [missing], tries: 1, command: [DIR/no-such-program]}
`)
	h.becomes("twice-0", leases.Free)
	for _, name := range []string{"never-0", "slow-0", "missing-0"} {
		h.becomes(name, leases.Quarantine)
	}
	if content, _ := os.ReadFile(filepath.Join(h.dir, "never")); len(content) != 2 {
		t.Errorf("tried %d times, want 2", len(content))
	}
	for _, want := range []string{"the disk is stuck", "exit status 3", "it took longer than 50ms", "no-such-program", "is in quarantine"} {
		if !strings.Contains(h.log.String(), want) {
			t.Errorf("the log does not say %q:\n%s", want, h.log)
		}
	}
	if _, err := h.Server.Take(t.Context(), leases.Acquisition{Type: "never", State: leases.Free, Dest: leases.Leased, Owner: "me"}); err == nil {
		t.Error("what is in quarantine was leased")
	}
	<-time.After(600 * time.Millisecond)
	if h.exists("survived") {
		t.Error("what a cleaner had started went on after its time was over")
	}
}

// TestALargeTypeStarvesNoSmallOne: each type has workers of its own, and no
// more of them than it may have.
func TestALargeTypeStarvesNoSmallOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t, stored(dirty("large", 12), dirty("small", 1)), `
cleaners:
- {types: [large], parallel: 3, command: [sh, -c, 'until test -e DIR/go; do sleep 0.05; done']}
- {types: [small], command: ["true"]}
`)
	h.becomes("small-0", leases.Free)
	h.Until("three are being cleaned", func() bool { return len(h.inState(leases.Cleaning)) == 3 })
	<-time.After(100 * time.Millisecond) // ten looks
	if busy := h.inState(leases.Cleaning); len(busy) != 3 {
		t.Errorf("%v are being cleaned, want 3", busy)
	}
	h.put("go")
	h.Until("all are free", func() bool { return len(h.inState(leases.Free)) == 13 })
}

// TestAJanitorThatEnds leaves nothing half clean, be it told to end or killed.
func TestAJanitorThatEnds(t *testing.T) {
	t.Parallel()
	killed := leases.Resource{Name: "killed", Type: "t", State: leases.Cleaning, Owner: janitor.Owner}
	const waits = `cleaners: [{types: [t], command: [sh, -c, 'touch DIR/$LEASE_NAME; until test -e DIR/go; do sleep 0.05; done']}]`
	h := newHouse(t, stored(dirty("t", 1), []leases.Resource{killed}), waits)
	h.Until("both are being cleaned", func() bool { return h.exists("t-0") && h.exists("killed") })
	h.end()
	for _, name := range []string{"t-0", "killed"} {
		if r := h.Resource(name); r.State != leases.Dirty || r.Owner != "" {
			t.Errorf("after the end: %+v", r)
		}
	}
	h.put("go")
	h.hire(waits)
	h.becomes("t-0", leases.Free)
	h.becomes("killed", leases.Free)
}

// TestDynamicResourcesAreTakenApart: those on their way out are cleaned, what
// they were built of is dirty, and they go.
func TestDynamicResourcesAreTakenApart(t *testing.T) {
	t.Parallel()
	parts := []leases.Resource{
		{Name: "part-0", Type: "part", State: "whole-0", UserData: map[string]string{"k": "v"}},
		{Name: "part-1", Type: "part", State: leases.Free}, // went back by itself
	}
	whole := leases.Resource{Name: "whole-0", Type: "whole", State: leases.ToBeDeleted, UserData: map[string]string{"leasedResources": "[part-0, part-1]"}}
	options := stored(parts, []leases.Resource{whole})
	options.Config = &leases.Config{Resources: []leases.Entry{
		{Type: "part", State: leases.Free, Names: []string{"part-0", "part-1"}}, {Type: "whole", State: leases.Free, MaxCount: 1, Needs: map[string]int{"part": 2}},
	}}
	h := newHouse(t, options, "cleaners: []")
	h.Until("it is gone", func() bool { return h.Resource("whole-0").Name == "" })
	h.becomes("part-0", leases.Dirty)
	if r := h.Resource("part-1"); r.State != leases.Free {
		t.Errorf("a part that was not its own: %+v", r)
	}
}

// idle is a lease server on which there is nothing to do.
type idle struct {
	janitor.Server

	reports, looks int
	enough         context.CancelFunc
}

func (s *idle) Report(string) ([]leases.TypeReport, error) {
	s.reports++
	if s.reports == 1 {
		return nil, errors.New("it does not serve yet")
	}
	return []leases.TypeReport{{Type: "t", Resources: []leases.ResourceReport{{Name: "t-0", State: leases.Free}}}}, nil
}

func (s *idle) Idle(...string) ([]leases.Idle, error) {
	if s.looks++; s.looks == 10 {
		s.enough()
	}
	return nil, nil
}

// TestAnIdleJanitorAsksForLittle: a report of all resources is made until one
// says what the last janitor left, and not again each time it looks.
func TestAnIdleJanitorAsksForLittle(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s := &idle{enough: cancel}
	janitor.New(s, nil, nil, janitor.Options{Every: time.Millisecond}).Run(ctx)
	if s.reports != 2 || s.looks < 10 {
		t.Errorf("%d reports and %d looks, want 2 reports and 10 looks", s.reports, s.looks)
	}
}
