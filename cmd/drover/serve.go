package main

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/drover-ci/drover/reconciler"
	"github.com/drover-ci/drover/reconciler/metrics"
	"github.com/drover-ci/drover/resolver/httpapi"
	"github.com/drover-ci/drover/resolver/imagestreams"
	"github.com/drover-ci/drover/schema/rules"
)

type serveCommand struct {
	Resolver   serveResolverCommand   `cmd:"" help:"Answer running jobs that ask for their configuration, and show pages. Needs no cluster."`
	Reconciler serveReconcilerCommand `cmd:"" help:"Keep a cluster as its ConfigRepo objects say, and answer running jobs. For a cluster."`
	Leases     serveLeasesCommand     `cmd:"" help:"Hand out leases, as Boskos does."`
}

type serveResolverCommand struct {
	followFlags
	hookFlags
	profileFlags

	Repo   string `default:"." placeholder:"DIR|URL" help:"The release repository: a checkout or bare repository, of which commits count, or a URL."`
	Listen string `default:":8080" placeholder:"ADDRESS" help:"Where to listen."`

	Kubeconfig string `placeholder:"FILE" help:"The cluster to read ImageStreams from, for /integratedStream. Default: none, and that alone is not answered."`
}

// Help gives the examples.
func (serveResolverCommand) Help() string {
	return `Examples:
  drover serve resolver --repo ../release --listen 127.0.0.1:8080
  curl 'http://127.0.0.1:8080/config?org=acme&repo=widget-server&branch=main'`
}

// Run serves until it is interrupted.
func (c serveResolverCommand) Run(ctx context.Context, out *console) error {
	if err := c.check(); err != nil {
		return err
	}
	saveMemory()
	answerFirst()
	logger := newLogger(out.stderr, "text")
	clone, err := cloneDir(c.Repo)
	if err != nil {
		return err
	}
	source, err := c.open(ctx, c.Repo, clone)
	if err != nil {
		return err
	}
	var loop *reconciler.Reconciler
	streams, err := c.streams()
	if err != nil {
		return err
	}
	front := newFront(func() *rules.Snapshot { return loop.Snapshot() }, frontOptions{
		source: source, repository: source.Repository(), streams: streams, logger: logger,
	})
	loop = reconciler.New(source, nil, front, reconciler.Options{Memory: c.memory(c.Repo), Logger: logger})
	profiles, err := c.profiles()
	if err != nil {
		return err
	}
	listener, err := listen(c.Listen)
	if err != nil {
		return err
	}
	mux := newMux(front)
	c.mount(mux, metrics.New(front.metrics, version()), pokeOne(source))
	fmt.Fprintf(out.stdout, "serving %s of %s on http://%s\n", source.Branch(), source.Repository(), listener.Addr())
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return loop.Run(ctx) })
	group.Go(func() error { return front.Run(ctx) })
	group.Go(func() error { return serve(ctx, listener, mux, logger) })
	group.Go(func() error { return profiles.serve(ctx, logger) })
	return group.Wait()
}

// streams reads ImageStreams from the cluster that was named, if one was.
func (c serveResolverCommand) streams() (httpapi.Streams, error) {
	if c.Kubeconfig == "" {
		return nil, nil //nolint:nilnil // no cluster is no error
	}
	config, err := findCluster(contextsIn(c.Kubeconfig), "")
	if err != nil {
		return nil, err
	}
	return imagestreams.New(config)
}
