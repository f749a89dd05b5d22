package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/internal/memo"
	"github.com/drover-ci/drover/leases/page"
	"github.com/drover-ci/drover/leases/store"
	"github.com/drover-ci/drover/reconciler"
	"github.com/drover-ci/drover/reconciler/apply"
	"github.com/drover-ci/drover/reconciler/configrepo"
	"github.com/drover-ci/drover/reconciler/gitsource"
	"github.com/drover-ci/drover/reconciler/metrics"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/resolver/imagestreams"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
	"github.com/drover-ci/drover/web"
)

// duty is what a keeper has to do. Another duty begins it anew; orders do not.
type duty struct {
	uid     types.UID
	spec    string // but for the orders in it, as JSON
	leading bool
}

// dutyOf is what an object asks of a process.
func dutyOf(repo *configrepo.ConfigRepo, leading bool) (duty, error) {
	spec := repo.Spec
	spec.Suspend, spec.Rollback = false, nil
	text, err := json.Marshal(spec)
	return duty{repo.UID, string(text), leading}, err
}

// keeper keeps what one ConfigRepo says: it applies what the repository says, or
// follows what another process applies.
type keeper struct {
	name, namespace string
	command         serveReconcilerCommand
	config          *rest.Config
	cacheDir        string
	grace           *atomic.Int64
	counted         *metrics.Repository
	logger          *slog.Logger
	applied         *applied

	source atomic.Pointer[gitsource.Source]
	front  atomic.Pointer[front]
	loop   atomic.Pointer[reconciler.Reconciler]
	// before is what was in force before the loop began, until it has something.
	before atomic.Pointer[rules.Snapshot]

	ordering sync.Mutex // over what follows, for moments
	orders   reconciler.Orders
	steer    func(reconciler.Orders) // passes orders on to what runs; nil where nothing takes any

	mu      sync.Mutex // over what follows, while something ends
	push    string     // when another process told of one
	duty    duty
	end     context.CancelFunc
	running sync.WaitGroup
}

func (d *daemon) newKeeper(repo *configrepo.ConfigRepo) *keeper {
	return &keeper{
		name: repo.Name, namespace: repo.Namespace, command: d.command, config: d.config, cacheDir: d.cacheDir, grace: &d.grace,
		counted: d.counted.Repository(repo.Name), logger: d.logger.With("configrepo", keyOf(repo)), applied: newApplied(),
	}
}

// snapshot is what is in force.
func (k *keeper) snapshot() *rules.Snapshot {
	if loop := k.loop.Load(); loop != nil {
		if snapshot := loop.Snapshot(); snapshot != nil {
			return snapshot
		}
	}
	return k.before.Load()
}

// poke has the source look if a push concerns it.
func (k *keeper) poke(push gitsource.Push) int {
	if source := k.source.Load(); source != nil {
		return pokeOne(source)(push)
	}
	return 0
}

// pushed has the source look if another process told of a push since.
func (k *keeper) pushed(at string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if source := k.source.Load(); source != nil && at != k.push {
		source.Poke()
	}
	k.push = at
}

// assign gives the keeper a duty, unless that is what it does already.
func (k *keeper) assign(ctx context.Context, want duty, repo *configrepo.ConfigRepo) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.duty == want {
		return
	}
	k.stopLocked()
	k.duty = want
	ctx, k.end = context.WithCancel(ctx)
	k.running.Go(func() { k.persist(ctx, want, repo) })
}

// stop ends what runs, and waits for it.
func (k *keeper) stop() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.stopLocked()
}

func (k *keeper) stopLocked() {
	if k.end != nil {
		k.end()
	}
	k.running.Wait()
	k.before.Store(k.snapshot())
	k.end = nil
}

// Between two tries, after a failure.
const (
	firstPause = time.Second
	lastPause  = time.Minute
)

// persist does a duty until the context ends, beginning anew after a failure.
func (k *keeper) persist(ctx context.Context, want duty, repo *configrepo.ConfigRepo) {
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		err := k.do(ctx, want, repo)
		if ctx.Err() != nil {
			return
		}
		k.logger.ErrorContext(ctx, "keep a repository", "error", err, "again", pause)
		if want.leading {
			k.reportFailure(ctx, err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// do opens the repository, and applies it or follows what is applied.
func (k *keeper) do(ctx context.Context, want duty, repo *configrepo.ConfigRepo) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	options, err := k.options(repo)
	if err != nil {
		return err
	}
	source, err := gitsource.Open(ctx, options)
	if err != nil {
		return err
	}
	k.source.Store(source)
	k.logger.InfoContext(ctx, "repository opened", "url", source.Repository(), "leading", want.leading)
	streams, err := imagestreams.New(k.config)
	if err != nil {
		return err
	}
	sections, err := k.leasePages(ctx)
	if err != nil {
		return err
	}
	k.front.Store(newFront(k.snapshot, frontOptions{
		source: source, repository: source.Repository(), streams: streams, sections: sections, logger: k.logger,
	}))
	if !want.leading {
		return k.follow(ctx, source)
	}
	return k.lead(ctx, source)
}

// lead applies what the repository says.
func (k *keeper) lead(ctx context.Context, source *gitsource.Source) error {
	writer, err := configrepo.NewWriter(k.config, k.namespace, k.name)
	if err != nil {
		return err
	}
	target, err := apply.New(k.config, apply.WithOwner(ownerOf(k.name)), apply.WithNamespace(k.command.Namespace))
	if err != nil {
		return err
	}
	before, err := writer.Read(ctx)
	if err != nil {
		return err
	}
	lastGood, err := found(ctx, target, before)
	if err != nil {
		return err
	}
	guard, err := k.guard()
	if err != nil {
		return err
	}
	report := counting(k.counted, reportTo(k.front.Load(), &statusReporter{writer: writer}))
	others := opener{home: k.config, contexts: contextsIn(k.command.Kubeconfig), namespace: k.namespace, owner: ownerOf(k.name)}
	loop := reconciler.New(source, graceful{target, k.grace}, report, reconciler.Options{
		Memory:   k.memory(source),
		LastGood: lastGood, Held: heldBefore(before.Status), Synced: before.Status.LastSync, Guard: guard, Logger: k.logger,
		Open: others.open, Renewed: others.renewed,
		Drift: tellDriftElsewhere(k.logger, k.counted),
	})
	watch := newPausable(func(ctx context.Context) error { return target.Watch(ctx, tellDrift(k.logger, k.counted)) })
	k.steered(func(orders reconciler.Orders) {
		watch.pause(orders.Suspend)
		loop.Order(orders)
	})
	defer k.steered(nil)
	k.begin(loop)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return loop.Run(ctx) })
	group.Go(func() error { return k.front.Load().Run(ctx) })
	group.Go(func() error { return watch.run(ctx) })
	return group.Wait()
}

// found is the revision that a target holds. What was cut short before is
// taken back first, for it may be refused by now; but where people have said to
// suspend, nothing is written.
func found(ctx context.Context, target *apply.Target, repo *configrepo.ConfigRepo) (string, error) {
	if repo.Spec.Suspend {
		return repo.Status.AppliedRevision, nil
	}
	return target.Recover(ctx)
}

// leasePages shows what the lease server stores, where it was said where that is.
func (k *keeper) leasePages(ctx context.Context) ([]web.Section, error) {
	if k.command.Leases == "" {
		return nil, nil
	}
	stored, err := store.New(k.config, k.command.Leases)
	if err != nil {
		return nil, err
	}
	pages := page.New(&storedLeases{store: stored, current: k.snapshot})
	go pages.Sample(ctx)
	return []web.Section{leaseSection(pages)}, nil
}

// guard gives what looks whether somebody holds leases that a revision takes
// away, where it was said where the leases are.
func (k *keeper) guard() (func(ctx context.Context, last, next *rules.Valid) ([]schema.Problem, error), error) {
	if k.command.Leases == "" {
		return func(context.Context, *rules.Valid, *rules.Valid) ([]schema.Problem, error) { return nil, nil }, nil
	}
	held, err := store.New(k.config, k.command.Leases)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, last, next *rules.Valid) ([]schema.Problem, error) {
		return guardLeases(ctx, held, last, next)
	}, nil
}

// heed takes over what people ask for, at once where something runs.
func (k *keeper) heed(orders reconciler.Orders) {
	k.ordering.Lock()
	defer k.ordering.Unlock()
	k.orders = orders
	if k.steer != nil {
		k.steer(orders)
	}
}

// steered has orders passed on to what runs, those given before it ran too.
func (k *keeper) steered(steer func(reconciler.Orders)) {
	k.ordering.Lock()
	defer k.ordering.Unlock()
	k.steer = steer
	if steer != nil {
		steer(k.orders)
	}
}

func (k *keeper) ordered() reconciler.Orders {
	k.ordering.Lock()
	defer k.ordering.Unlock()
	return k.orders
}

// follow serves what another process applied.
func (k *keeper) follow(ctx context.Context, source *gitsource.Source) error {
	loop := reconciler.New(following{source, k.applied}, nil, k.front.Load(), reconciler.Options{Memory: k.memory(source), Logger: k.logger})
	k.begin(loop)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return loop.Run(ctx) })
	group.Go(func() error { return k.front.Load().Run(ctx) })
	return group.Wait()
}

// memory is what an earlier process remembered of the repository; nil for nothing.
func (k *keeper) memory(source *gitsource.Source) *repolayout.Memory {
	if k.command.NoCache {
		return nil
	}
	return repolayout.OpenMemory(memo.Open(filepath.Join(k.cacheDir, "memo")), source.Repository())
}

// begin has a loop's snapshot served once it has one.
func (k *keeper) begin(loop *reconciler.Reconciler) {
	k.before.Store(k.snapshot())
	k.loop.Store(loop)
}

// options are how the object says that the repository is followed.
func (k *keeper) options(repo *configrepo.ConfigRepo) (gitsource.Options, error) {
	sum := sha256.Sum256([]byte(repo.Spec.URL + "\n" + repo.Spec.Branch))
	options := gitsource.Options{
		Repository: repo.Spec.URL, Branch: repo.Spec.Branch, Interval: time.Duration(repo.Spec.Interval), Depth: 1, Logger: k.logger,
		CloneDir: filepath.Join(k.cacheDir, repo.Namespace+"-"+repo.Name+"-"+hex.EncodeToString(sum[:4])),
	}
	if given := repo.Spec.Credentials; given != nil {
		if !gitsource.IsRemote(repo.Spec.URL) {
			return options, fmt.Errorf("spec.credentials: nothing asks for them (found the URL %s, which is a path in the pod, want https or ssh)", repo.Spec.URL)
		}
		options.Credentials = func(ctx context.Context) (gitsource.Credentials, error) { return k.credentials(ctx, given.SecretName) }
	}
	if verification := repo.Spec.Verification; verification != nil {
		signers, err := gitsource.NewSigners([]byte(verification.AllowedSigners), []byte(verification.OpenPGPKeys))
		if err != nil {
			return options, fmt.Errorf("spec.verification: %w", err)
		}
		options.Signers = signers
	}
	return options, nil
}

// credentials reads a Secret beside the object.
func (k *keeper) credentials(ctx context.Context, name string) (gitsource.Credentials, error) {
	client, err := kubernetes.NewForConfig(k.config)
	if err != nil {
		return gitsource.Credentials{}, err
	}
	secret, err := client.CoreV1().Secrets(k.namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return gitsource.Credentials{}, fmt.Errorf("read the credentials: %w", err)
	}
	found, err := gitsource.CredentialsFromSecret(secret.Data)
	if err != nil {
		return gitsource.Credentials{}, fmt.Errorf("read Secret %s/%s: %w", k.namespace, name, err)
	}
	return found, nil
}

// reportFailure tells people of what failed before a pass could.
func (k *keeper) reportFailure(ctx context.Context, err error) {
	status := reconciler.Status{Stage: reconciler.Fetch, Err: err, Orders: k.ordered()}
	k.counted.Pass(status)
	writer, failed := configrepo.NewWriter(k.config, k.namespace, k.name)
	if failed == nil {
		failed = (&statusReporter{writer: writer}).Report(ctx, status)
	}
	if failed != nil && ctx.Err() == nil {
		k.logger.WarnContext(ctx, "report status", "error", failed)
	}
}

// ownerOf is the label by which objects are told to be of a ConfigRepo: its
// name, if that can be a label.
func ownerOf(name string) string {
	const most = 63
	if len(name) <= most && !strings.Contains(name, ".") {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	plain := strings.ReplaceAll(name, ".", "-")
	return plain[:min(len(plain), most-9)] + "-" + hex.EncodeToString(sum[:4])
}

// graceful is a target that finishes what it is at when the context ends, if
// that does not take too long.
type graceful struct {
	*apply.Target

	grace *atomic.Int64 // in nanoseconds
}

// Apply implements reconciler.Target.
func (g graceful) Apply(ctx context.Context, revision string, objects []generators.Object) (apply.ChangeSet, error) {
	if err := ctx.Err(); err != nil {
		return apply.ChangeSet{}, err
	}
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(time.Duration(g.grace.Load()), cancel)
		context.AfterFunc(longer, func() { timer.Stop() })
	})
	defer stop()
	return g.Target.Apply(longer, revision, objects)
}
