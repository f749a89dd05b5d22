package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/drover-ci/drover/reconciler"
	"github.com/drover-ci/drover/reconciler/apply"
	"github.com/drover-ci/drover/schema"
)

// opener opens the targets that a repository names, beside the home.
type opener struct {
	home *rest.Config
	// contexts is where those are found that targets name; nil where there are none.
	contexts clientcmd.ClientConfigLoader
	// namespace is where the Secrets are.
	namespace string
	// owner is whose objects those of the home are.
	owner string
}

// contextsIn are those of a file; nil where none is named.
func contextsIn(kubeconfig string) clientcmd.ClientConfigLoader {
	if kubeconfig == "" {
		return nil
	}
	return &clientcmd.ClientConfigLoadingRules{ExplicitPath: kubeconfig}
}

// secretKey is the key of a Secret that holds a kubeconfig.
const secretKey = "kubeconfig"

// open implements reconciler.Options.Open.
func (o opener) open(ctx context.Context, spec schema.Target) (reconciler.Target, error) {
	config, err := o.config(ctx, spec)
	if err != nil {
		return nil, err
	}
	config.UserAgent = "drover/" + version()
	target, err := apply.New(config, apply.WithOwner(o.ownerAt(spec.Name)))
	if err != nil {
		return nil, err
	}
	return reached{target, config}, nil
}

// reached is a target with what led to it.
type reached struct {
	*apply.Target

	by *rest.Config
}

// renewed implements reconciler.Options.Renewed: somebody has given it another
// address or other credentials.
func (o opener) renewed(ctx context.Context, spec schema.Target, opened reconciler.Target) bool {
	last, ok := opened.(reached)
	now, err := o.config(ctx, spec)
	if !ok || err != nil {
		return false
	}
	now.UserAgent = last.by.UserAgent
	return !isSame(now, last.by)
}

// isSame says whether two ways lead to the same place. Functions, of which a
// kubeconfig makes one for its proxy, are never equal, and so that is called.
func isSame(a, b *rest.Config) bool {
	if !reflect.DeepEqual(proxyOf(a), proxyOf(b)) {
		return false
	}
	a, b = rest.CopyConfig(a), rest.CopyConfig(b)
	a.Proxy, b.Proxy = nil, nil
	return reflect.DeepEqual(a, b)
}

// proxyOf is the proxy that a kubeconfig names; nil where it names none.
func proxyOf(config *rest.Config) *url.URL {
	if config.Proxy == nil {
		return nil
	}
	proxy, _ := config.Proxy(new(http.Request)) // a fixed one, whatever is asked
	return proxy
}

// ownerAt is the label by which objects on a target are told from those of other
// targets and other repositories, any of which may be in the same cluster.
func (o opener) ownerAt(target string) string {
	const most = 63
	sum := sha256.Sum256([]byte(o.owner + "\n" + target))
	plain := o.owner + "-" + target
	return strings.TrimRight(plain[:min(len(plain), most-9)], "-") + "-" + hex.EncodeToString(sum[:4])
}

func (o opener) config(ctx context.Context, spec schema.Target) (*rest.Config, error) {
	if spec.Secret == "" {
		if o.contexts == nil {
			return nil, fmt.Errorf("find context %s: there is no kubeconfig with contexts; --kubeconfig names one", spec.Context)
		}
		return findCluster(o.contexts, spec.Context)
	}
	client, err := kubernetes.NewForConfig(o.home)
	if err != nil {
		return nil, err
	}
	secret, err := client.CoreV1().Secrets(o.namespace).Get(ctx, spec.Secret, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("read Secret %s/%s: %w", o.namespace, spec.Secret, err)
	}
	content, ok := secret.Data[secretKey]
	if !ok {
		return nil, fmt.Errorf("read Secret %s/%s: it has no key %q", o.namespace, spec.Secret, secretKey)
	}
	parsed, err := clientcmd.Load(content)
	if err != nil {
		return nil, fmt.Errorf("read Secret %s/%s: its kubeconfig cannot be read", o.namespace, spec.Secret) // the cause may quote it
	}
	if err := selfContained(parsed); err != nil {
		return nil, fmt.Errorf("read Secret %s/%s: %w", o.namespace, spec.Secret, err)
	}
	return clientcmd.NewDefaultClientConfig(*parsed, &clientcmd.ConfigOverrides{}).ClientConfig()
}
