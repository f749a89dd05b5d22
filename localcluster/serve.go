package main

import (
	"cmp"
	"context"
	"fmt"
)

// serve runs a cluster on the site: it starts the parts in order, announces the server once it is ready, and stops the
// parts in reverse order when ctx ends or one of them does. It gives the reason for which it ended.
func serve(ctx context.Context, st *site, announce func(server string) error) error {
	store, err := startStorage(ctx, st)
	if err != nil {
		return err
	}
	defer store.stop()
	api := startAPIServer(ctx, st)
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	go func() { end(firstEnd(store, api)) }()
	if err := open(ctx, st, announce); err != nil {
		return cmp.Or(context.Cause(ctx), err)
	}
	defer api.stop() // its clients, the controllers, have ended with ctx
	<-ctx.Done()
	return context.Cause(ctx)
}

// open waits for the API server, starts the controllers, and lets the world know.
func open(ctx context.Context, st *site, announce func(server string) error) error {
	config := adminConfig(st.server(), st.keys)
	if err := awaitReady(ctx, config); err != nil {
		return err
	}
	if err := startControllers(ctx, config); err != nil {
		return err
	}
	if err := announce(st.server()); err != nil {
		return fmt.Errorf("announce the server: %w", err)
	}
	return nil
}

// firstEnd waits for one of the parts to end by itself, and tells why.
func firstEnd(store *storage, api *apiServer) error {
	select {
	case err := <-store.failed():
		return fmt.Errorf("etcd ended: %w", err)
	case <-api.ended:
		return fmt.Errorf("kube-apiserver ended: %w", api.err)
	}
}
