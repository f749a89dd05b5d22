package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/drover-ci/drover/localcluster/internal/pki"
)

// patience is how long to wait for a former process to leave the data folder.
const patience = 15 * time.Second

// site is what a cluster stands on: a folder nobody else uses, a port, keys, and a place to log to.
type site struct {
	settings
	lock     *os.File
	listener net.Listener
	keys     *pki.Set
	logs     io.Writer
}

// prepareSite takes hold of all a cluster needs, and writes the kubeconfig. Whatever is wrong with the flags or with the
// machine shows here, before anything runs.
func prepareSite(ctx context.Context, s settings, stderr io.Writer) (_ *site, err error) {
	st := &site{settings: s, logs: stderr}
	defer func() {
		if err != nil {
			st.release()
		}
	}()
	if err := claimFolder(s.data); err != nil {
		return nil, err
	}
	if st.lock, err = acquireLock(ctx, st.path("lock"), patience); err != nil {
		return nil, err
	}
	// The path of a Unix socket is short, that of a data folder need not be: from here the socket is just "etcd.sock".
	if err := os.Chdir(s.data); err != nil {
		return nil, fmt.Errorf("enter the data folder: %w", err)
	}
	if st.listener, err = listen(s.listen, s.port, st.path("port")); err != nil {
		return nil, err
	}
	if st.keys, err = pki.Ensure(st.path("pki"), net.IP(s.listen.AsSlice())); err != nil {
		return nil, err
	}
	if !s.verbose {
		st.logs = logFile(st.path("localcluster.log"))
	}
	return st, writeKubeconfig(s.kubeconfig, st.server(), st.keys)
}

// path is where a file of the data folder is.
func (st *site) path(name string) string {
	return filepath.Join(st.data, name)
}

// server is the address of the API server, as clients write it.
func (st *site) server() string {
	return "https://" + st.listener.Addr().String()
}

// release gives the port and the folder back, where nothing runs yet.
func (st *site) release() {
	if st.listener != nil {
		st.listener.Close()
	}
	if st.lock != nil {
		st.lock.Close()
	}
}
