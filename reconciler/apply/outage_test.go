package apply_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/drover-ci/drover/reconciler/apply"
)

// failingFirst fails the first times that each thing is asked of the server. A conflict over the inventory is none that
// passes, and is not made up.
func failingFirst(times int, err error) cutter {
	asked := make(map[string]int)
	return func(r *http.Request) (before, after error) {
		if apierrors.IsConflict(err) && strings.Contains(r.URL.Path, "/drover-inventory-") {
			return nil, nil
		}
		line := r.Method + r.URL.String()
		if asked[line]++; asked[line] <= times {
			return err, nil
		}
		return nil, nil
	}
}

func TestTransientErrorsAreSatOut(t *testing.T) {
	t.Parallel()
	left, right := leftAndRight()
	resource := schema.GroupResource{Resource: "configmaps"}
	for name, err := range map[string]error{
		"throttled":      apierrors.NewTooManyRequestsError("slow down"),
		"internal error": apierrors.NewInternalError(errors.New("failed calling webhook")),
		"unavailable":    apierrors.NewServiceUnavailable("starting"),
		"timeout":        apierrors.NewTimeoutError("slow", 0),
		"conflict":       apierrors.NewConflict(resource, "a", errors.New("the object has been modified")),
		"restarting":     syscall.ECONNREFUSED,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			target := s.target(apply.WithPatience(20 * time.Second))
			s.apply(target, "r1", s.configMapsOf(left)...)
			s.wire.cutWith(failingFirst(2, err))
			got := s.apply(target, "r2", s.configMapsOf(right)...)
			s.wire.cutWith(nil)
			if len(got.Created) != 6 || len(got.Updated) != 6 || len(got.Deleted) != 6 {
				t.Errorf("changes: %s", got)
			}
			s.mustHold("afterwards", right)
		})
	}
}

// TestOutagesEndInBetween cuts the server off for longer than patience lasts.
func TestOutagesEndInBetween(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	left, right := leftAndRight()
	target := s.target(apply.WithPatience(50 * time.Millisecond))
	s.apply(target, "r1", s.configMapsOf(left)...)
	writes := 0
	s.wire.cutWith(func(r *http.Request) (before, after error) {
		if isWrite(r) {
			writes++
		}
		if writes > 8 {
			return syscall.ECONNREFUSED, nil
		}
		return nil, nil
	})
	_, err := target.Apply(t.Context(), "r2", s.configMapsOf(right))
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Fatalf("got %v, want that the server cannot be reached", err)
	}
	s.wire.cutWith(nil)
	if revision, err := target.Recover(t.Context()); revision != "r1" || err != nil {
		t.Errorf("recover: %s, %v", revision, err)
	}
	s.mustHold("recovered", left)
}

// TestLostInventoryIsFoundAgain deletes the inventory, and sees that nothing of ours is forgotten.
func TestLostInventoryIsFoundAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	left, right := leftAndRight()
	s.apply(s.target(), "r1", s.configMapsOf(left)...)
	copied := s.somebodys("copied", s.namespace) // as controllers do, who copy labels from one object to another
	system := s.client.Resource(configMaps).Namespace("drover-system")
	if err := system.DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "drover.dev/inventory=" + s.namespace}); err != nil {
		t.Fatal(err)
	}

	s.wire.cutWith(forbidding("right-1"))
	_ = s.rollBack(s.target(), "r2", s.configMapsOf(right)...)
	s.wire.cutWith(nil)
	left["copied"] = "theirs"
	if diff := cmp.Diff(left, s.data()); diff != "" {
		t.Errorf("rolled back (-want +got):\n%s", diff)
	}
	if got := s.apply(s.target(), "r3", s.configMapsOf(right)...); len(got.Deleted) != 6 {
		t.Errorf("changes: %s", got)
	}
	right["copied"] = "theirs"
	if diff := cmp.Diff(right, s.data()); diff != "" {
		t.Errorf("gone on (-want +got):\n%s", diff)
	}
	if s.get("copied").GetUID() != copied.GetUID() {
		t.Error("somebody else's object was replaced")
	}
}

// TestTwoProcesses has one process apply while another is at it.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	one, other := s.target(), s.target()
	left, right := leftAndRight()
	s.apply(one, "r1", s.configMapsOf(left)...)
	intruded := false
	s.wire.cutWith(func(r *http.Request) (before, after error) {
		if !intruded && isWriteOf(r, "drover-inventory-"+s.namespace) {
			intruded = true
			s.wire.cut = nil
			s.wire.mu.Unlock()
			_, err := other.Apply(t.Context(), "r2", s.configMapsOf(left))
			s.wire.mu.Lock()
			if err != nil {
				return fmt.Errorf("the other process: %w", err), nil
			}
		}
		return nil, nil
	})
	if _, err := one.Apply(t.Context(), "r3", s.configMapsOf(right)); !errors.Is(err, apply.ErrContended) {
		t.Errorf("got %v, want %v", err, apply.ErrContended)
	}
	s.mustHold("the first to write wins", left)
	s.apply(one, "r4", s.configMapsOf(right)...)
	s.mustHold("the other follows", right)
}
