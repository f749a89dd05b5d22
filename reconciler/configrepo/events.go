package configrepo

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// maxMessage is what the server allows for the message of an Event.
const maxMessage = 1024

// transitions are the conditions of next that had another status in last, but for Ready, which only sums up.
func transitions(last, next Status) []metav1.Condition {
	var changed []metav1.Condition
	for _, c := range next.Conditions {
		before := meta.FindStatusCondition(last.Conditions, c.Type)
		if c.Type != Ready && (before == nil || before.Status != c.Status) {
			changed = append(changed, c)
		}
	}
	return changed
}

// maxEvents is how many Events one report makes at most.
const maxEvents = 20

// notice is something to tell people once.
type notice struct{ kind, reason, message string }

// notices are what has changed between two statuses.
func notices(last, next Status) []notice {
	var all []notice
	for _, c := range transitions(last, next) {
		kind := corev1.EventTypeNormal
		if c.Status == metav1.ConditionFalse {
			kind = corev1.EventTypeWarning
		}
		all = append(all, notice{kind, c.Reason, c.Message})
	}
	if next.AppliedRevision != last.AppliedRevision {
		all = append(all, notice{corev1.EventTypeNormal, "RevisionApplied", "revision " + next.AppliedRevision + " is in force"})
	}
	switch {
	case next.RolledBackTo != "" && last.RolledBackTo != next.RolledBackTo:
		all = append(all, notice{corev1.EventTypeNormal, "RolledBack", "people asked for revision " + next.RolledBackTo + " instead of the newest"})
	case next.RolledBackTo == "" && last.RolledBackTo != "":
		all = append(all, notice{corev1.EventTypeNormal, "RollbackOver", "the newest revision counts again"})
	}
	switch {
	case next.Suspended && !last.Suspended:
		all = append(all, notice{corev1.EventTypeNormal, "Suspended", "nothing is done but serving what is in force"})
	case !next.Suspended && last.Suspended:
		all = append(all, notice{corev1.EventTypeNormal, "Resumed", "revisions are applied again"})
	}
	all = append(all, unitNotices(last.Held, next.Held)...)
	all = append(all, targetNotices(last.Targets, next.Targets)...)
	return all[:min(len(all), maxEvents)]
}

// unitNotices tell of units that are held back now, and that are not any more.
func unitNotices(last, next []Held) []notice {
	var all []notice
	has := func(held []Held, unit string) bool {
		return slices.ContainsFunc(held, func(h Held) bool { return h.Unit == unit })
	}
	for _, each := range next {
		if !has(last, each.Unit) {
			all = append(all, notice{corev1.EventTypeWarning, "UnitHeld", each.Unit + " is held back: " + each.Reason})
		}
	}
	for _, each := range last {
		if !has(next, each.Unit) {
			all = append(all, notice{corev1.EventTypeNormal, "UnitGood", each.Unit + " is as the newest revision has it again"})
		}
	}
	return all
}

// targetNotices tell of other clusters that fail now, and that do not any more.
func targetNotices(last, next []Target) []notice {
	failed, sick := map[string]bool{}, map[string]bool{}
	for _, each := range last {
		failed[each.Name], sick[each.Name] = each.Message != "", each.Unhealthy != ""
	}
	var all []notice
	for _, each := range next {
		switch {
		case each.Message != "" && !failed[each.Name]:
			all = append(all, notice{corev1.EventTypeWarning, "TargetFailed", "target " + each.Name + ": " + each.Message})
		case each.Message == "" && failed[each.Name]:
			all = append(all, notice{corev1.EventTypeNormal, "TargetGood", "target " + each.Name + " has caught up"})
		}
		switch {
		case each.Unhealthy != "" && !sick[each.Name]:
			all = append(all, notice{corev1.EventTypeWarning, "TargetUnhealthy", "target " + each.Name + ": " + each.Unhealthy})
		case each.Unhealthy == "" && sick[each.Name]:
			all = append(all, notice{corev1.EventTypeNormal, "TargetHealthy", "target " + each.Name + ": all objects are well"})
		}
	}
	return all
}

// tell makes Events.
func (w *Writer) tell(ctx context.Context, all []notice) error {
	for _, each := range all {
		if _, err := w.events.Create(ctx, w.event(each), metav1.CreateOptions{FieldManager: fieldManager}); err != nil {
			return fmt.Errorf("tell of %s: %w", each.reason, err)
		}
	}
	return nil
}

func (w *Writer) event(n notice) *corev1.Event {
	now := metav1.NewTime(w.now())
	return &corev1.Event{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, GenerateName: w.name + "."},
		InvolvedObject: corev1.ObjectReference{
			APIVersion: GroupVersion().String(), Kind: Kind, Namespace: w.namespace, Name: w.name,
			UID: w.last.UID, ResourceVersion: w.last.ResourceVersion,
		},
		Type: n.kind, Reason: n.reason, Message: clip(n.message, maxMessage), Source: corev1.EventSource{Component: "drover"},
		FirstTimestamp: now, LastTimestamp: now, Count: 1,
	}
}

// clip shortens text to so many bytes, at a rune's end.
func clip(text string, bytes int) string {
	if len(text) <= bytes {
		return text
	}
	const ellipsis = "…"
	end := bytes - len(ellipsis)
	for end > 0 && text[end]&0xC0 == 0x80 {
		end--
	}
	return text[:end] + ellipsis
}
