package main

import (
	"context"
	"fmt"
	"time"

	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
)

// drainPatience is how long a stopping API server may wait for its clients to leave. Watchers do not leave by
// themselves, and lose nothing.
const drainPatience = time.Second

// apiServer is a kube-apiserver, which may still be starting.
type apiServer struct {
	cancel context.CancelFunc
	ended  chan struct{}
	err    error // why it ended, once it has
}

// startAPIServer starts kube-apiserver on a site whose storage runs. It returns at once; what goes wrong is an end.
// The server does not end with ctx, but when it is stopped, so that its clients can go first.
func startAPIServer(ctx context.Context, st *site) *apiServer {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s := &apiServer{cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		s.err = runAPIServer(ctx, st)
	}()
	return s
}

func runAPIServer(ctx context.Context, st *site) error {
	opts, err := apiServerOptions(ctx, st)
	if err != nil {
		return fmt.Errorf("configure: %w", err)
	}
	serve, err := assemble(opts)
	if err != nil {
		return fmt.Errorf("assemble: %w", err)
	}
	return serve(ctx)
}

// assemble puts the API server together as the command kube-apiserver does.
func assemble(opts options.CompletedOptions) (func(context.Context) error, error) {
	config, err := app.NewConfig(opts)
	if err != nil {
		return nil, err
	}
	announceVersion(config)
	completed, err := config.Complete()
	if err != nil {
		return nil, err
	}
	server, err := app.CreateServerChain(completed)
	if err != nil {
		return nil, err
	}
	prepared, err := server.PrepareRun()
	if err != nil {
		return nil, err
	}
	return prepared.Run, nil
}

// apiServerOptions are the flags that kube-apiserver would be given.
func apiServerOptions(ctx context.Context, st *site) (options.CompletedOptions, error) {
	o := options.NewServerRunOptions()
	if err := o.GenericServerRunOptions.ComponentGlobalsRegistry.Set(); err != nil {
		return options.CompletedOptions{}, err
	}
	secure(o, st)
	if err := authenticate(o, st); err != nil {
		return options.CompletedOptions{}, err
	}
	simplify(o)
	o.Etcd.StorageConfig.Transport.ServerList = []string{"unix://" + storageSocket}
	completed, err := o.Complete(ctx)
	if err != nil {
		return completed, err
	}
	return completed, utilerrors.NewAggregate(completed.Validate())
}

// stop ends a server that is ready, waiting a moment for requests to be answered. One that is still starting would crash,
// since its start-up hooks take being told to stop for a failure. It can just be left.
func (s *apiServer) stop() {
	s.cancel()
	select {
	case <-s.ended:
	case <-time.After(drainPatience):
	}
}
