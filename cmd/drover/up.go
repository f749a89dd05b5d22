package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"

	"github.com/drover-ci/drover/fixtures"
	"github.com/drover-ci/drover/internal/controlplane"
	"github.com/drover-ci/drover/reconciler"
	"github.com/drover-ci/drover/reconciler/apply"
	"github.com/drover-ci/drover/reconciler/configrepo"
	"github.com/drover-ci/drover/reconciler/gitsource"
	"github.com/drover-ci/drover/reconciler/metrics"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/resolver/imagestreams"
	"github.com/drover-ci/drover/schema/rules"
	"github.com/drover-ci/drover/web"
)

type upCommand struct {
	followFlags
	hookFlags
	profileFlags

	Repo       string `placeholder:"DIR|URL" help:"The release repository, of which commits count. Default: a sample, made in the data folder."`
	Kubeconfig string `placeholder:"FILE" help:"Keep this cluster instead of running a local control plane."`
	Data       string `placeholder:"DIR" help:"Where everything is kept. Default: the XDG data folder."`
	Listen     string `placeholder:"ADDRESS" help:"Where to listen. Default: 127.0.0.1:8080, or a free port if that is taken."`
	Leases     string `placeholder:"ADDRESS" help:"Where to hand out leases. Default: 127.0.0.1:8081, or a free port if that is taken."`
}

// Help gives the examples.
func (upCommand) Help() string {
	return `Ctrl-C ends everything; starting again goes on where it was.

Examples:
  drover up                                     the sample, on a local control plane
  drover up --repo ~/src/release                your own release repository
  drover up --repo https://example.com/r.git --kubeconfig ~/.kube/config`
}

// Names of what `up` makes in the cluster.
const (
	systemNamespace = "drover-system"
	objectName      = "release"
)

// Run runs everything until it is interrupted or a part ends.
func (c upCommand) Run(ctx context.Context, out *console) error {
	if err := c.check(); err != nil {
		return err
	}
	saveMemory()
	answerFirst()
	data, err := openDataDir(ctx, c.Data)
	if err != nil {
		return err
	}
	defer data.close()
	logger := newLogger(out.stderr, "text")
	klog.SetSlogLogger(slog.New(slog.NewTextHandler(out.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))) // people look at it
	profiles, err := c.profiles()
	if err != nil {
		return err
	}
	source, err := c.source(ctx, data)
	if err != nil {
		return err
	}
	progress := newProgress(out.stderr, "starting the control plane")
	cluster, err := c.cluster(ctx, data)
	progress.end()
	if err != nil {
		return err
	}
	defer cluster.stop()
	tenure, err := cluster.take(ctx, data, logger)
	if err != nil {
		return err
	}
	defer tenure.end()
	listener, err := listenUp(c.Listen, "127.0.0.1:8080")
	if err != nil {
		return err
	}
	leases, err := newLocalLeases(c.Leases, cluster.config, logger)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	system := &system{
		data: data, source: source, cluster: cluster, tenure: tenure, listener: listener, leases: leases,
		repo: gitsource.Redact(c.repository(data)), hook: c.hookFlags, profiles: profiles, memory: c.memory(c.repository(data)), logger: logger, out: out,
	}
	return system.run(ctx)
}

// listenUp opens the address that was asked for; without one, the usual port
// or, where that is taken, a free one.
func listenUp(address, usual string) (net.Listener, error) {
	if address != "" {
		return listen(address)
	}
	if listener, err := listen(usual); err == nil {
		return listener, nil
	}
	return listen("127.0.0.1:0")
}

func (c upCommand) repository(data *dataDir) string {
	if c.Repo == "" {
		return data.path("repo")
	}
	return c.Repo
}

// source opens the release repository, making the sample the first time.
func (c upCommand) source(ctx context.Context, data *dataDir) (*gitsource.Source, error) {
	repository := c.repository(data)
	if c.Repo == "" {
		if _, err := os.Stat(repository); errors.Is(err, fs.ErrNotExist) {
			if err := gitsource.Create(repository, fixtures.Release(), "A small release repository"); err != nil {
				return nil, err
			}
		}
	}
	return c.open(ctx, repository, data.path("clone"))
}

// cluster is the cluster to keep.
type cluster struct {
	config     *rest.Config
	kubeconfig string
	process    *controlplane.Process // nil for a cluster that is not ours
}

// done is closed when a control plane of ours has ended.
func (c *cluster) done() <-chan struct{} {
	if c.process == nil {
		return nil
	}
	return c.process.Done()
}

func (c *cluster) stop() {
	if c.process != nil {
		_ = c.process.Stop()
	}
}

// cluster finds the cluster that was named, or starts one.
func (c upCommand) cluster(ctx context.Context, data *dataDir) (*cluster, error) {
	found := &cluster{kubeconfig: c.Kubeconfig}
	if c.Kubeconfig == "" {
		program, err := controlplane.Find()
		if err != nil {
			return nil, err
		}
		found.kubeconfig = data.path("kubeconfig")
		found.process, err = controlplane.Start(ctx, program, data.path("controlplane"), "--kubeconfig", found.kubeconfig)
		if err != nil {
			return nil, err
		}
	}
	var err error
	if found.config, err = findCluster(contextsIn(found.kubeconfig), ""); err != nil {
		found.stop()
	}
	return found, err
}

// system is everything that `up` runs.
type system struct {
	data     *dataDir
	source   *gitsource.Source
	cluster  *cluster
	tenure   *tenure
	listener net.Listener
	leases   *localLeases
	repo     string
	hook     hookFlags
	profiles *profiles
	memory   *repolayout.Memory
	logger   *slog.Logger
	out      *console
}

// Of the lease: how long it lasts, and how often the one that keeps it says so and others
// look. These take the cluster over within about two seconds of a clean end, and twenty
// of a kill.
const (
	upLeaseDuration = 15 * time.Second
	upLeaseRetry    = time.Second
)

// take waits until no other process keeps the cluster.
func (c *cluster) take(ctx context.Context, data *dataDir, logger *slog.Logger) (*tenure, error) {
	if err := ensureNamespace(ctx, c.config); err != nil {
		return nil, err
	}
	identity, err := data.identity()
	if err != nil {
		return nil, err
	}
	config := rest.CopyConfig(c.config)
	config.QPS, config.Timeout = -1, upLeaseDuration*2/3 //nolint:mnd // as long as is tried to keep it
	e := election{config, systemNamespace, identity, upLeaseDuration, upLeaseRetry}
	return e.take(ctx, func(holder string) {
		logger.WarnContext(ctx, "another drover keeps this cluster; waiting until it ends", "holder", holder)
	})
}

// run starts the parts and waits for them.
func (s *system) run(ctx context.Context) error {
	streams, err := imagestreams.New(s.cluster.config)
	if err != nil {
		return err
	}
	var loop *reconciler.Reconciler
	front := newFront(func() *rules.Snapshot { return loop.Snapshot() }, frontOptions{
		source: s.source, repository: s.repo, streams: streams, sections: []web.Section{leaseSection(s.leases.pages)}, logger: s.logger,
	})
	counted := metrics.New(front.metrics, version())
	s.cluster.config.Wrap(counted.Transport)
	target, err := apply.New(s.cluster.config)
	if err != nil {
		return err
	}
	reporter, err := newStatusReporter(ctx, s.cluster.config, configrepo.Spec{URL: s.repo, Branch: s.source.Branch()})
	if err != nil {
		return err
	}
	before, err := reporter.writer.Read(ctx)
	if err != nil {
		return err
	}
	lastGood, err := found(ctx, target, before)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	announce, repository := newAnnouncement(s), counted.Repository(objectName)
	report := announce.after(counting(repository, reportTo(front, reporter, s.leases.follow(func() *rules.Snapshot { return loop.Snapshot() }))))
	others := opener{home: s.cluster.config, contexts: contextsIn(s.cluster.kubeconfig), namespace: systemNamespace, owner: "default"}
	loop = reconciler.New(s.source, target, report, reconciler.Options{
		Memory:   s.memory,
		LastGood: lastGood, Held: heldBefore(before.Status), Synced: before.Status.LastSync, Guard: s.leases.guard, Logger: s.logger,
		Open: others.open, Renewed: others.renewed, Drift: tellDriftElsewhere(s.logger, repository),
	})
	drift := newPausable(func(ctx context.Context) error { return target.Watch(ctx, tellDrift(s.logger, repository)) })
	heed := func(orders reconciler.Orders) {
		drift.pause(orders.Suspend)
		loop.Order(orders)
	}
	heed(ordersOf(before))
	mux := newMux(front)
	s.hook.mount(mux, counted, pokeOne(s.source))
	group.Go(func() error { return s.tenure.await(ctx) })
	group.Go(func() error { return front.Run(ctx) })
	group.Go(func() error { return loop.Run(ctx) })
	group.Go(func() error { return s.leases.run(ctx) })
	group.Go(func() error { return drift.run(ctx) })
	group.Go(func() error { return followOrders(ctx, s.cluster.config, systemNamespace, objectName, heed) })
	group.Go(func() error { return serve(ctx, s.listener, mux, s.logger) })
	group.Go(func() error { return s.profiles.serve(ctx, s.logger) })
	group.Go(func() error {
		select {
		case <-ctx.Done():
			return nil
		case <-s.cluster.done():
			return errors.New("the local control plane ended; its log is in " + filepath.Join(s.data.path("controlplane"), "localcluster.log"))
		}
	})
	err = group.Wait()
	return errors.Join(err, s.data.removeEndpoints())
}
