package configrepo

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/drover-ci/drover/schema"
)

// Set sets a condition; its time of transition is the [Writer]'s matter. The reason is one word in CamelCase, the
// message a sentence for people.
func (s *Status) Set(condition string, status metav1.ConditionStatus, reason, message string) {
	set := metav1.Condition{Type: condition, Status: status, Reason: reason, Message: message}
	for i := range s.Conditions {
		if s.Conditions[i].Type == condition {
			s.Conditions[i] = set
			return
		}
	}
	s.Conditions = append(s.Conditions, set)
}

// SetProblems sets the problems of the revision that was tried last.
func (s *Status) SetProblems(problems []schema.Problem) {
	s.ProblemCount = len(problems)
	s.Problems = slices.Clone(problems[:min(len(problems), MaxProblems)])
}

// SetHeld sets the units that are held back.
func (s *Status) SetHeld(held []Held) {
	s.HeldCount = len(held)
	s.Held = slices.Clone(held[:min(len(held), MaxHeld)])
}

// Record puts a revision that was applied at the top of the history.
func (s *Status) Record(applied Applied) {
	s.History = slices.Insert(slices.Clone(s.History), 0, applied)
	s.History = s.History[:min(len(s.History), MaxHistory)]
}

// merge gives the status to write: next, with what it says nothing about, and times of transition, from last.
func merge(last, next Status, now metav1.Time) Status {
	merged := next
	merged.Conditions = slices.Clone(last.Conditions)
	for _, c := range next.Conditions {
		c.ObservedGeneration, c.LastTransitionTime = next.ObservedGeneration, now
		meta.SetStatusCondition(&merged.Conditions, c)
	}
	meta.SetStatusCondition(&merged.Conditions, ready(merged, now))
	return merged
}

// parts are the conditions that Ready is made of, in the order in which they come about.
func parts() []string { return []string{Fetched, Valid, AppliedCondition, Healthy} }

// ready is what all other conditions come to: the first that is not true, else all is well.
func ready(s Status, now metav1.Time) metav1.Condition {
	r := metav1.Condition{
		Type: Ready, Status: metav1.ConditionTrue, Reason: "InForce", Message: "revision " + s.AppliedRevision + " is in force",
		ObservedGeneration: s.ObservedGeneration, LastTransitionTime: now,
	}
	for _, part := range parts() {
		c := meta.FindStatusCondition(s.Conditions, part)
		switch {
		case c == nil:
			r.Status, r.Reason, r.Message = metav1.ConditionUnknown, "Progressing", part+" is not known yet"
			return r
		case c.Status != metav1.ConditionTrue:
			r.Status, r.Reason, r.Message = c.Status, c.Reason, c.Message
			return r
		}
	}
	return r
}
