package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/drover-ci/drover/leases/client"
)

type leaseCommand struct {
	Acquire   leaseAcquireCommand   `cmd:"" help:"Acquire a lease and print it as JSON."`
	Release   leaseReleaseCommand   `cmd:"" help:"Give a lease back."`
	Heartbeat leaseHeartbeatCommand `cmd:"" help:"Keep a lease by giving signs of life."`
	List      leaseListCommand      `cmd:"" help:"Show lease types, who holds what, and who waits."`
	Metrics   leaseMetricsCommand   `cmd:"" help:"Count the leases of a type by state and owner, as JSON."`
}

// leaseServerFlags say which server is asked, and by whom. Names and defaults
// are boskosctl's.
type leaseServerFlags struct {
	ServerURL    string `name:"server-url" env:"DROVER_LEASES" placeholder:"URL" help:"The lease server. Default: the one of drover up on this machine."`
	OwnerName    string `placeholder:"NAME" env:"DROVER_LEASE_OWNER" help:"Who holds the lease."`
	Username     string `placeholder:"USER" help:"The user to call as, where the server wants to know."`
	PasswordFile string `placeholder:"FILE" help:"The user's password."`
	TokenFile    string `placeholder:"FILE" help:"A bearer token instead."`
}

// client makes a client. Only those who change something need an owner.
func (f leaseServerFlags) client(needsOwner bool) (*client.Client, error) { //nolint:revive // it says what is required, not what is done
	if f.OwnerName == "" && needsOwner {
		return nil, errors.New("--owner-name must be given: who holds the lease")
	}
	if f.OwnerName == "" {
		f.OwnerName = "nobody"
	}
	if f.ServerURL == "" {
		url, err := localLeasesURL()
		if err != nil {
			return nil, err
		}
		f.ServerURL = url
	}
	return client.New(f.ServerURL, f.OwnerName, client.Options{User: f.Username, PasswordFile: f.PasswordFile, TokenFile: f.TokenFile})
}

type leaseAcquireCommand struct {
	leaseServerFlags

	Type        string        `required:"" placeholder:"TYPE" help:"The lease type."`
	State       string        `default:"free" placeholder:"STATE" help:"The state that the resource has."`
	TargetState string        `default:"leased" placeholder:"STATE" help:"The state that it gets."`
	Timeout     time.Duration `help:"Wait in line so long. Default: do not wait."`
	Test        string        `placeholder:"NAME" help:"Log for this test, in the words that people look for in logs of jobs."`
}

// Help gives the examples.
func (leaseAcquireCommand) Help() string {
	return `Examples:
  drover lease acquire --owner-name me --type aws-quota-slice
  drover lease acquire --owner-name me --type aws-quota-slice --timeout 2h --test e2e-aws > lease.json`
}

// Run acquires.
func (c leaseAcquireCommand) Run(ctx context.Context, out *console) error {
	asked, err := c.client(true)
	if err != nil {
		return err
	}
	logger := slog.New(slog.DiscardHandler)
	if c.Test != "" {
		logger = slog.New(slog.NewTextHandler(out.stderr, nil))
	}
	request := client.Request{Type: c.Type, State: c.State, Dest: c.TargetState}
	logger.InfoContext(ctx, client.Acquiring(c.Test, []string{c.Type})) //nolint:sloglint // people look for these very words
	acquire := asked.Acquire
	if c.Timeout > 0 {
		limited, cancel := context.WithTimeout(ctx, c.Timeout)
		defer cancel()
		ctx, acquire = limited, asked.AcquireWait
	}
	progress := newProgress(out.stderr, "waiting for a lease of type "+c.Type)
	resource, err := acquire(ctx, request)
	progress.end()
	if err != nil {
		return fmt.Errorf("acquire a lease of type %s: %w", c.Type, c.reason(ctx, err))
	}
	logger.InfoContext(ctx, client.Acquired(c.Type, []string{resource.Name})) //nolint:sloglint // people look for these very words
	return printJSON(out, resource)
}

// reason says why there is no lease. That the time is over says little where the
// server could not be reached.
func (c leaseAcquireCommand) reason(ctx context.Context, err error) error {
	switch {
	case errors.As(err, new(*net.OpError)):
		return err
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("none was given within %s", c.Timeout)
	case ctx.Err() != nil:
		return errors.New("interrupted")
	}
	return err
}

func printJSON(out *console, value any) error {
	content, err := json.Marshal(value)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out.stdout, "%s\n", content)
	return err
}

type leaseReleaseCommand struct {
	leaseServerFlags

	Name        string `required:"" placeholder:"NAME" help:"The resource."`
	TargetState string `default:"free" placeholder:"STATE" help:"The state that it gets: dirty, where it has to be cleaned."`
}

// Help gives the examples.
func (leaseReleaseCommand) Help() string {
	return `Examples:
  drover lease release --owner-name me --name us-east-1--aws-quota-slice-03
  drover lease release --owner-name me --name aws-account-7 --target-state dirty`
}

// Run gives back.
func (c leaseReleaseCommand) Run(ctx context.Context, out *console) error {
	asked, err := c.client(true)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, leasePatience)
	defer cancel()
	if err := asked.Release(ctx, c.Name, c.TargetState); err != nil {
		return fmt.Errorf("release %s: %w", c.Name, err)
	}
	_, err = fmt.Fprintf(out.stdout, "released resource %q\n", c.Name)
	return err
}

// leasePatience is how long a command tries to reach the server.
const leasePatience = time.Minute

type leaseHeartbeatCommand struct {
	leaseServerFlags

	Resource string        `required:"" placeholder:"JSON" help:"The lease, as acquire prints it."`
	Period   time.Duration `default:"30s" least:"1ms" help:"How often to give a sign of life."`
	Timeout  time.Duration `default:"5h" help:"How long to go on."`
	Retries  int           `default:"10" help:"How many signs of life may fail in a row."`
}

// Help gives the examples.
func (leaseHeartbeatCommand) Help() string {
	return `Example:
  lease=$(drover lease acquire --owner-name me --type aws-quota-slice --timeout 2h)
  drover lease heartbeat --owner-name me --resource "$lease" &`
}

// Run gives signs of life until it is interrupted or the time is over.
func (c leaseHeartbeatCommand) Run(ctx context.Context, out *console) error {
	asked, err := c.client(true)
	if err != nil {
		return err
	}
	var resource client.Resource
	if err := json.Unmarshal([]byte(c.Resource), &resource); err != nil || resource.Name == "" {
		return fmt.Errorf("--resource is not a lease as acquire prints it (found %q)", c.Resource)
	}
	limited, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	ticker := time.NewTicker(c.Period)
	defer ticker.Stop()
	for failures := 0; ; {
		select {
		case <-limited.Done():
			reason := "reached timeout"
			if ctx.Err() != nil {
				reason = "received interrupt"
			}
			fmt.Fprintf(out.stdout, "%s, stopping heartbeats for resource %q\n", reason, resource.Name)
			return nil
		case <-ticker.C:
		}
		err := beat(limited, asked, &resource, c.Period)
		switch {
		case err == nil:
			failures = 0
			fmt.Fprintf(out.stdout, "heartbeat sent for resource %q\n", resource.Name)
		case limited.Err() != nil:
		default:
			failures++
			fmt.Fprintf(out.stderr, "failed to send heartbeat for resource %q: %v\n", resource.Name, err)
			if failures > c.Retries {
				return fmt.Errorf("keep %s: %d signs of life failed", resource.Name, failures)
			}
		}
	}
}

// beat gives one sign of life, trying until the next is due.
func beat(ctx context.Context, asked *client.Client, resource *client.Resource, period time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, period)
	defer cancel()
	return asked.Update(ctx, resource.Name, resource.State, resource.UserData)
}

type leaseMetricsCommand struct {
	leaseServerFlags

	Type string `required:"" placeholder:"TYPE" help:"The lease type."`
}

// Help gives the examples.
func (leaseMetricsCommand) Help() string {
	return `Example:
  drover lease metrics --type aws-quota-slice`
}

// Run counts.
func (c leaseMetricsCommand) Run(ctx context.Context, out *console) error {
	asked, err := c.client(false)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, leasePatience)
	defer cancel()
	metric, err := asked.Metric(ctx, c.Type)
	if err != nil {
		return fmt.Errorf("count the leases of type %s: %w", c.Type, err)
	}
	return printJSON(out, metric)
}
