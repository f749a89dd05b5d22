package main

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"

	"github.com/drover-ci/drover/reconciler/configrepo"
	"github.com/drover-ci/drover/reconciler/gitsource"
	"github.com/drover-ci/drover/reconciler/metrics"
)

// daemon keeps a cluster as the ConfigRepo objects of a namespace say. While it
// leads it applies what they say; else it follows what the leader applied, so
// that it can answer jobs, and take over at once.
type daemon struct {
	command  serveReconcilerCommand
	config   *rest.Config
	registry *prometheus.Registry
	counted  *metrics.Metrics
	logger   *slog.Logger
	cacheDir string
	informer cache.SharedIndexInformer
	queue    workqueue.TypedRateLimitingInterface[string]
	// pushes are the ConfigRepos of whose pushes the leader has to be told.
	pushes workqueue.TypedRateLimitingInterface[string]
	// grace is how long an apply may go on after the end, in nanoseconds.
	grace atomic.Int64

	mu      sync.Mutex
	leading bool
	keepers map[string]*keeper
}

// resync is how often all objects are gone through although nothing was seen to
// change.
const resync = 10 * time.Minute

func newDaemon(command serveReconcilerCommand, config *rest.Config, logger *slog.Logger) (*daemon, error) {
	registry := prometheus.NewRegistry()
	counted := metrics.New(registry, version())
	config.Wrap(counted.Transport)
	dir, err := command.cacheDir()
	if err != nil {
		return nil, err
	}
	informer, err := configrepo.NewInformer(config, command.Namespace, resync)
	if err != nil {
		return nil, err
	}
	d := &daemon{
		command: command, config: config, registry: registry, counted: counted, logger: logger, cacheDir: dir, informer: informer,
		queue: newQueue(), pushes: newQueue(),
		keepers: map[string]*keeper{},
	}
	d.grace.Store(int64(command.Grace))
	counted.Queue("configrepos", d.queue.Len)
	counted.Queue("pushes", d.pushes.Len)
	_, err = informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: d.enqueue, UpdateFunc: func(_, now any) { d.enqueue(now) }, DeleteFunc: d.enqueue,
	})
	return d, err
}

func newQueue() workqueue.TypedRateLimitingInterface[string] {
	return workqueue.NewTypedRateLimitingQueue(workqueue.NewTypedItemExponentialFailureRateLimiter[string](100*time.Millisecond, time.Minute))
}

func (d *daemon) enqueue(object any) {
	if key, err := cache.DeletionHandlingMetaNamespaceKeyFunc(object); err == nil {
		d.queue.Add(key)
	}
}

// lookers is how many objects are worked on at the same time: one whose target does not
// answer keeps nobody else waiting.
const lookers = 4

// run works until the context ends: then what is being applied is finished or
// abandoned, and only after that is the lease given back. A lease that is lost
// ends it at once.
func (d *daemon) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	held, release := context.WithCancel(context.WithoutCancel(ctx))
	defer release()
	var working sync.WaitGroup
	working.Go(func() { d.informer.RunWithContext(ctx) })
	for range lookers {
		working.Go(func() { d.work(ctx, d.queue, d.look) })
	}
	working.Go(func() { d.work(ctx, d.pushes, d.tell) })
	elected := make(chan error, 1)
	go func() { elected <- d.elect(held) }()
	var err error
	select {
	case <-ctx.Done():
	case err = <-elected:
		d.grace.Store(0) // somebody else leads
	}
	cancel()
	d.queue.ShutDown()
	d.pushes.ShutDown()
	d.stopAll()
	if err == nil {
		release()
		err = <-elected
	}
	working.Wait()
	return err
}

// elect leads, at once or when this process is elected, until the context ends.
func (d *daemon) elect(ctx context.Context) error {
	if !d.command.LeaderElect {
		d.lead()
		<-ctx.Done()
		return nil
	}
	name, err := hostName()
	if err != nil {
		return err
	}
	duration := d.command.LeaseDuration
	return election{d.config, d.command.Namespace, name, duration, duration / 7}.run(ctx, d.lead)
}

// lead has this process apply from now on.
func (d *daemon) lead() {
	d.counted.Leads()
	d.logger.Info("this process leads")
	d.mu.Lock()
	d.leading = true
	d.mu.Unlock()
	for _, key := range d.informer.GetStore().ListKeys() {
		d.queue.Add(key)
	}
}

// work goes through a queue until it is shut down.
func (d *daemon) work(ctx context.Context, queue workqueue.TypedRateLimitingInterface[string], do func(context.Context, string) error) {
	if !cache.WaitForCacheSync(ctx.Done(), d.informer.HasSynced) {
		return
	}
	for {
		key, ended := queue.Get()
		if ended {
			return
		}
		if err := do(ctx, key); err != nil && ctx.Err() == nil {
			d.logger.ErrorContext(ctx, "look at a ConfigRepo", "configrepo", key, "error", err)
			queue.AddRateLimited(key)
		} else {
			queue.Forget(key)
		}
		queue.Done(key)
	}
}

// look makes what runs for an object what the object says.
func (d *daemon) look(ctx context.Context, key string) error {
	object, there, err := d.informer.GetStore().GetByKey(key)
	if err != nil {
		return err
	}
	d.mu.Lock()
	running, leading := d.keepers[key], d.leading
	d.mu.Unlock()
	if !there {
		d.forget(key, running)
		return nil
	}
	repo, err := configrepo.FromObject(object)
	if err != nil {
		return err
	}
	want, err := dutyOf(repo, leading)
	if err != nil {
		return err
	}
	if running == nil {
		running = d.newKeeper(repo)
		d.mu.Lock()
		d.keepers[key] = running
		d.mu.Unlock()
	}
	running.applied.set(repo.Status.AppliedRevision)
	running.pushed(repo.Annotations[configrepo.PushedAnnotation])
	running.heed(ordersOf(repo))
	running.assign(ctx, want, repo)
	return nil
}

// forget ends what runs for an object that is gone. What was applied stays in
// the cluster.
func (d *daemon) forget(key string, running *keeper) {
	if running == nil {
		return
	}
	running.stop()
	running.counted.Forget()
	d.mu.Lock()
	delete(d.keepers, key)
	d.mu.Unlock()
	d.logger.Info("repository forgotten", "configrepo", key)
}

// stopAll ends all keepers, at the same time.
func (d *daemon) stopAll() {
	d.mu.Lock()
	keepers := slices.Collect(maps.Values(d.keepers))
	d.mu.Unlock()
	var stopping sync.WaitGroup
	for _, each := range keepers {
		stopping.Go(each.stop)
	}
	stopping.Wait()
}

// served is the keeper that jobs and people are answered from, or nil.
func (d *daemon) served() *keeper {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.command.Serve == "" && len(d.keepers) > 0 {
		return d.keepers[slices.Min(slices.Collect(maps.Keys(d.keepers)))]
	}
	return d.keepers[d.command.Namespace+"/"+d.command.Serve]
}

// ServeHTTP answers jobs and people from what is in force.
func (d *daemon) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if found := d.served(); found != nil {
		if front := found.front.Load(); front != nil {
			front.ServeHTTP(w, r)
			return
		}
	}
	if r.URL.Path == "/healthz" {
		return // it is well, though there is nothing to say yet
	}
	http.Error(w, "nothing is in force yet: kubectl get configrepos -n "+d.command.Namespace, http.StatusServiceUnavailable)
}

// Gather gives all metrics: of the process, and of what is served.
func (d *daemon) Gather() ([]*dto.MetricFamily, error) {
	all := prometheus.Gatherers{d.registry}
	if found := d.served(); found != nil {
		if front := found.front.Load(); front != nil {
			all = append(all, front.metrics)
		}
	}
	return all.Gather()
}

// poke has the sources look that a push concerns. Where another process leads,
// that one has to be told.
func (d *daemon) poke(push gitsource.Push) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	looking := 0
	for key, each := range d.keepers {
		if each.poke(push) == 0 {
			continue
		}
		looking++
		if !d.leading {
			d.pushes.Add(key)
		}
	}
	return looking
}

// tell tells the leader of a push.
func (d *daemon) tell(ctx context.Context, key string) error {
	namespace, name, err := cache.SplitMetaNamespaceKey(key)
	if err != nil {
		return err
	}
	return configrepo.Pushed(ctx, d.config, namespace, name, time.Now())
}

// keyOf is an object's name as the queue has it.
func keyOf(object metav1.Object) string {
	return fmt.Sprintf("%s/%s", object.GetNamespace(), object.GetName())
}
