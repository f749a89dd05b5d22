package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"time"

	"go.etcd.io/etcd/server/v3/embed"

	"github.com/drover-ci/drover/localcluster/internal/atomicfile"
)

const (
	// storageSocket lies in the data folder, which is the working directory.
	storageSocket = "etcd.sock"
	// storagePatience is how long etcd may take to replay its log.
	storagePatience = time.Minute
)

// storage is a running etcd of one member.
type storage struct {
	etcd *embed.Etcd
}

// startStorage starts etcd on what the data folder holds, and waits until it serves.
//
// An etcd that is killed before it has first served never does again. So it is begun in another folder, which gets its
// name once it has.
func startStorage(ctx context.Context, st *site) (*storage, error) {
	dir := st.path("etcd")
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		if err := createStorage(ctx, st, dir); err != nil {
			return nil, err
		}
	}
	return openStorage(ctx, st, dir)
}

// createStorage makes dir hold an empty etcd, as one step.
func createStorage(ctx context.Context, st *site, dir string) error {
	unfinished := dir + ".new"
	if err := os.RemoveAll(unfinished); err != nil {
		return fmt.Errorf("create etcd: %w", err)
	}
	s, err := openStorage(ctx, st, unfinished)
	if err != nil {
		return err
	}
	s.etcd.Close()
	if err := atomicfile.Rename(unfinished, dir); err != nil {
		return fmt.Errorf("create etcd: %w", err)
	}
	return nil
}

func openStorage(ctx context.Context, st *site, dir string) (*storage, error) {
	etcd, err := embed.StartEtcd(storageConfig(st, dir))
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

func storageConfig(st *site, dir string) *embed.Config {
	c := embed.NewConfig()
	c.Name = "localcluster"
	c.Dir = dir
	c.ListenClientUrls = []url.URL{{Scheme: "unix", Host: storageSocket}}
	c.ListenPeerUrls = nil // there are no peers; the addresses etcd advertises are names, nothing listens there
	c.InitialCluster = c.InitialClusterFromName(c.Name)
	c.EnableGRPCGateway = false
	c.WarningUnaryRequestDuration = embed.DefaultWarningUnaryRequestDuration // else each request is worth a warning
	c.UnsafeNoFsync = st.unsafeNoFsync
	c.BootstrapDefragThresholdMegabytes = 64 // gives space back to the disk, at a start
	c.ZapLoggerBuilder = storageLogs(st.logs, st.verbose)
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
