package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"gopkg.in/natefinch/lumberjack.v2"

	"github.com/drover-ci/drover/localcluster/internal/pki"
)

// patience is how long to wait for a former process to leave the data folder.
const patience = 15 * time.Second

// site is what a cluster stands on: a folder nobody else uses, a port, and keys. It holds both until released.
type site struct {
	settings
	lock     *os.File
	listener net.Listener
	keys     *pki.Set
}

// prepareSite takes hold of all a cluster needs, and writes the kubeconfig. Whatever is wrong with the flags or with the
// machine shows here, before anything runs.
func prepareSite(ctx context.Context, s settings) (_ *site, err error) {
	st := &site{settings: s}
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

// logs is where the parts of the cluster log to: standard error, or a file that is new at each start and bounded.
func (st *site) logs(stderr io.Writer) io.Writer {
	if st.verbose {
		return stderr
	}
	file := st.path("localcluster.log")
	os.Remove(file) // a file that cannot be removed is appended to
	return &lumberjack.Logger{Filename: file, MaxSize: 16, MaxBackups: 1}
}

// release gives the port and the folder back.
func (st *site) release() {
	if st.listener != nil {
		st.listener.Close()
	}
	if st.lock != nil {
		st.lock.Close()
	}
}
