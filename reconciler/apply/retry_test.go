package apply

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestTransient(t *testing.T) {
	resource := schema.GroupResource{Resource: "configmaps"}
	terminating := apierrors.NewForbidden(resource, "a", errors.New("because it is being terminated"))
	terminating.ErrStatus.Details.Causes = []metav1.StatusCause{{Type: corev1.NamespaceTerminatingCause}}
	typed := apierrors.NewInternalError(errors.New(malformed + " (ci/a; /v1, Kind=ConfigMap): .data.number: expected string"))
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"throttled":               {apierrors.NewTooManyRequestsError("slow down"), true},
		"internal error":          {apierrors.NewInternalError(errors.New("webhook")), true},
		"unavailable":             {apierrors.NewServiceUnavailable("starting"), true},
		"timeout":                 {apierrors.NewTimeoutError("slow", 0), true},
		"conflict":                {apierrors.NewConflict(resource, "a", errors.New("modified")), true},
		"namespace terminating":   {terminating, true},
		"kind not served yet":     {apierrors.NewGenericServerResponse(http.StatusNotFound, "patch", resource, "", "", 0, true), true},
		"refused connection":      {fmt.Errorf("get: %w", syscall.ECONNREFUSED), true},
		"answer cut short":        {io.ErrUnexpectedEOF, true},
		"object leaving":          {fmt.Errorf("a: %w", errLeaving), true},
		"invalid":                 {apierrors.NewInvalid(schema.GroupKind{Kind: "ConfigMap"}, "a", nil), false},
		"forbidden":               {apierrors.NewForbidden(resource, "a", errors.New("rbac")), false},
		"no such namespace":       {apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "ci"), false},
		"bad request":             {apierrors.NewBadRequest("no"), false},
		"does not fit schema":     {typed, false},
		"too large":               {apierrors.NewRequestEntityTooLargeError("1 MiB"), false},
		"told to stop":            {context.Canceled, false},
		"no such kind":            {fmt.Errorf("%w: Widget", errNoKind), false},
		"another process at work": {fmt.Errorf("write: %w", ErrContended), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := transient(test.err); got != test.want {
				t.Errorf("got %t, want %t", got, test.want)
			}
		})
	}
}

func TestRetrierGivesUp(t *testing.T) {
	lasting, passing := apierrors.NewBadRequest("no"), apierrors.NewServiceUnavailable("starting")
	for name, test := range map[string]struct {
		answers  []error
		patience time.Duration
		tries    int
		want     error
	}{
		"success":       {[]error{nil}, time.Minute, 1, nil},
		"later success": {[]error{passing, passing, nil}, time.Minute, 3, nil},
		"lasting":       {[]error{passing, lasting, nil}, time.Minute, 2, lasting},
		"no patience":   {[]error{passing, nil}, 0, 1, passing},
	} {
		t.Run(name, func(t *testing.T) {
			tries := 0
			r := retrier{patience: test.patience, first: time.Nanosecond, most: time.Nanosecond}
			err := r.do(t.Context(), func(context.Context) error {
				tries++
				return test.answers[tries-1]
			})
			if tries != test.tries || !errors.Is(err, test.want) {
				t.Errorf("got %d tries, %v, want %d, %v", tries, err, test.tries, test.want)
			}
		})
	}
}

func TestRetrierStopsWhenTold(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	r := retrier{patience: time.Hour, first: time.Minute, most: time.Minute}
	err := r.do(ctx, func(context.Context) error {
		time.AfterFunc(time.Millisecond, stop)
		return io.ErrUnexpectedEOF
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

func TestRetrierStopsWhenToldDuringACall(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	r := retrier{patience: time.Hour, first: time.Minute, most: time.Minute}
	unavailable := apierrors.NewServiceUnavailable("starting")
	err := r.do(ctx, func(context.Context) error {
		stop()
		return unavailable
	})
	if !errors.Is(err, context.Canceled) || !errors.Is(err, unavailable) {
		t.Errorf("got %v, want %v and %v", err, context.Canceled, unavailable)
	}
	if refused(err) {
		t.Errorf("%v counts as refused", err)
	}
}
