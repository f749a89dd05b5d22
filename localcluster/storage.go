package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
)

const (
	// storageSocket lies in the data folder, which is the working directory.
	storageSocket = "unix://etcd.sock"
	// storagePatience is how long etcd may take to replay its log.
	storagePatience = time.Minute
)

// storage is a running etcd of one member.
type storage struct {
	etcd *embed.Etcd
}

// startStorage starts etcd on what the data folder holds, and waits until it serves.
func startStorage(ctx context.Context, st *site, logs io.Writer) (*storage, error) {
	etcd, err := embed.StartEtcd(storageConfig(st, logs))
	if err != nil {
		return nil, fmt.Errorf("start etcd: %w", err)
	}
	s := &storage{etcd}
	select {
	case <-etcd.Server.ReadyNotify():
		return s, nil
	case err = <-etcd.Err():
	case <-time.After(storagePatience):
		err = fmt.Errorf("not ready after %s", storagePatience)
	case <-ctx.Done():
		err = ctx.Err()
	}
	s.stop()
	return nil, fmt.Errorf("start etcd: %w", err)
}

func storageConfig(st *site, logs io.Writer) *embed.Config {
	socket := url.URL{Scheme: "unix", Host: "etcd.sock"}
	c := embed.NewConfig()
	c.Name = "localcluster"
	c.Dir = st.path("etcd")
	c.ListenClientUrls = []url.URL{socket}
	c.AdvertiseClientUrls = []url.URL{socket}
	c.ListenPeerUrls = nil // there are no peers; the address they would use only names the member
	c.InitialCluster = c.InitialClusterFromName(c.Name)
	c.EnableGRPCGateway = false
	c.UnsafeNoFsync = st.unsafeNoFsync
	c.BootstrapDefragThresholdMegabytes = 64 // gives space back to the disk, at a start
	c.ZapLoggerBuilder = storageLogs(logs, st.verbose)
	return c
}

// failed tells when etcd ends by itself.
func (s *storage) failed() <-chan error {
	return s.etcd.Err()
}

// stop closes the log and the database. It does not wait for clients to leave, as etcd.Close would for seconds: the only
// one is the API server, which is gone, or has been given up on.
func (s *storage) stop() {
	s.etcd.Server.HardStop()
}
