package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/drover-ci/drover/leases"
	"github.com/drover-ci/drover/leases/httpapi"
	"github.com/drover-ci/drover/leases/janitor"
	"github.com/drover-ci/drover/leases/reaper"
	"github.com/drover-ci/drover/leases/server"
	"github.com/drover-ci/drover/leases/source"
	"github.com/drover-ci/drover/leases/store"
)

type serveLeasesCommand struct {
	Kubeconfig    string        `placeholder:"FILE" help:"The cluster that holds the leases. Default: the one that this program runs in, else as kubectl."`
	Namespace     string        `default:"ci" placeholder:"NS" help:"The namespace of the leases; where Boskos ran, its namespace."`
	Config        string        `placeholder:"FILE" help:"The lease configuration as a file, followed as it changes."`
	ConfigMap     string        `placeholder:"NAME" help:"The lease configuration as a ConfigMap in the namespace, followed as it changes. Default: resources."`
	Listen        string        `default:":8080" placeholder:"ADDRESS" help:"Where to listen."`
	TLSCert       string        `name:"tls-cert" placeholder:"FILE" help:"Serve HTTPS with this certificate, read anew as it changes."`
	TLSKey        string        `name:"tls-key" placeholder:"FILE" help:"The key of the certificate."`
	Users         string        `placeholder:"FILE" help:"Who may use leases. Default: everybody may do everything."`
	RequestTTL    time.Duration `name:"request-ttl" default:"30s" least:"1s" help:"How long a request that is not made again keeps its place in line."`
	MaxPerOwner   int           `placeholder:"N" help:"How many leases of a type one owner may hold. Default: no limit."`
	ReapAfter     time.Duration `default:"30m" help:"Take leases from owners that were not heard of for so long; 0 takes none."`
	ReapTo        string        `placeholder:"STATE" help:"The state that they get. Default: dirty where a cleaner is configured for the type, else free."`
	Cleaners      string        `placeholder:"FILE" help:"How dirty resources are cleaned."`
	LeaseDuration time.Duration `default:"15s" least:"1s" help:"How long after a server was killed another takes its place at most."`
	Elect         bool          `default:"true" negatable:"" help:"Let several servers choose one that serves."`
}

// Help gives the examples.
func (serveLeasesCommand) Help() string {
	return `Speaks Boskos's HTTP and keeps Boskos's objects, so its clients work and its cluster is taken over as it is.

Examples:
  drover serve leases --namespace boskos --config boskos.yaml
  drover serve leases --namespace ci --config-map resources --cleaners cleaners.yaml --users users.yaml
  curl -X POST 'http://127.0.0.1:8080/acquire?type=aws-quota-slice&state=free&dest=leased&owner=me&wait=5m'`
}

// Run serves until it is interrupted.
func (c serveLeasesCommand) Run(ctx context.Context, out *console) error {
	logger := newLogger(out.stderr, "text")
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return errors.New("--tls-cert and --tls-key belong together")
	}
	if c.Config != "" && c.ConfigMap != "" {
		return errors.New("--config and --config-map exclude each other")
	}
	config, err := clientConfig(c.Kubeconfig)
	if err != nil {
		return err
	}
	service, err := newLeaseService(config, c.service(logger))
	if err != nil {
		return err
	}
	listener, err := c.listen()
	if err != nil {
		return err
	}
	fmt.Fprintf(out.stdout, "serving the leases of namespace %s on %s://%s\n", c.Namespace, c.scheme(), listener.Addr())
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return c.follow(ctx, config, service) })
	group.Go(func() error { return service.serveHTTP(ctx, listener) })
	group.Go(func() error { return c.run(ctx, config, service, logger) })
	return group.Wait()
}

func (c serveLeasesCommand) service(logger *slog.Logger) leaseOptions {
	return leaseOptions{
		namespace: c.Namespace, users: c.Users, cleaners: c.Cleaners, reapAfter: c.ReapAfter, reapTo: c.ReapTo, logger: logger,
		pool: leases.Options{RequestTTL: c.RequestTTL, MaxPerOwner: c.MaxPerOwner},
	}
}

// run serves, or waits to be the one that does.
func (c serveLeasesCommand) run(ctx context.Context, config *rest.Config, service *leaseService, logger *slog.Logger) error {
	if err := service.store.Install(ctx); err != nil {
		return err
	}
	if !c.Elect {
		return service.run(ctx)
	}
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	return server.Elect(ctx, server.Election{
		Config: config, Namespace: c.Namespace, Identity: host + "_" + string(uuid.NewUUID()), Duration: c.LeaseDuration, Logger: logger,
	}, service.run)
}

// follow keeps the server's configuration as the file or the ConfigMap says.
func (c serveLeasesCommand) follow(ctx context.Context, config *rest.Config, service *leaseService) error {
	if c.Config != "" {
		source.File(ctx, c.Config, service.configure)
		return nil
	}
	name := c.ConfigMap
	if name == "" {
		name = "resources"
	}
	return source.ConfigMap{Config: config, Namespace: c.Namespace, Name: name}.Follow(ctx, service.configure)
}

func (c serveLeasesCommand) scheme() string {
	if c.TLSCert != "" {
		return "https"
	}
	return "http"
}

func (c serveLeasesCommand) listen() (net.Listener, error) {
	listener, err := listen(c.Listen)
	if err != nil || c.TLSCert == "" {
		return listener, err
	}
	pair := &keyPair{cert: c.TLSCert, key: c.TLSKey}
	if _, err := pair.get(nil); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return tls.NewListener(listener, &tls.Config{GetCertificate: pair.get, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}), nil
}

// clientConfig finds the cluster that is meant.
func clientConfig(kubeconfig string) (*rest.Config, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = kubeconfig
	return findCluster(rules, "")
}

// leaseOptions say how leases are served.
type leaseOptions struct {
	namespace       string
	users, cleaners string
	reapAfter       time.Duration
	reapTo          string
	pool            leases.Options
	logger          *slog.Logger
}

// leaseService is the lease server with all that belongs to it.
type leaseService struct {
	options leaseOptions
	store   *store.Store
	server  *server.Server
	handler http.Handler
	janitor *janitor.Janitor
	reaper  reaper.Options
}

func newLeaseService(config *rest.Config, options leaseOptions) (*leaseService, error) {
	s := &leaseService{options: options}
	var err error
	if s.store, err = store.New(config, options.namespace); err != nil {
		return nil, err
	}
	s.server = server.New(s.store, server.Options{Pool: options.pool, Logger: options.logger})
	api := httpapi.Options{Logger: options.logger, Registry: prometheus.NewRegistry()}
	api.Registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if options.users != "" {
		if api.Users, err = httpapi.LoadUsers(options.users); err != nil {
			return nil, err
		}
	}
	handler := httpapi.New(s.server, api)
	s.handler = handler
	var cleaners *janitor.Config
	if options.cleaners != "" {
		if cleaners, err = janitor.LoadConfig(options.cleaners); err != nil {
			return nil, err
		}
	}
	runners, err := janitor.NewRunners(config, options.namespace)
	if err != nil {
		return nil, err
	}
	s.janitor = janitor.New(s.server, cleaners, runners, janitor.Options{Logger: options.logger})
	s.reaper = reaper.Options{Expire: options.reapAfter, Taken: handler.Reaped, Logger: options.logger, Dest: func(leaseType string) string {
		switch {
		case options.reapTo != "":
			return options.reapTo
		case cleaners.For(leaseType) != nil:
			return leases.Dirty
		}
		return leases.Free
	}}
	return s, nil
}

// configure takes a configuration, or tells why there is none.
func (s *leaseService) configure(config *leases.Config, err error) {
	if err == nil {
		err = s.server.Configure(config)
	}
	if err != nil {
		s.options.logger.Warn("the lease configuration was not taken; the last one stays in force", "error", err)
		return
	}
	s.options.logger.Info("lease configuration taken", "types", len(config.Resources))
}

// run serves until the context ends.
func (s *leaseService) run(ctx context.Context) error {
	return s.server.Run(ctx, func(ctx context.Context) {
		group, ctx := errgroup.WithContext(ctx)
		group.Go(func() error { s.store.Watch(ctx, s.server); return nil })
		group.Go(func() error { s.janitor.Run(ctx); return nil })
		if s.options.reapAfter > 0 {
			group.Go(func() error { reaper.Run(ctx, s.server, s.reaper); return nil })
		}
		_ = group.Wait()
	})
}

// serveHTTP answers requests until the context ends.
func (s *leaseService) serveHTTP(ctx context.Context, listener net.Listener) error {
	return serve(ctx, listener, s.handler, s.options.logger)
}

// keyPair is a certificate that is read again when its file changes.
type keyPair struct {
	cert, key string

	mu      sync.Mutex
	pair    *tls.Certificate
	changed time.Time
}

// get gives the certificate as it is now. One that cannot be read leaves the
// last one in force.
func (k *keyPair) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	info, err := os.Stat(k.cert)
	if err == nil && (k.pair == nil || !info.ModTime().Equal(k.changed)) {
		var pair tls.Certificate
		if pair, err = tls.LoadX509KeyPair(k.cert, k.key); err == nil {
			k.pair, k.changed = &pair, info.ModTime()
		}
	}
	if k.pair == nil {
		return nil, fmt.Errorf("read the certificate: %w", err)
	}
	return k.pair, nil
}
