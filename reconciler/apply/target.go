package apply

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
)

// Target is a cluster to keep as revisions say. Its methods may be called at the same time; one at a time does its
// work.
type Target struct {
	options
	cluster *cluster
	kinds   *kinds
	store   *store

	// mu is held by whoever applies or takes back; healers share it.
	mu     sync.RWMutex
	known  *inventory // nil until it has been read
	noting sync.Mutex // among healers, over known.good
	// declared are the objects of the last revision in the form that is sent.
	declared map[*unstructured.Unstructured]declared
	// tally counts what an apply does with objects; nil while it does nothing that is counted.
	tally atomic.Pointer[tally]
	// committed tells the watcher that there is another inventory.
	committed chan struct{}
	// watcher is who watches now, or nil.
	watcher *watcher
	// stirred tells that objects may do otherwise than before.
	stirred chan struct{}
	// listed is when the server was last asked for all objects.
	listed time.Time
}

// Option changes how a target is kept.
type Option func(*options)

type options struct {
	owner     string
	namespace string
	workers   int
	patience  time.Duration
	guards    Guards
	clock     clock.WithTicker
}

// WithOwner sets the id by which this instance tells its objects from others' in the same cluster; it is a label's
// value. Default "default".
func WithOwner(id string) Option { return func(o *options) { o.owner = id } }

// WithNamespace sets where the inventory is kept; it is created if need be. Default "drover-system".
func WithNamespace(name string) Option { return func(o *options) { o.namespace = name } }

// WithWorkers sets how many calls are made at once. Default 16.
func WithWorkers(n int) Option { return func(o *options) { o.workers = n } }

// WithPatience sets for how long a call is repeated while what fails it may pass. Default two minutes.
func WithPatience(d time.Duration) Option { return func(o *options) { o.patience = d } }

// WithGuards sets what stands before deletions. Default [DefaultGuards].
func WithGuards(g Guards) Option { return func(o *options) { o.guards = g } }

// WithClock sets the clock by which durations and fights are measured. Default: the real one.
func WithClock(c clock.WithTicker) Option { return func(o *options) { o.clock = c } }

// Guard sets how many deletions are never too many and, of more than that, which share of what we own may be deleted.
// It counts from the next revision on.
func (t *Target) Guard(floor int, share float64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.guards.Floor, t.guards.MaxShare = floor, share
}

// New gives the target that a client configuration leads to. It makes no call yet. Unless the configuration limits the
// rate of calls itself, there is no limit but the server's.
func New(config *rest.Config, opts ...Option) (*Target, error) {
	o := options{
		owner: "default", namespace: "drover-system", workers: 16, patience: 2 * time.Minute,
		guards: DefaultGuards(), clock: clock.RealClock{},
	}
	for _, opt := range opts {
		opt(&o)
	}
	if problems := validation.IsDNS1123Label(o.owner); len(problems) > 0 {
		return nil, fmt.Errorf("owner %q: %s", o.owner, strings.Join(problems, "; "))
	}
	return connect(clientConfig(config), o)
}

// clientConfig is a copy without a limit of the client's own, unless there is one already.
func clientConfig(config *rest.Config) *rest.Config {
	c := rest.CopyConfig(config)
	if c.QPS == 0 && c.RateLimiter == nil {
		c.QPS = -1
	}
	if c.WarningHandler == nil && c.WarningHandlerWithContext == nil {
		c.WarningHandler = rest.NoWarnings{}
	}
	return c
}

func connect(config *rest.Config, o options) (*Target, error) {
	http, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", config.Host, err)
	}
	metadata, err := metadata.NewForConfigAndClient(config, http)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", config.Host, err)
	}
	dynamic, err := dynamic.NewForConfigAndClient(config, http)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", config.Host, err)
	}
	core, err := typedcorev1.NewForConfigAndClient(config, http)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", config.Host, err)
	}
	discovery, err := discovery.NewDiscoveryClientForConfigAndClient(config, http)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", config.Host, err)
	}
	retry := newRetrier(o.patience)
	return &Target{
		options: o, committed: make(chan struct{}, 1), stirred: make(chan struct{}, 1),
		cluster: &cluster{metadata: metadata, dynamic: dynamic, owner: o.owner, retry: retry},
		kinds:   newKinds(discovery),
		store:   &store{client: core, metadata: metadata, namespace: o.namespace, owner: o.owner, retry: retry},
	}, nil
}
