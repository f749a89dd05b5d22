package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"

	"github.com/drover-ci/drover/reconciler"
	"github.com/drover-ci/drover/reconciler/gitsource"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/resolver/httpapi"
	"github.com/drover-ci/drover/schema/rules"
	"github.com/drover-ci/drover/web"
)

// recentRevisions is how many revisions besides the one in force can be asked
// for. Running jobs and rehearsals stay on the one that they began with.
const recentRevisions = 20

// front is what is shown of what is in force, on one port: answers for jobs, and
// pages for people. It is a reporter, and is to be told of every pass.
type front struct {
	http.Handler

	// metrics are what /metrics answers. Other parts may add theirs.
	metrics *prometheus.Registry
	current func() *rules.Snapshot
	pages   *web.Site
	recent  *httpapi.Recent
	reloads *httpapi.Reloads
	garbage *calmCollector
	// registry is the generation of the step registry at the last report.
	registry uint64
}

// frontOptions are what a front is made of.
type frontOptions struct {
	source     *gitsource.Source
	repository string
	// streams reads ImageStreams; nil where there is no cluster.
	streams httpapi.Streams
	// sections are pages of other parts.
	sections []web.Section
	logger   *slog.Logger
}

// newFront makes the front of what is in force, which may be nothing yet.
func newFront(current func() *rules.Snapshot, o frontOptions) *front {
	f := &front{
		metrics: prometheus.NewRegistry(), current: current, recent: httpapi.Keep(sourceOf(current), recentRevisions),
		garbage: newCalmCollector(func() { settle(current()) }),
	}
	f.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	f.reloads = httpapi.NewReloads(f.metrics)
	f.pages = web.New(current, web.Options{
		Repository: o.repository, Branch: o.source.Branch(), Version: version(), Logger: o.logger,
		Tree: func(revision string) (repolayout.Tree, error) {
			return o.source.Tree(gitsource.Revision{Hash: revision})
		},
	}, o.sections...)
	options := []httpapi.Option{httpapi.WithPages(f.pages)}
	if o.streams != nil {
		options = append(options, httpapi.WithStreams(o.streams))
	}
	f.Handler = httpapi.New(f.recent, f.metrics, o.logger, options...)
	return f
}

// Report implements reconciler.Reporter.
func (f *front) Report(ctx context.Context, status reconciler.Status) error {
	if status.Progress == nil {
		f.recent.Note()
		f.noteReload(status)
		f.garbage.Changed()
	}
	return f.pages.Report(ctx, status)
}

// noteReload measures how long a new revision took from when it was found.
func (f *front) noteReload(status reconciler.Status) {
	snapshot := f.current()
	if status.Stage != reconciler.Done || status.Repeated || snapshot == nil {
		return
	}
	var took time.Duration
	for _, each := range status.Took {
		took += each
	}
	f.reloads.Config(took)
	if _, registry := snapshot.Generations(); registry != f.registry {
		f.reloads.Registry(took)
		f.registry = registry
	}
}

// Run prepares the pages for each new revision until the context ends.
func (f *front) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return f.pages.Run(ctx) })
	group.Go(func() error { f.garbage.Run(ctx); return nil })
	return group.Wait()
}

// sourceOf gives the resolver the snapshot in force.
func sourceOf(current func() *rules.Snapshot) httpapi.Source {
	return httpapi.SourceFunc(func() (httpapi.Snapshot, bool) {
		snapshot := current()
		if snapshot == nil {
			return nil, false
		}
		return inForce{snapshot}, true
	})
}

// settle has a snapshot that stays in force let go of what was resolved for earlier ones
// alone, and makes room for the garbage of the next ones.
func settle(snapshot *rules.Snapshot) {
	if snapshot != nil {
		snapshot.Valid.Catalog.Forget()
		makeRoomToAnswer()
	}
}

// inForce is a snapshot as the resolver's server wants it.
type inForce struct{ *rules.Snapshot }

// Catalog implements httpapi.Snapshot.
func (s inForce) Catalog() *resolver.Catalog { return s.Valid.Catalog }

// reportTo gives a reporter that tells several.
func reportTo(reporters ...reconciler.Reporter) reconciler.Reporter {
	return reconciler.ReporterFunc(func(ctx context.Context, status reconciler.Status) error {
		var errs error
		for _, reporter := range reporters {
			errs = errors.Join(errs, reporter.Report(ctx, status))
		}
		return errs
	})
}
