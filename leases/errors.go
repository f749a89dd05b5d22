package leases

import (
	"errors"
	"fmt"
)

// NotFoundError says that nothing fits a request now. Clients read its words.
type NotFoundError struct {
	// Name is a type, a state or a resource, whichever was asked for.
	Name string
}

// Error implements error.
func (e *NotFoundError) Error() string {
	return fmt.Sprintf("no available resource %s, try again later.", e.Name)
}

// TypeNotFoundError says that a type does not exist. Clients read its words.
type TypeNotFoundError struct{ Type string }

// Error implements error.
func (e *TypeNotFoundError) Error() string {
	return fmt.Sprintf("resource type %q does not exist", e.Type)
}

// OwnerError says that somebody else holds a resource, or nobody.
type OwnerError struct{ Request, Owner string }

// Error implements error.
func (e *OwnerError) Error() string {
	return fmt.Sprintf("owner mismatch request by %s, currently owned by %s", e.Request, e.Owner)
}

// StateError says that a resource is in another state.
type StateError struct{ Current, Request string }

// Error implements error. Boskos has the two the wrong way round, and so have
// we: clients may read it.
func (e *StateError) Error() string {
	return fmt.Sprintf("state mismatch - expected %s, current %s", e.Current, e.Request)
}

// ErrContended says that a resource was changed by others again and again
// while it was to be written.
var ErrContended = errors.New("the resource is being changed by others all the time")

// ErrSuperseded ends a call when another with the same request id comes.
var ErrSuperseded = errors.New("another call with the same request id came")

// ErrLineFull says that too many wait already.
var ErrLineFull = errors.New("too many are waiting in this line")

// ErrTooMuchData says that a resource would hold more user data than
// [MaxUserData].
var ErrTooMuchData = errors.New("the user data is too large")

// errMoot ends an operation that is not needed any more.
var errMoot = errors.New("not needed any more")
