package apply

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// errLeaving says that an object that is wanted is still being deleted.
var errLeaving = errors.New("it is being deleted, and not gone yet")

// malformed is how the server says, as an internal error, that what is declared does not fit its kind's schema.
const malformed = "failed to create typed patch object"

// retrier repeats a call while what fails it may pass.
type retrier struct {
	// patience is how long, from the first try.
	patience time.Duration
	// first is the pause after the first try; each next one is twice as long, up to most.
	first, most time.Duration
	// until is closed when nothing is to be repeated any more; nil for never.
	until <-chan struct{}
}

func newRetrier(patience time.Duration) retrier {
	return retrier{patience: patience, first: 50 * time.Millisecond, most: 5 * time.Second}
}

// within is the same with another patience.
func (r retrier) within(patience time.Duration) retrier {
	r.patience = min(patience, r.patience)
	return r
}

// do calls until it succeeds, fails for good, or patience or ctx end. Where ctx ended, the error says so.
func (r retrier) do(ctx context.Context, call func(context.Context) error) error {
	deadline := time.Now().Add(r.patience)
	for pause := r.first; ; pause = min(2*pause, r.most) {
		err := call(ctx)
		if err == nil || !transient(err) {
			return err
		}
		if ended := ctx.Err(); ended != nil {
			return fmt.Errorf("%w (%w)", err, ended)
		}
		jittered := pause/2 + rand.N(pause) //nolint:gosec // nobody gains by guessing it
		wait := max(jittered, suggested(err))
		if time.Now().Add(wait).After(deadline) {
			return fmt.Errorf("%w (tried for %s)", err, r.patience)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-r.until:
			return err
		case <-time.After(wait):
		}
	}
}

// suggested is how long the server asks to wait.
func suggested(err error) time.Duration {
	if seconds, ok := apierrors.SuggestsClientDelay(err); ok {
		return time.Duration(seconds) * time.Second
	}
	return 0
}

// transient tells whether the same call may succeed later, though nobody changes what is sent.
func transient(err error) bool {
	var status apierrors.APIStatus
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, ErrContended), errors.Is(err, errNoKind):
		return false
	case errors.Is(err, errLeaving):
		return true
	case !errors.As(err, &status):
		return true // the server has not been reached, or has not answered to the end
	}
	s := status.Status()
	switch {
	case s.Code == http.StatusInternalServerError && strings.Contains(s.Message, malformed):
		return false
	case s.Code >= http.StatusInternalServerError, s.Code == http.StatusTooManyRequests, s.Code == http.StatusRequestTimeout:
		return true
	case apierrors.IsConflict(err):
		return true
	case apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
		return true
	case s.Code == http.StatusNotFound:
		return s.Details == nil || s.Details.Name == "" // not the object, but where it should be: a kind that is not served yet
	}
	return false
}

// refused tells whether the server understood a call and will not do it.
func refused(err error) bool {
	var status apierrors.APIStatus
	return errors.As(err, &status) && !transient(err) && !errors.Is(err, context.Canceled)
}
