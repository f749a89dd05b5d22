package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
)

type serveReconcilerCommand struct {
	hookFlags
	profileFlags

	Kubeconfig    string        `placeholder:"FILE" help:"The cluster. Default: the one that this runs in."`
	Namespace     string        `default:"drover-system" env:"POD_NAMESPACE" placeholder:"NS" help:"Where the ConfigRepo objects are, and the lease and the inventories are kept."` //nolint:lll // a tag stands on one line
	Listen        string        `default:":8080" placeholder:"ADDRESS" help:"Where to answer jobs, probes, webhooks and Prometheus."`
	Serve         string        `placeholder:"NAME" help:"The ConfigRepo that jobs are answered from. Default: the first by name."`
	Cache         string        `placeholder:"DIR" help:"Where clones of repositories are kept. Default: the user's cache folder."`
	NoCache       bool          `help:"Read everything again at the start, whatever an earlier process remembered."`
	Leases        string        `placeholder:"NS" help:"The namespace that serve leases works in: leases are on the pages, and a type of which somebody holds leases is not removed. Default: nobody is asked."` //nolint:lll // a tag stands on one line
	LeaderElect   bool          `default:"true" negatable:"" help:"Apply only while holding a lease, so that several replicas can run; all of them answer jobs."`
	LeaseDuration time.Duration `default:"15s" least:"1s" help:"How long after a leader's last sign of life another takes over."`
	Grace         time.Duration `default:"30s" help:"How long an apply that is under way may go on when the program is told to end."`
	LogFormat     string        `default:"json" enum:"json,text" help:"How to log: ${enum}."`
}

// Help gives the examples.
func (serveReconcilerCommand) Help() string {
	return `Every ConfigRepo object in the namespace names a repository; the cluster is kept as it says.
GET /config and the resolver's other endpoints answer from what is in force; /readyz says whether there is anything yet.
deploy/ has everything to run this in a cluster; docs/deploying.md explains it.

Examples:
  drover serve reconciler                                              in a pod
  drover serve reconciler --kubeconfig ~/.kube/config --no-leader-elect --log-format text
  drover serve reconciler --webhook-secret /etc/drover/webhook/secret  pushes take effect at once
  kubectl get configrepos -n drover-system                             how it goes`
}

// Run keeps the cluster until it is interrupted or a part ends.
func (c serveReconcilerCommand) Run(ctx context.Context, out *console) error {
	if err := c.check(); err != nil {
		return err
	}
	config, err := c.cluster()
	if err != nil {
		return err
	}
	saveMemory()
	answerFirst()
	profiles, err := c.profiles()
	if err != nil {
		return err
	}
	listener, err := listen(c.Listen)
	if err != nil {
		return err
	}
	logger := newLogger(out.stderr, c.LogFormat)
	d, err := newDaemon(c, config, logger)
	if err != nil {
		return err
	}
	mux := newMux(d)
	mux.Handle("/metrics", promhttp.HandlerFor(d, promhttp.HandlerOpts{}))
	c.mount(mux, d.counted, d.poke)
	logger.InfoContext(ctx, "serving", "address", listener.Addr().String(), "namespace", c.Namespace, "version", version())
	group, running := errgroup.WithContext(ctx)
	group.Go(func() error { return d.run(running) })
	group.Go(func() error { return serve(running, listener, mux, logger) })
	group.Go(func() error { return profiles.serve(running, logger) })
	return group.Wait()
}

// cluster finds the cluster that was named, or that this runs in.
func (c serveReconcilerCommand) cluster() (*rest.Config, error) {
	config, err := rest.InClusterConfig()
	if c.Kubeconfig != "" {
		config, err = findCluster(contextsIn(c.Kubeconfig), "")
	} else if err != nil {
		err = fmt.Errorf("find the cluster: %w; --kubeconfig names one", err)
	}
	if err != nil {
		return nil, err
	}
	config.UserAgent = "drover/" + version()
	config.QPS = -1
	return config, nil
}

// cacheDir is where clones are kept.
func (c serveReconcilerCommand) cacheDir() (string, error) {
	if c.Cache != "" {
		return c.Cache, nil
	}
	return cacheDir()
}

// newLogger gives a logger of a daemon, which those of its libraries log through
// too.
func newLogger(out io.Writer, format string) *slog.Logger {
	logger := slog.New(slog.NewTextHandler(out, nil))
	if format == "json" {
		logger = slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{ReplaceAttr: readable}))
	}
	klog.SetSlogLogger(logger)
	return logger
}

// readable writes durations as people do, and not in nanoseconds.
func readable(_ []string, attribute slog.Attr) slog.Attr {
	if attribute.Value.Kind() == slog.KindDuration {
		return slog.String(attribute.Key, attribute.Value.Duration().String())
	}
	return attribute
}

// hostName names this process among those that would lead.
func hostName() (string, error) {
	name, err := os.Hostname()
	if err != nil {
		return "", fmt.Errorf("find a name for this process: %w", err)
	}
	return fmt.Sprintf("%s-%d", name, os.Getpid()), nil
}
