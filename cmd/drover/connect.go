package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/drover-ci/drover/reconciler/configrepo"
)

// clusterFlags say which cluster a command asks, and about which repository.
type clusterFlags struct {
	Kubeconfig string `placeholder:"FILE" help:"The cluster. Default: that of $KUBECONFIG, else of drover up on this machine, else of kubectl."`
	Namespace  string `default:"drover-system" placeholder:"NS" help:"Where the ConfigRepo is."`
	Name       string `default:"release" placeholder:"NAME" help:"The ConfigRepo's name."`
}

// answerTimeout is how long a cluster may take for one answer to somebody who
// waits.
const answerTimeout = 10 * time.Second

// contexts are where clusters are found.
func (f clusterFlags) contexts() clientcmd.ClientConfigLoader {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = f.Kubeconfig
	if local, usual := f.local(); usual {
		rules.ExplicitPath = local
	}
	return rules
}

// local is the kubeconfig of drover up on this machine, if that is meant.
func (f clusterFlags) local() (kubeconfig string, meant bool) {
	if f.Kubeconfig != "" || os.Getenv(clientcmd.RecommendedConfigPathEnvVar) != "" {
		return "", false
	}
	base, err := xdgDataHome()
	if err != nil {
		return "", false
	}
	kubeconfig = filepath.Join(base, "drover", "kubeconfig")
	_, err = os.Stat(kubeconfig)
	return kubeconfig, err == nil
}

// config finds the cluster.
func (f clusterFlags) config(ctx context.Context) (*rest.Config, error) {
	config, err := findCluster(f.contexts(), "")
	if err != nil {
		return nil, err
	}
	config.Timeout = answerTimeout
	if kubeconfig, meant := f.local(); meant && refuses(ctx, config.Host) {
		return nil, fmt.Errorf("drover up does not run on this machine, whose cluster %s names; --kubeconfig names another", kubeconfig)
	}
	return config, nil
}

// refuses says that nobody listens at a server's address.
func refuses(ctx context.Context, server string) bool {
	address, err := url.Parse(server)
	if err != nil {
		return false
	}
	connection, err := new(net.Dialer).DialContext(ctx, "tcp", address.Host)
	if err == nil {
		_ = connection.Close()
	}
	return errors.Is(err, syscall.ECONNREFUSED)
}

// findCluster is what a context of a kubeconfig leads to, or where none is named
// the current one.
func findCluster(kubeconfig clientcmd.ClientConfigLoader, name string) (*rest.Config, error) {
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(
		kubeconfig, &clientcmd.ConfigOverrides{CurrentContext: name},
	).ClientConfig()
	if unread, ok := errors.AsType[*fs.PathError](err); ok {
		err = unread // which names the file, and once is enough
	}
	switch {
	case clientcmd.IsEmptyConfig(err) && !kubeconfig.IsExplicitFile():
		err = errors.New("there is no kubeconfig; --kubeconfig names one")
	case err != nil && kubeconfig.IsExplicitFile() && strings.Contains(err.Error(), "json parse error"):
		err = fmt.Errorf("%s is no kubeconfig", kubeconfig.GetExplicitFile())
	case clientcmd.IsEmptyConfig(err):
		err = fmt.Errorf("%s names none", kubeconfig.GetExplicitFile())
	}
	if err != nil {
		return nil, fmt.Errorf("find the cluster: %w", err)
	}
	config.UserAgent = "drover/" + version()
	return config, nil
}

// repo reads the ConfigRepo.
func (f clusterFlags) repo(ctx context.Context) (*configrepo.Writer, *configrepo.ConfigRepo, error) {
	config, err := f.config(ctx)
	if err != nil {
		return nil, nil, err
	}
	writer, err := configrepo.NewWriter(config, f.Namespace, f.Name)
	if err != nil {
		return nil, nil, err
	}
	repo, err := writer.Read(ctx)
	return writer, repo, err
}
