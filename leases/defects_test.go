package leases

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/drover-ci/drover/schema"
)

// Each test here is something that Boskos does wrong, by its issues or by
// reading it.

// TestEachDefectHasItsTest holds the table in docs/leases.md against the tests
// that there are.
func TestEachDefectHasItsTest(t *testing.T) {
	table, err := os.ReadFile("../docs/leases.md")
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, pattern := range []string{"*_test.go", "*/*_test.go", "../cmd/drover/*_test.go", "../integration/*_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, test := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllSubmatch(content, -1) {
				there[string(test[1])] = true
			}
		}
	}
	named := regexp.MustCompile("`(Test\\w+)`").FindAllSubmatch(table, -1)
	if len(named) == 0 {
		t.Error("the table is gone")
	}
	for _, test := range named {
		if !there[string(test[1])] {
			t.Errorf("there is no %s", test[1])
		}
	}
}

// calm is a world in which nothing goes wrong by itself.
func calm(t *testing.T, entries ...Entry) *world {
	t.Helper()
	w := newWorld(1)
	w.options.MaxPerOwner = 0
	w.start()
	w.want(entries...)
	t.Cleanup(func() {
		for _, problem := range w.problems {
			t.Error(problem)
		}
	})
	return w
}

// want configures, and lets everything happen that follows.
func (w *world) want(entries ...Entry) {
	w.config = &Config{Resources: entries}
	w.pool.Configure(w.config, w.now())
	w.settleDown()
}

func static(leaseType string, names ...string) Entry { return Entry{Type: leaseType, Names: names} }

// take acquires as one who does not wait, and gives the resource's name or "".
func (w *world) take(leaseType, owner, id string) (string, error) {
	ticket := w.pool.Acquire(Acquisition{Type: leaseType, State: Free, Dest: Leased, Owner: owner, ID: id}, w.now())
	w.flush()
	return ticket.Resource.Name, ticket.Err()
}

// flush carries out what is under way, without letting time pass.
func (w *world) flush() {
	for {
		w.collect()
		w.saveLinesWell()
		if len(w.writes) == 0 {
			return
		}
		write := w.writes[0]
		w.writes = w.writes[1:]
		w.pool.Complete(write, w.cluster.apply(write), w.now())
	}
}

func (w *world) give(t *testing.T, name, owner string) {
	t.Helper()
	ticket := w.pool.Release(name, Free, owner, w.now())
	w.flush()
	if err := ticket.Err(); err != nil {
		t.Errorf("release %s: %v", name, err)
	}
}

// names are the resources of a type that are stored.
func (w *world) count(leaseType string) int {
	n := 0
	for _, r := range w.cluster.resources {
		if r.Type == leaseType {
			n++
		}
	}
	return n
}

func TestTheTypeOfAHeldResourceChanges(t *testing.T) {
	w := calm(t, static("old", "r"))
	name, _ := w.take("old", "me", "")
	w.want(static("new", "r"))
	if r := w.cluster.resources[name]; r.Type != "old" || r.Owner != "me" {
		t.Fatalf("the lease was taken away: %+v", r)
	}
	w.crash() // in the window in which Boskos does not start any more
	w.settleDown()
	w.give(t, name, "me")
	w.settleDown()
	if got, err := w.take("new", "other", ""); got != "r" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestStaticBecomesDynamicAndStaticAgain(t *testing.T) {
	w := calm(t, static("t", "a", "b"))
	held, _ := w.take("t", "me", "")
	w.want(Entry{Type: "t", MaxCount: 3, MinCount: 3})
	if n := w.count("t"); n != 3 {
		t.Errorf("dynamic: there are %d", n)
	}
	w.want(static("t", "a", "b"))
	w.give(t, held, "me")
	w.settleDown()
	w.checkWanted()
	w.checkService()
}

func TestADynamicTypeWithoutResourcesExists(t *testing.T) {
	w := calm(t, Entry{Type: "t", MaxCount: 1})
	if _, err := w.take("t", "me", ""); !errors.As(err, new(*NotFoundError)) {
		t.Errorf("without an id: %v", err)
	}
	if w.count("t") != 0 {
		t.Error("without an id, one was made")
	}
	w = calm(t, Entry{Type: "t", MaxCount: 1})
	if got, err := w.take("t", "me", "id"); got == "" {
		t.Errorf("with an id: %v", err)
	}
	if got, err := w.take("t", "other", "other id"); got != "" || !errors.As(err, new(*NotFoundError)) {
		t.Errorf("more than the maximum: %q, %v", got, err)
	}
	if all := calm(t, Entry{Type: "empty", MaxCount: 3}).pool.Summary(); len(all) != 1 || all[0].Type != "empty" || all[0].Limit != 3 {
		t.Errorf("what is shown is %+v", all)
	}
	w.up += usualPause
	if _, err := w.take("no-such", "me", ""); !errors.As(err, new(*TypeNotFoundError)) {
		t.Errorf("no such type: %v", err)
	}
}

func TestOnDemandInSpiteOfAConflict(t *testing.T) {
	w := calm(t, Entry{Type: "t", MaxCount: 2})
	ask := Acquisition{Type: "t", State: Free, Dest: Leased, Owner: "me", ID: "one", Wait: true}
	ticket := w.pool.Acquire(ask, w.now())
	w.collect()
	write := w.writes[0]
	w.writes = nil
	taken := write.After // somebody else makes an object of this very name
	taken.Owner = "somebody"
	w.pool.Complete(write, Result{Outcome: Conflict, Resource: w.cluster.put(taken)}, w.now())
	w.settleDown()
	if ticket.Err() != nil || ticket.Resource.Name == "" {
		t.Errorf("got %+v, %v", ticket.Resource, ticket.Err())
	}
}

// TestWhatIsBeingMadeIsWorthAMoment: a quota that was just raised, or a server
// that was just set up, has what is asked for in an instant.
func TestWhatIsBeingMadeIsWorthAMoment(t *testing.T) {
	for name, entry := range map[string]Entry{"static": static("t", "a"), "dynamic": {Type: "t", MaxCount: 1, MinCount: 1}} {
		w := calm(t, static("other", "o"))
		w.pool.Configure(&Config{Resources: []Entry{entry, static("other", "o")}}, w.now())
		if got, err := w.take("t", "me", ""); got == "" {
			t.Errorf("%s: %v", name, err)
		}
		if got, err := w.take("t", "other", ""); got != "" || !errors.As(err, new(*NotFoundError)) {
			t.Errorf("%s, when all are leased: %q, %v", name, got, err)
		}
	}
	// What cannot be made is waited for no longer than a moment.
	w := calm(t, static("other", "o"))
	w.pool.Configure(&Config{Resources: []Entry{static("t", "a"), static("other", "o")}}, w.now())
	ticket := w.pool.Acquire(Acquisition{Type: "t", State: Free, Dest: Leased, Owner: "me"}, w.now())
	w.up += soonPatience + 1
	w.pool.Housekeep(w.now())
	w.saveLinesWell()
	if !errors.As(ticket.Err(), new(*NotFoundError)) {
		t.Errorf("after the moment: %v", ticket.Err())
	}
	failed := w.pool.Acquire(Acquisition{Type: "t", State: Free, Dest: Leased, Owner: "other"}, w.now())
	w.collect()
	for _, write := range w.writes {
		w.pool.Complete(write, Result{Outcome: Failed, Err: errors.New("refused")}, w.now())
	}
	w.writes = nil
	w.saveLinesWell()
	if !errors.As(failed.Err(), new(*NotFoundError)) {
		t.Errorf("when it was refused: %v", failed.Err())
	}
}

// TestAConflictLetsNobodyHang: who does not wait is answered, though what was to
// be given was taken by a hand meanwhile.
func TestAConflictLetsNobodyHang(t *testing.T) {
	w := calm(t, static("t", "a"))
	ticket := w.pool.Acquire(Acquisition{Type: "t", State: Free, Dest: Leased, Owner: "me"}, w.now())
	stolen := w.cluster.resources["a"]
	stolen.Owner = "hand"
	w.cluster.put(stolen)
	w.flush()
	if !errors.As(ticket.Err(), new(*NotFoundError)) {
		t.Errorf("got %v", ticket.Err())
	}
}

func TestSeveralByNameOrNone(t *testing.T) {
	w := calm(t, static("t", "a", "b", "c"))
	busy, _ := w.take("t", "other", "")
	ticket := w.pool.AcquireByState(Free, Leased, "me", []string{"c", "b", busy}, w.now())
	w.flush()
	if !errors.As(ticket.Err(), new(*NotFoundError)) {
		t.Errorf("got %v", ticket.Err())
	}
	// One is taken by a hand while the others are being taken.
	ticket = w.pool.AcquireByState(Free, Leased, "me", []string{"b", "c"}, w.now())
	stolen := w.cluster.resources["c"]
	stolen.Owner = "hand"
	w.cluster.put(stolen)
	w.flush()
	if ticket.Err() == nil || w.cluster.resources["b"].Owner != "" {
		t.Errorf("got %v, and b is held by %q", ticket.Err(), w.cluster.resources["b"].Owner)
	}
}

func TestSeveralByNameAndACrash(t *testing.T) {
	for stored := range 3 {
		w := calm(t, static("t", "a", "b"))
		w.pool.AcquireByState(Free, Leased, "me", []string{"a", "b"}, w.now())
		for range stored { // so many writes land before the server ends
			w.collect()
			write := w.writes[0]
			w.writes = w.writes[1:]
			w.pool.Complete(write, w.cluster.apply(write), w.now())
		}
		w.crash()
		w.zombies = nil
		w.settleDown()
		if a, b := w.cluster.resources["a"], w.cluster.resources["b"]; stored < 3 && (a.Owner != "" || b.Owner != "") {
			t.Errorf("after %d writes: a is held by %q, b by %q", stored, a.Owner, b.Owner)
		}
	}
}

func TestATypeGoesWhileAnotherGrows(t *testing.T) {
	w := calm(t, Entry{Type: "going", MaxCount: 2, MinCount: 2}, Entry{Type: "growing", MaxCount: 1, MinCount: 1})
	w.want(Entry{Type: "growing", MaxCount: 5, MinCount: 5})
	w.checkWanted()
}

func TestADeletionWaitsForNothing(t *testing.T) {
	w := calm(t, static("t", "a", "b"))
	w.pool.Configure(&Config{Resources: []Entry{static("t", "a")}}, w.now())
	w.flush() // no time passes
	if _, ok := w.cluster.resources["b"]; ok {
		t.Error("b is still there")
	}
}

func TestWithoutAnIDOneIsServedInTurn(t *testing.T) {
	w := calm(t, static("t", "a"))
	held, _ := w.take("t", "holder", "")
	_, _ = w.take("t", "without", "")
	for _, id := range []string{"1", "2", "3"} {
		_, _ = w.take("t", "with", id)
	}
	w.give(t, held, "holder")
	if got, _ := w.take("t", "with", "1"); got != "" {
		t.Error("one with an id went before")
	}
	if got, err := w.take("t", "without", ""); got == "" {
		t.Errorf("the first in line got nothing: %v", err)
	}
}

func TestADeadWaiterHoldsNobodyUp(t *testing.T) {
	w := calm(t, static("t", "a"))
	held, _ := w.take("t", "holder", "")
	_, _ = w.take("t", "dead", "1")
	ask := Acquisition{Type: "t", State: Free, Dest: Leased, Owner: "alive", ID: "2", Wait: true}
	ticket := w.pool.Acquire(ask, w.now())
	w.give(t, held, "holder")
	w.up += 6 * time.Second // the dead one should have called twice by now
	w.pool.Tick(w.now())
	w.flush()
	if ticket.Resource.Name != "a" {
		t.Error("the one who is alive got nothing")
	}
}

func TestAReleaseThatConflictsIsTriedAgain(t *testing.T) {
	w := calm(t, static("t", "a"))
	held, _ := w.take("t", "me", "")
	ticket := w.pool.Release(held, Free, "me", w.now())
	touched := w.cluster.resources[held]
	touched.UserData = map[string]string{"by": "hand"}
	w.cluster.put(touched)
	w.flush()
	if ticket.Err() != nil || w.cluster.resources[held].Owner != "" || w.cluster.resources[held].UserData["by"] != "hand" {
		t.Errorf("got %v, %+v", ticket.Err(), w.cluster.resources[held])
	}
}

func TestAnAnswerThatWasLostIsGivenAgain(t *testing.T) {
	w := calm(t, static("t", "a", "b"))
	first, _ := w.take("t", "me", "id")
	w.crash()
	w.flush()
	if again, err := w.take("t", "me", "id"); again != first {
		t.Errorf("got %q, want %q again: %v", again, first, err)
	}
	w.pool.Update(first, "me", Leased, nil, w.now()) // the answer has arrived
	w.flush()
	if next, _ := w.take("t", "me", "id"); next == first || next == "" {
		t.Errorf("got %q for another request", next)
	}
}

func TestNobodyHasMoreThanTheLimit(t *testing.T) {
	w := calm(t)
	w.options.MaxPerOwner = 1
	w.start()
	w.want(static("t", "a", "b"))
	if got, _ := w.take("t", "me", "1"); got == "" {
		t.Error("not even one")
	}
	if got, _ := w.take("t", "me", "2"); got != "" {
		t.Error("more than the limit")
	}
	if got, _ := w.take("t", "other", "3"); got == "" {
		t.Error("one at the limit holds up another")
	}
}

func TestAQuotaHoldsWhileLeasesOfAnotherDrain(t *testing.T) {
	w := calm(t, static("t", "a-0", "a-1"))
	_, _ = w.take("t", "me", "")
	held, _ := w.take("t", "me", "")
	w.want(static("t", "a-00", "a-01")) // more digits: all names change
	if got, _ := w.take("t", "other", "1"); got != "" {
		t.Errorf("%s was given, which makes three of two", got)
	}
	w.give(t, held, "me")
	w.settleDown()
	if got, err := w.take("t", "other", "1"); got == "" {
		t.Errorf("one was given back, and yet: %v", err)
	}
}

func TestAReaperBelievesNoClockThatJumps(t *testing.T) {
	w := calm(t, static("t", "a"))
	held, _ := w.take("t", "me", "")
	reset := Reset{Type: "t", State: Leased, Dest: Dirty, Expire: time.Hour, Settle: 10 * time.Minute}
	reap := func() bool {
		w.pool.Reset(reset, w.now())
		w.flush()
		return w.cluster.resources[held].Owner == ""
	}
	w.wall = w.wall.Add(10 * time.Hour)
	w.up += 59 * time.Minute
	if reap() {
		t.Fatal("a clock that jumped took a lease away")
	}
	w.crash()
	w.flush()
	if w.up += 9 * time.Minute; reap() {
		t.Fatal("a server that has just started did not listen first")
	}
	if w.up += 2 * time.Minute; !reap() {
		t.Error("who is silent keeps the lease")
	}
}

func TestWhoIsSilentLosesTheLease(t *testing.T) {
	w := calm(t, static("t", "a"))
	held, _ := w.take("t", "me", "")
	w.wall, w.up = w.wall.Add(61*time.Minute), w.up+61*time.Minute
	w.pool.Reset(Reset{Type: "t", State: Leased, Dest: Dirty, Expire: time.Hour}, w.now())
	w.flush()
	if r := w.cluster.resources[held]; r.Owner != "" || r.State != Dirty {
		t.Errorf("got %+v", r)
	}
}

func TestDynamicResourcesExpire(t *testing.T) {
	life := schema.Duration(time.Hour)
	w := calm(t, Entry{Type: "t", MaxCount: 1, MinCount: 1, LifeSpan: &life})
	first, _ := w.take("t", "me", "")
	w.give(t, first, "me")
	w.wall = w.wall.Add(2 * time.Hour)
	w.settleDown()
	if _, ok := w.cluster.resources[first]; ok || w.count("t") != 1 {
		t.Errorf("%s is still there, or there is no other: %v", first, w.cluster.resources)
	}
}
