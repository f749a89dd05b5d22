package configrepo

import (
	"context"
	"fmt"

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

// tell makes an Event of each condition.
func (w *Writer) tell(ctx context.Context, changed []metav1.Condition) error {
	for _, c := range changed {
		if _, err := w.events.Create(ctx, w.event(c), metav1.CreateOptions{FieldManager: fieldManager}); err != nil {
			return fmt.Errorf("tell of %s %s: %w", c.Type, c.Status, err)
		}
	}
	return nil
}

func (w *Writer) event(c metav1.Condition) *corev1.Event {
	kind, now := corev1.EventTypeNormal, metav1.NewTime(w.now())
	if c.Status == metav1.ConditionFalse {
		kind = corev1.EventTypeWarning
	}
	return &corev1.Event{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, GenerateName: w.name + "."},
		InvolvedObject: corev1.ObjectReference{
			APIVersion: GroupVersion().String(), Kind: Kind, Namespace: w.namespace, Name: w.name,
			UID: w.last.UID, ResourceVersion: w.last.ResourceVersion,
		},
		Type: kind, Reason: c.Reason, Message: clip(c.Message, maxMessage), Source: corev1.EventSource{Component: "drover"},
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
