package configrepo

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/drover-ci/drover/schema"
)

const (
	yes = metav1.ConditionTrue
	no  = metav1.ConditionFalse
)

func statusOf(conditions ...metav1.Condition) Status { return Status{Conditions: conditions} }

func condition(kind string, status metav1.ConditionStatus, message string, at metav1.Time) metav1.Condition {
	return metav1.Condition{Type: kind, Status: status, Reason: "Because", Message: message, LastTransitionTime: at}
}

func TestMergeDoesNotFlap(t *testing.T) {
	then, now := metav1.Unix(1000, 0), metav1.Unix(2000, 0)
	never := metav1.Time{}
	for name, test := range map[string]struct {
		reason     string
		last, next Status
		want       []metav1.Condition
	}{
		"first report": {
			reason: "everything begins now, and what is not known keeps Ready unknown",
			next:   statusOf(condition(Fetched, yes, "fetched", never)),
			want: []metav1.Condition{
				condition(Fetched, yes, "fetched", now),
				{Type: Ready, Status: metav1.ConditionUnknown, Reason: "Progressing", Message: "Valid is not known yet", LastTransitionTime: now},
			},
		},
		"same status, other words": {
			reason: "only a change of status is a transition",
			last:   statusOf(condition(Fetched, no, "timeout", then), condition(Ready, no, "timeout", then)),
			next:   statusOf(condition(Fetched, no, "refused", never)),
			want:   []metav1.Condition{condition(Fetched, no, "refused", then), condition(Ready, no, "refused", then)},
		},
		"silence": {
			reason: "a condition that the report lacks stays",
			last:   statusOf(condition(Fetched, yes, "ok", then), condition(Valid, no, "two problems", then), condition(Ready, no, "two problems", then)),
			next:   statusOf(condition(Fetched, yes, "ok", never)),
			want:   []metav1.Condition{condition(Fetched, yes, "ok", then), condition(Valid, no, "two problems", then), condition(Ready, no, "two problems", then)},
		},
		"all is well": {
			reason: "Ready follows when the last of the others turns",
			last: statusOf(condition(Fetched, yes, "", then), condition(Valid, yes, "", then), condition(AppliedCondition, no, "", then),
				condition(Healthy, yes, "", then), condition(Ready, no, "", then)),
			next: Status{AppliedRevision: "r1", Conditions: []metav1.Condition{condition(AppliedCondition, yes, "", never)}},
			want: []metav1.Condition{
				condition(Fetched, yes, "", then), condition(Valid, yes, "", then), condition(AppliedCondition, yes, "", now), condition(Healthy, yes, "", then),
				{Type: Ready, Status: yes, Reason: "InForce", Message: "revision r1 is in force", LastTransitionTime: now},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := merge(test.last, test.next, now)
			if diff := cmp.Diff(test.want, got.Conditions); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.reason, diff)
			}
		})
	}
}

func TestTransitionsLeaveOutReady(t *testing.T) {
	at := metav1.Unix(1000, 0)
	last := statusOf(condition(Fetched, yes, "", at), condition(Valid, yes, "", at), condition(Ready, yes, "", at))
	next := statusOf(condition(Fetched, yes, "other words", at), condition(Valid, no, "", at), condition(Ready, no, "", at), condition(Healthy, yes, "", at))
	want := []metav1.Condition{condition(Valid, no, "", at), condition(Healthy, yes, "", at)}
	if diff := cmp.Diff(want, transitions(last, next)); diff != "" {
		t.Errorf("transitions (-want +got):\n%s", diff)
	}
}

func TestStatusIsBounded(t *testing.T) {
	var s Status
	problems := make([]schema.Problem, MaxProblems+5)
	for i := range problems {
		problems[i].File = strconv.Itoa(i)
	}
	s.SetProblems(problems)
	if s.ProblemCount != MaxProblems+5 || len(s.Problems) != MaxProblems || s.Problems[0].File != "0" {
		t.Errorf("problems: %d of %d, first %v", len(s.Problems), s.ProblemCount, s.Problems[0])
	}
	for i := range MaxHistory + 3 {
		s.Record(Applied{Revision: fmt.Sprint("r", i), Took: schema.Duration(time.Second)})
	}
	if len(s.History) != MaxHistory || s.History[0].Revision != "r12" || s.History[MaxHistory-1].Revision != "r3" {
		t.Errorf("history: %v", s.History)
	}
}

func TestClip(t *testing.T) {
	for text, want := range map[string]string{"short": "short", "exactly ten": "exactly…", "ääääää": "äää…", "": ""} {
		if got := clip(text, 10); got != want || len(got) > 10 {
			t.Errorf("clip(%q): got %q, want %q", text, got, want)
		}
	}
}
