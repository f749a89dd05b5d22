package apply_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

var errKilled = errors.New("killed")

// leftAndRight are two revisions that have objects in common, equal and changed, and some of their own.
func leftAndRight() (left, right map[string]string) {
	left, right = make(map[string]string), make(map[string]string)
	for i := range 6 {
		left[fmt.Sprint("same-", i)], right[fmt.Sprint("same-", i)] = "0", "0"
		left[fmt.Sprint("changed-", i)], right[fmt.Sprint("changed-", i)] = "left", "right"
		left[fmt.Sprint("left-", i)] = "left"
		right[fmt.Sprint("right-", i)] = "right"
	}
	return left, right
}

// The ways in which a process may die with a request: before that is sent, or before the answer comes.
func unsent() (before, after error)     { return errKilled, nil }
func unanswered() (before, after error) { return nil, errKilled }

// killedAt applies a revision in a process that dies with its n-th write, from 0. It tells whether there were that many.
func (s *site) killedAt(n int, die func() (before, after error), revision string, objects map[string]string) bool {
	ctx, kill := context.WithCancel(s.t.Context())
	defer kill()
	writes := 0
	s.wire.cutWith(func(r *http.Request) (before, after error) {
		if ctx.Err() != nil {
			return errKilled, nil
		}
		if !isWrite(r) {
			return nil, nil
		}
		if writes++; writes <= n {
			return nil, nil
		}
		kill()
		return die()
	})
	defer s.wire.cutWith(nil)
	_, err := s.target().Apply(ctx, revision, s.configMapsOf(objects))
	return err != nil
}

// TestKilledAtEveryWrite kills an apply at each of its writes, and starts a new process on what is left: one that
// applies the same revision, one that only recovers, one that applies another.
func TestKilledAtEveryWrite(t *testing.T) {
	t.Parallel()
	for name, die := range map[string]func() (before, after error){"unsent": unsent, "unanswered": unanswered} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			now, next := leftAndRight()
			s.apply(s.target(), "r", s.configMapsOf(now)...)
			points := 0
			for ; s.killedAt(points, die, fmt.Sprint("killed-", points), next); points++ {
				now, next = s.goOn(points, now, next)
				s.mustHold(fmt.Sprintf("killed at write %d", points), now)
			}
			if points < 20 {
				t.Errorf("there were only %d writes", points)
			}
			s.mustHold("at the end", next)
			s.apply(s.target(), "last", s.configMapsOf(next)...)
			s.mustBeTidy()
		})
	}
}

// goOn starts a new process after a kill between two states, and gives the state it must have reached, and the other.
func (s *site) goOn(point int, now, next map[string]string) (reached, left map[string]string) {
	s.t.Helper()
	killed := fmt.Sprint("killed-", point)
	switch point % 3 {
	case 0:
		s.apply(s.target(), killed, s.configMapsOf(next)...)
		return next, now
	case 1:
		if s.revision() == killed {
			return next, now
		}
		return now, next
	}
	third := maps.Clone(now)
	third["other"] = killed
	delete(third, "same-0")
	s.apply(s.target(), "other-"+killed, s.configMapsOf(third)...)
	return third, next
}

// mustHold compares the cluster with what it must hold, neither more nor less, and the inventory with that.
func (s *site) mustHold(when string, want map[string]string) {
	s.t.Helper()
	s.mustHoldWhile(when, want, want)
}

// mustHoldWhile compares the cluster with what it must hold where that is not what is declared.
func (s *site) mustHoldWhile(when string, declared, want map[string]string) {
	s.t.Helper()
	if diff := cmp.Diff(want, s.data()); diff != "" {
		s.t.Fatalf("%s: cluster (-want +got):\n%s", when, diff)
	}
	again := s.wire.during(func() { s.apply(s.target(), s.revision(), s.configMapsOf(declared)...) })
	if writes := written(again); len(writes) > 0 {
		s.t.Fatalf("%s: a new process still has to write: %q", when, writes)
	}
}

// mustBeTidy sees that the inventory consists of nothing but what its root names.
func (s *site) mustBeTidy() {
	s.t.Helper()
	system := s.client.Resource(configMaps).Namespace("drover-system")
	list, err := system.List(s.t.Context(), metav1.ListOptions{LabelSelector: "drover.dev/inventory=" + s.namespace})
	if err != nil {
		s.t.Fatal(err)
	}
	root := ""
	for _, item := range list.Items {
		if said, found, _ := unstructured.NestedString(item.Object, "data", "inventory.json"); found {
			root = said
		}
	}
	for _, item := range list.Items {
		if name := item.GetName(); name != "drover-inventory-"+s.namespace && !strings.Contains(root, name) {
			s.t.Errorf("%s is left behind", name)
		}
	}
}
