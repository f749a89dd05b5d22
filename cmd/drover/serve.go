package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/drover-ci/drover/reconciler"
	"github.com/drover-ci/drover/reconciler/gitsource"
	"github.com/drover-ci/drover/resolver/httpapi"
	"github.com/drover-ci/drover/resolver/imagestreams"
	"github.com/drover-ci/drover/schema/rules"
)

type serveCommand struct {
	Resolver serveResolverCommand `cmd:"" help:"Answer running jobs that ask for their configuration, and show pages. Needs no cluster."`
}

// followFlags say which repository a server follows.
type followFlags struct {
	Branch   string        `placeholder:"B" help:"The branch to follow. Default: the one that HEAD names."`
	Interval time.Duration `default:"1m" help:"How often to ask a remote repository."`
}

func (f followFlags) open(ctx context.Context, repository string) (*gitsource.Source, error) {
	clone, err := cloneDir(repository)
	if err != nil {
		return nil, err
	}
	return gitsource.Open(ctx, gitsource.Options{Repository: repository, Branch: f.Branch, CloneDir: clone, Interval: f.Interval})
}

type serveResolverCommand struct {
	followFlags

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
	logger := slog.New(slog.NewTextHandler(out.stderr, nil))
	source, err := c.open(ctx, c.Repo)
	if err != nil {
		return err
	}
	var loop *reconciler.Reconciler
	streams, err := c.streams()
	if err != nil {
		return err
	}
	front := newFront(func() *rules.Snapshot { return loop.Snapshot() }, frontOptions{
		source: source, repository: c.Repo, streams: streams, logger: logger,
	})
	loop = reconciler.New(source, nil, front, reconciler.Options{Logger: logger})
	listener, err := listen(c.Listen)
	if err != nil {
		return err
	}
	fmt.Fprintf(out.stdout, "serving %s of %s on http://%s\n", source.Branch(), c.Repo, listener.Addr())
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return loop.Run(ctx) })
	group.Go(func() error { return front.Run(ctx) })
	group.Go(func() error { return serve(ctx, listener, front, logger) })
	return group.Wait()
}

// streams reads ImageStreams from the cluster that was named, if one was.
func (c serveResolverCommand) streams() (httpapi.Streams, error) {
	if c.Kubeconfig == "" {
		return nil, nil //nolint:nilnil // no cluster is no error
	}
	config, err := clientcmd.BuildConfigFromFlags("", c.Kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", c.Kubeconfig, err)
	}
	config.UserAgent = "drover/" + version()
	return imagestreams.New(config)
}
