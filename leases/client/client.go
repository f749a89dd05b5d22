package client

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/drover-ci/drover/leases"
)

// Errors of the server that a caller may want to tell apart. The error that is
// returned is a [StatusError], which these are found in with [errors.Is].
var (
	// ErrNotFound: there is no such resource, or none that is free.
	ErrNotFound = errors.New("not found")
	// ErrTypeNotFound: there is no such lease type.
	ErrTypeNotFound = errors.New("there is no such lease type")
	// ErrNotOwner: somebody else holds the resource, or the server does not know
	// the user.
	ErrNotOwner = errors.New("not the owner")
	// ErrState: the resource is in another state.
	ErrState = errors.New("in another state")
)

// StatusError is an answer other than 200.
type StatusError struct {
	Code int
	// Message is what the server says.
	Message string
}

// Error implements error.
func (e *StatusError) Error() string {
	return cmp.Or(e.Message, http.StatusText(e.Code)) + fmt.Sprintf(" (status %d)", e.Code)
}

// Is implements the test of [errors.Is].
func (e *StatusError) Is(target error) bool {
	switch e.Code {
	case http.StatusNotFound:
		missing := strings.Contains(e.Message, "resource type ") && strings.HasSuffix(e.Message, "does not exist")
		return target == ErrNotFound && !missing || target == ErrTypeNotFound && missing
	case http.StatusUnauthorized:
		return target == ErrNotOwner
	case http.StatusConflict:
		return target == ErrState
	}
	return false
}

// Resource is what was leased.
type Resource struct {
	Type       string            `json:"type"`
	Name       string            `json:"name"`
	State      string            `json:"state"`
	Owner      string            `json:"owner"`
	LastUpdate time.Time         `json:"lastupdate"`
	UserData   map[string]string `json:"userdata"`
	Expiration *time.Time        `json:"expiration-date,omitempty"`
}

// Options change how a [Client] works. The zero value is the default.
type Options struct {
	// User and PasswordFile are for servers that want to know who calls. The file
	// is read at each call, so that it may change.
	User, PasswordFile string
	// TokenFile has a bearer token instead.
	TokenFile string
	// HTTP makes the requests. Default: a client of its own.
	HTTP *http.Client
	// Pause is how long to wait before asking a server again that has nothing and
	// does not let wait. Default: 3 seconds.
	Pause time.Duration
}

// Client asks a lease server for one owner. It is safe for concurrent use.
type Client struct {
	url     *url.URL
	owner   string
	options Options
}

// New makes a client. It needs no answer from the server.
func New(serverURL, owner string, options Options) (*Client, error) {
	u, err := url.Parse(serverURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("not the URL of a lease server: want one such as http://boskos.ci (found %q)", serverURL)
	}
	if (options.User == "") != (options.PasswordFile == "") {
		return nil, errors.New("a user and a password file belong together")
	}
	if owner == "" {
		return nil, errors.New("an owner must be given: who holds what is leased")
	}
	if options.HTTP == nil {
		transport := http.DefaultTransport
		if base, ok := transport.(*http.Transport); ok {
			transport = base.Clone()
		}
		options.HTTP = &http.Client{Transport: transport}
	}
	options.Pause = cmp.Or(options.Pause, 3*time.Second)
	return &Client{url: u, owner: owner, options: options}, nil
}

// request is one HTTP request and what to read of its answer.
type request struct {
	method, path string
	query        url.Values
	body         any
	into         any
	timeout      time.Duration
	// unanswered is told of each try that had no answer.
	unanswered func()
}

const (
	// callTimeout bounds a call that does not wait for a resource.
	callTimeout = 30 * time.Second
	// maxAnswer bounds what is read of an answer.
	maxAnswer = 64 << 20
	maxError  = 64 << 10
)

// do makes a request once.
func (c *Client) do(ctx context.Context, r request) error {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(r.timeout, callTimeout))
	defer cancel()
	var body io.Reader = http.NoBody
	if r.body != nil {
		content, err := json.Marshal(r.body)
		if err != nil {
			return err
		}
		body = bytes.NewReader(content)
	}
	address := c.url.JoinPath(r.path)
	address.RawQuery = r.query.Encode()
	request, err := http.NewRequestWithContext(ctx, r.method, address.String(), body)
	if err != nil {
		return err
	}
	if err := c.authorize(request); err != nil {
		return err
	}
	response, err := c.options.HTTP.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		message, _ := io.ReadAll(io.LimitReader(response.Body, maxError))
		return &StatusError{Code: response.StatusCode, Message: strings.TrimSpace(string(message))}
	}
	if r.into == nil {
		return nil
	}
	return decode(io.LimitReader(response.Body, maxAnswer), r.into, address.Redacted())
}

// decode reads what a server answered. One that broke off is not one of another server.
func decode(answer io.Reader, into any, address string) error {
	content, err := io.ReadAll(answer)
	if err != nil {
		return fmt.Errorf("read the answer of %s: %w", address, err)
	}
	if err := json.Unmarshal(content, into); err != nil {
		return fmt.Errorf("what answers at %s is no lease server: %w", address, err)
	}
	return nil
}

func (c *Client) authorize(request *http.Request) error {
	switch {
	case c.options.TokenFile != "":
		token, err := os.ReadFile(c.options.TokenFile)
		if err != nil {
			return fmt.Errorf("read the token: %w", err)
		}
		request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	case c.options.User != "":
		password, err := os.ReadFile(c.options.PasswordFile)
		if err != nil {
			return fmt.Errorf("read the password: %w", err)
		}
		request.SetBasicAuth(c.options.User, strings.TrimSpace(string(password)))
	}
	return nil
}

// passing says whether a failure may pass: the server did not answer, or could
// not.
func passing(err error) bool {
	if status, ok := errors.AsType[*StatusError](err); ok {
		return status.Code >= http.StatusInternalServerError || status.Code == http.StatusTooManyRequests
	}
	return !errors.Is(err, os.ErrNotExist) && !errors.Is(err, os.ErrPermission)
}

// retry makes a request until it is answered, with growing pauses.
func (c *Client) retry(ctx context.Context, r request) error {
	pause := firstPause
	for {
		err := c.do(ctx, r)
		if err == nil || !passing(err) {
			return err
		}
		if r.unanswered != nil {
			r.unanswered()
		}
		if !sleep(ctx, pause) {
			return fmt.Errorf("%w (%w)", err, ctx.Err())
		}
		pause = min(2*pause, lastPause)
	}
}

// Pauses between tries.
const (
	firstPause = 200 * time.Millisecond
	lastPause  = 10 * time.Second
)

func sleep(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// Names of parameters.
const (
	stateName = "state"
	destName  = "dest"
	ownerName = "owner"
)

// Release gives a resource back in a state. Where the answer to one try was
// lost, and the next is told that the resource is not ours, it was given back.
func (c *Client) Release(ctx context.Context, name, dest string) error {
	lost := false
	r := request{method: http.MethodPost, path: "/release", query: url.Values{"name": {name}, destName: {dest}, ownerName: {c.owner}}}
	r.unanswered = func() { lost = true }
	err := c.retry(ctx, r)
	if lost && errors.Is(err, ErrNotOwner) {
		return nil
	}
	return err
}

// Update is a sign of life for a resource in a state. Of the data, empty values
// delete.
func (c *Client) Update(ctx context.Context, name, state string, data map[string]string) error {
	r := request{method: http.MethodPost, path: "/update", query: url.Values{"name": {name}, stateName: {state}, ownerName: {c.owner}}}
	if data != nil {
		r.body = data
	}
	return c.retry(ctx, r)
}

// Reset takes the resources of a type and state from owners that were not heard
// of for a time. It gives who held them, by resource.
func (c *Client) Reset(ctx context.Context, reset leases.Reset) (map[string]string, error) {
	owners := map[string]string{}
	err := c.retry(ctx, request{method: http.MethodPost, path: "/reset", into: &owners, query: url.Values{
		"type": {reset.Type}, stateName: {reset.State}, destName: {reset.Dest}, "expire": {reset.Expire.String()},
	}})
	return owners, err
}

// Metric counts the resources of a type.
func (c *Client) Metric(ctx context.Context, leaseType string) (leases.Metric, error) {
	var metric leases.Metric
	err := c.retry(ctx, request{method: http.MethodGet, path: "/metric", into: &metric, query: url.Values{"type": {leaseType}}})
	return metric, err
}

// Leases says how things are with a type, or with all for the empty name. Boskos
// does not know this.
func (c *Client) Leases(ctx context.Context, leaseType string) ([]leases.TypeReport, error) {
	var answer struct {
		Types []leases.TypeReport `json:"types"`
	}
	query := url.Values{}
	if leaseType != "" {
		query.Set("type", leaseType)
	}
	err := c.do(ctx, request{method: http.MethodGet, path: "/leases", query: query, into: &answer})
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the server is a Boskos, which cannot list its leases")
	}
	return answer.Types, err
}
