package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/rest"

	"github.com/drover-ci/drover/generators/boskos"
	"github.com/drover-ci/drover/leases"
	"github.com/drover-ci/drover/leases/page"
	"github.com/drover-ci/drover/reconciler"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
	"github.com/drover-ci/drover/web"
)

// leaseNamespace is where `up` keeps leases.
const leaseNamespace = "ci"

// localLeases is the lease server of `up`: it hands out what the revision in
// force says.
type localLeases struct {
	service  *leaseService
	listener net.Listener
	pages    *page.Page

	// begin is closed when there is a configuration.
	begin chan struct{}
	once  sync.Once
	taken *rules.Snapshot
}

func newLocalLeases(address string, config *rest.Config, logger *slog.Logger) (*localLeases, error) {
	service, err := newLeaseService(config, leaseOptions{namespace: leaseNamespace, reapAfter: 30 * time.Minute, logger: logger})
	if err != nil {
		return nil, err
	}
	listener, err := listenUp(address, "127.0.0.1:8081")
	if err != nil {
		return nil, err
	}
	return &localLeases{service: service, listener: listener, pages: page.New(service.server), begin: make(chan struct{})}, nil
}

func (l *localLeases) url() string { return "http://" + l.listener.Addr().String() }

// run serves once there is a configuration.
func (l *localLeases) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return l.service.serveHTTP(ctx, l.listener) })
	group.Go(func() error { l.pages.Sample(ctx); return nil })
	group.Go(func() error {
		select {
		case <-ctx.Done():
			return nil
		case <-l.begin:
		}
		if err := l.service.store.Install(ctx); err != nil {
			return err
		}
		return l.service.run(ctx)
	})
	return group.Wait()
}

// servingPatience bounds how long the first report waits for the server.
const servingPatience = 30 * time.Second

// follow gives a reporter that passes on the quotas of what is in force.
func (l *localLeases) follow(current func() *rules.Snapshot) reconciler.Reporter {
	return reconciler.ReporterFunc(func(ctx context.Context, status reconciler.Status) error {
		snapshot := current()
		if status.Progress != nil || snapshot == nil || snapshot == l.taken {
			return nil
		}
		l.taken = snapshot
		quotas := snapshot.Valid.Repo.Quotas.Value
		if len(quotas.Quotas) == 0 && l.service.server.Config() == nil {
			return nil // a repository without leases
		}
		l.service.configure(leaseConfig(quotas))
		l.once.Do(func() { close(l.begin) })
		return l.awaitServing(ctx)
	})
}

// awaitServing waits until what is announced is so.
func (l *localLeases) awaitServing(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, servingPatience)
	defer cancel()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for !l.service.server.Serving() {
		select {
		case <-ctx.Done():
			return errors.New("the lease server does not serve yet")
		case <-ticker.C:
		}
	}
	return nil
}

// leaseConfig is what the quotas say, as the lease server wants it.
func leaseConfig(quotas *schema.QuotasFile) (*leases.Config, error) {
	content, err := boskos.New(quotas).Render(nil)
	if err != nil {
		return nil, err
	}
	return leases.ParseConfig("the quotas", content)
}

func (l *localLeases) guard(ctx context.Context, last, next *rules.Valid) ([]schema.Problem, error) {
	return guardLeases(ctx, l.service.store, last, next)
}

// leaseSection puts the pages of leases among the others.
func leaseSection(pages *page.Page) web.Section {
	return web.Section{Title: "Leases", Path: "/leases", Page: func(r *http.Request) (web.Content, error) {
		name := strings.Trim(strings.TrimPrefix(r.URL.Path, "/leases"), "/")
		title, body, err := pages.Render(name, time.Now())
		if errors.Is(err, page.ErrNoType) {
			return web.Content{}, web.NotFound("%s", err)
		}
		return web.Content{Title: title, Body: body}, err
	}}
}
