package testcluster

import (
	"context"
	"path/filepath"
	"testing"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/drover-ci/drover/internal/controlplane"
)

// Own is an API server that one test has for itself, to stop and start again.
type Own struct {
	tb      testing.TB
	program string
	dir     string
	plane   *controlplane.Process
}

// Start starts one, which ends with the test. Where there is none to start, the test is skipped.
func Start(tb testing.TB) *Own {
	tb.Helper()
	o := &Own{tb: tb, program: Program(tb), dir: tb.TempDir()}
	if err := o.start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = o.plane.Stop() })
	return o
}

func (o *Own) start() (err error) {
	o.plane, err = controlplane.Start(context.Background(), o.program, filepath.Join(o.dir, "data"), "--unsafe-no-fsync")
	return err
}

// Restart stops the server, in whatever it is at, and starts it again on the same port with what it had stored.
func (o *Own) Restart() error {
	_ = o.plane.Stop()
	return o.start()
}

// Kubeconfig is the path of the administrator's kubeconfig.
func (o *Own) Kubeconfig() string { return o.plane.Kubeconfig }

// Config is a client configuration of the administrator's, without a limit on requests.
func (o *Own) Config() *rest.Config {
	o.tb.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", o.plane.Kubeconfig)
	if err != nil {
		o.tb.Fatal(err)
	}
	config.QPS = -1
	return config
}
