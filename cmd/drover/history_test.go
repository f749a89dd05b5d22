package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/drover-ci/drover/reconciler"
	"github.com/drover-ci/drover/reconciler/apply"
	"github.com/drover-ci/drover/reconciler/configrepo"
	"github.com/drover-ci/drover/reconciler/gitsource"
)

// TestTheHistoryHasTheLastTenRevisions: each once, whether it changed an object
// or not, and again where it put something right.
func TestTheHistoryHasTheLastTenRevisions(t *testing.T) {
	t.Parallel()
	var status configrepo.Status
	tell := func(revision int, changes apply.ChangeSet) {
		commit := gitsource.Revision{Hash: fmt.Sprintf("r%d", revision)}
		status = nextStatus(status, reconciler.Status{
			Stage: reconciler.Done, Observed: commit, Attempted: commit, Applied: commit, Changes: changes,
		})
	}
	one := []apply.Identity{{Kind: "ConfigMap", Namespace: "ci", Name: "a"}}
	for revision := range 12 {
		changes := apply.ChangeSet{Unchanged: 22, Duration: time.Second}
		if revision%2 == 0 {
			changes.Updated = one
		}
		tell(revision, changes)
		tell(revision, changes) // another target has landed
		tell(revision, apply.ChangeSet{Unchanged: 22, Duration: 2 * time.Second})
	}
	tell(11, apply.ChangeSet{Healed: one, Kept: one, Paused: one, Unchanged: 21})
	var got []string
	for _, each := range status.History {
		got = append(got, each.Revision+" "+counts(each))
	}
	want := []string{
		"r11 1 healed, 1 kept, 1 paused, 21 unchanged", "r11 22 unchanged", "r10 1 updated, 22 unchanged", "r9 22 unchanged", "r8 1 updated, 22 unchanged",
		"r7 22 unchanged", "r6 1 updated, 22 unchanged", "r5 22 unchanged", "r4 1 updated, 22 unchanged", "r3 22 unchanged",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
}

// TestWhatIsUnderWayIsSaid: a status says how far a long apply has come, at home and
// elsewhere, and no more once it is done.
func TestWhatIsUnderWayIsSaid(t *testing.T) {
	t.Parallel()
	commit := gitsource.Revision{Hash: "r1"}
	progress := &apply.Progress{Doing: "applying", Done: 1200, Of: 5000}
	said := func(status configrepo.Status) string {
		var text bytes.Buffer
		for i := range status.Conditions {
			status.Conditions[i].LastTransitionTime = metav1.Now()
		}
		printStatus(&text, &configrepo.ConfigRepo{Status: status}, time.Now())
		return text.String()
	}
	under := nextStatus(configrepo.Status{}, reconciler.Status{
		Stage: reconciler.Apply, Observed: commit, Attempted: commit, Progress: progress,
		Targets: []reconciler.TargetStatus{{Name: "build01", Progress: progress}},
	})
	for _, want := range []string{"Applied      Unknown for 0s: applying 1200 of 5000 objects", "  build01              none        applying 1200 of 5000 objects"} {
		if got := said(under); !strings.Contains(got, want) {
			t.Errorf("there is no %q in\n%s", want, got)
		}
	}
	done := nextStatus(under, reconciler.Status{
		Stage: reconciler.Done, Observed: commit, Attempted: commit, Applied: commit, Targets: []reconciler.TargetStatus{{Name: "build01", Applied: commit}},
	})
	if got := said(done); strings.Contains(got, "applying") || !strings.Contains(got, "Applied      True") {
		t.Errorf("afterwards it says\n%s", got)
	}
}
