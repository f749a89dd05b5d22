package client

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/uuid"
)

// Request asks for any resource of a type.
type Request struct {
	Type string
	// State is the state that the resource has, Dest the one that it gets.
	State, Dest string
	// ID names the request. Default: a new one.
	ID string
}

// longPoll is how long one call waits on the server.
const longPoll = time.Minute

// Acquire asks once. Whoever asks again soon, with the same id or as the same
// owner, has kept the place in line.
func (c *Client) Acquire(ctx context.Context, r Request) (*Resource, error) {
	return c.acquire(ctx, r, 0)
}

// AcquireWait waits until it is given a resource, or the context ends. It keeps
// its place in line. What it may have been given in the moment in which the
// context ended goes back.
func (c *Client) AcquireWait(ctx context.Context, r Request) (*Resource, error) {
	if r.ID == "" {
		r.ID = string(uuid.NewUUID())
	}
	resource, err := c.acquireWait(ctx, r)
	if err != nil && ctx.Err() != nil {
		err = errors.Join(err, c.decline(ctx, r))
	}
	return resource, err
}

// decline gives back what a request was given, if an answer was lost because
// nobody waited for it any more. The server gives the same answer to the same
// request.
func (c *Client) decline(ctx context.Context, r Request) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
	defer cancel()
	resource, err := c.acquire(ctx, r, 0)
	if err != nil {
		return nil // there is nothing, or nobody who could tell
	}
	return c.Release(ctx, resource.Name, r.State)
}

// lastWords bounds what is done after the end of a context.
const lastWords = 5 * time.Second

func (c *Client) acquireWait(ctx context.Context, r Request) (*Resource, error) {
	pause := firstPause
	for {
		start := time.Now()
		resource, err := c.acquire(ctx, r, longPoll)
		switch {
		case err == nil:
			return resource, nil
		case errors.Is(err, ErrNotFound):
			pause = firstPause
			if time.Since(start) < c.options.Pause && !sleep(ctx, c.options.Pause) { // a server that does not let wait
				return nil, errors.Join(ctx.Err(), err)
			}
		case !passing(err):
			return nil, err
		default:
			if !sleep(ctx, pause) {
				return nil, errors.Join(ctx.Err(), err)
			}
			pause = min(2*pause, lastPause)
		}
		if ctx.Err() != nil {
			return nil, errors.Join(ctx.Err(), err)
		}
	}
}

func (c *Client) acquire(ctx context.Context, r Request, wait time.Duration) (*Resource, error) {
	query := url.Values{"type": {r.Type}, stateName: {r.State}, destName: {r.Dest}, ownerName: {c.owner}}
	if r.ID != "" {
		query.Set("request_id", r.ID)
	}
	if wait > 0 {
		query.Set("wait", wait.String())
	}
	resource := new(Resource)
	err := c.do(ctx, request{method: http.MethodPost, path: "/acquire", query: query, into: resource, timeout: wait + callTimeout})
	if err != nil {
		return nil, err
	}
	if resource.Name == "" {
		return nil, errors.New("the answer names no resource")
	}
	return resource, nil
}

// AcquireByState takes the named resources if all of them are of a state.
func (c *Client) AcquireByState(ctx context.Context, state, dest string, names []string) ([]Resource, error) {
	var all []Resource
	err := c.do(ctx, request{method: http.MethodPost, path: "/acquirebystate", into: &all, query: url.Values{
		stateName: {state}, destName: {dest}, ownerName: {c.owner}, "names": {strings.Join(names, ",")},
	}})
	return all, err
}

// KeepAlive sends signs of life for a resource until the context ends, or until
// the server says that the resource is not ours any more, which is returned. A
// server that cannot be reached is tried on.
func (c *Client) KeepAlive(ctx context.Context, resource *Resource, every time.Duration) error {
	for sleep(ctx, every) {
		err := c.Update(ctx, resource.Name, resource.State, nil)
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("keep %s: %w", resource.Name, err)
		}
	}
	return nil
}

// Want is how many resources of a type a test needs.
type Want struct {
	Type  string
	Count int
}

// AcquireForTest waits for everything that a test needs, type by type in the
// order of their names, so that two tests which need the same never wait for
// each other. It logs what people look for in the logs of jobs. If it fails,
// what it got goes back.
func (c *Client) AcquireForTest(ctx context.Context, test string, wants []Want, logger *slog.Logger) ([]*Resource, error) {
	wants = slices.Clone(wants)
	slices.SortFunc(wants, func(a, b Want) int { return strings.Compare(a.Type, b.Type) })
	logger.InfoContext(ctx, acquiring(test, wants)) //nolint:sloglint // people look for these very words
	var all []*Resource
	for _, want := range wants {
		var names []string
		for range max(want.Count, 1) {
			resource, err := c.AcquireWait(ctx, Request{Type: want.Type, State: "free", Dest: "leased"})
			if err != nil {
				return nil, errors.Join(fmt.Errorf("acquire a lease for %s: %w", want.Type, err), c.releaseAll(ctx, all))
			}
			all = append(all, resource)
			names = append(names, resource.Name)
		}
		logger.InfoContext(ctx, Acquired(want.Type, names)) //nolint:sloglint // people look for these very words
	}
	return all, nil
}

// acquiring is the line in a job's log before it waits.
func acquiring(test string, wants []Want) string {
	types := make([]string, 0, len(wants))
	for _, want := range wants {
		types = append(types, want.Type)
	}
	return Acquiring(test, types)
}

// Acquiring is the line in a job's log before it waits for leases.
func Acquiring(test string, types []string) string {
	return fmt.Sprintf("Acquiring leases for test %s: [%s]", test, strings.Join(types, " "))
}

// Acquired is the line in a job's log when it has leases of a type.
func Acquired(leaseType string, names []string) string {
	return fmt.Sprintf("Acquired %d lease(s) for %s: [%s]", len(names), leaseType, strings.Join(names, " "))
}

// releaseAll gives everything back, even if the context has ended.
func (c *Client) releaseAll(ctx context.Context, all []*Resource) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	var errs []error
	for _, resource := range all {
		errs = append(errs, c.Release(ctx, resource.Name, "free"))
	}
	return errors.Join(errs...)
}
