package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/reconciler/apply"
)

// edits is how many objects are edited at once, to see how long it takes until
// all are put right.
const edits = 200

// measureReconciler compares what the engine applies in a second with what the
// API server takes when it is sent the same objects without any care; what a
// small change costs, and none; and how long drift lasts.
func (b *bench) measureReconciler(ctx context.Context) error {
	plane, config, err := b.plane(ctx, "plane")
	if err != nil {
		return err
	}
	defer func() { _ = plane.Stop() }()
	raw, err := rawRate(ctx, config)
	if err != nil {
		return fmt.Errorf("measure the raw rate: %w", err)
	}
	b.rate("server-side apply, raw", raw, 0, 0)
	r := &reconciling{bench: b, client: config, objects: configMaps("drover"), healed: make(chan string, edits)}
	counted := rest.CopyConfig(config)
	counted.Wrap(func(next http.RoundTripper) http.RoundTripper { return counter{next, r} })
	if r.target, err = apply.New(counted, apply.WithOwner("bench")); err != nil {
		return err
	}
	if err := r.first(ctx, raw); err != nil {
		return err
	}
	watching, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- r.target.Watch(watching, r.report) }()
	err = r.measure(ctx)
	stop()
	if err := errors.Join(err, <-ended); err != nil {
		return err
	}
	return b.measureKeeping(ctx, plane.Kubeconfig)
}

// reconciling is a target that is measured.
type reconciling struct {
	*bench

	client  *rest.Config
	target  *apply.Target
	objects []generators.Object
	healed  chan string

	dryRuns, writes, inventory, lists atomic.Int64
}

// counter counts requests by what they do.
type counter struct {
	next http.RoundTripper
	to   *reconciling
}

// RoundTrip implements http.RoundTripper.
func (c counter) RoundTrip(r *http.Request) (*http.Response, error) {
	switch {
	case strings.Contains(r.URL.Path, "/drover-system/"):
		c.to.inventory.Add(1)
	case r.URL.Query().Has("dryRun"):
		c.to.dryRuns.Add(1)
	case r.Method != http.MethodGet:
		c.to.writes.Add(1)
	case !r.URL.Query().Has("watch"):
		c.to.lists.Add(1)
	}
	return c.next.RoundTrip(r)
}

func (r *reconciling) report(drift apply.Drift) {
	if drift.Outcome == apply.Healed {
		r.healed <- drift.Object.Name
	}
}

// apply applies, and says how long it took and by which requests.
func (r *reconciling) apply(ctx context.Context, revision string) (took time.Duration, requests string, err error) {
	for _, count := range []*atomic.Int64{&r.dryRuns, &r.writes, &r.inventory, &r.lists} {
		count.Store(0)
	}
	start := time.Now()
	_, err = r.target.Apply(ctx, revision, r.objects)
	requests = fmt.Sprintf("%d dry runs, %d writes, %d of the inventory, %d lists",
		r.dryRuns.Load(), r.writes.Load(), r.inventory.Load(), r.lists.Load())
	return time.Since(start), requests, err
}

func (r *reconciling) first(ctx context.Context, raw float64) error {
	took, _, err := r.apply(ctx, "first")
	if err == nil {
		r.rate(fmt.Sprintf("first apply of %d objects", objects), objects/took.Seconds(), raw, 0)
	}
	return err
}

func (r *reconciling) measure(ctx context.Context) error {
	err := until(ctx, func() bool { // the watch has seen what was written
		_, _, err := r.apply(ctx, "first")
		return err != nil || r.lists.Load() == 0
	})
	took, requests, failed := r.apply(ctx, "first")
	if err := errors.Join(err, failed); err != nil {
		return err
	}
	r.row("nothing to do", took, 0, requests)
	changed := r.objects[objects/2].DeepCopy()
	changed.Object["data"] = map[string]any{"text": "changed"}
	r.objects[objects/2].Unstructured = changed
	if took, requests, err = r.apply(ctx, "second"); err != nil {
		return err
	}
	r.row("one object changed", took, 0, requests)
	return r.drift(ctx)
}

// drift edits many objects at once, and waits until each is put right.
func (r *reconciling) drift(ctx context.Context) error {
	client, err := dynamic.NewForConfig(r.client)
	if err != nil {
		return err
	}
	var editing sync.Mutex
	edited := map[string]time.Time{}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	for _, object := range r.objects[:edits] {
		group.Go(func() error {
			name := object.GetName()
			_, err := client.Resource(configMapResource()).Namespace("default").
				Patch(ctx, name, types.MergePatchType, []byte(`{"data":{"text":"theirs"}}`), metav1.PatchOptions{FieldManager: "somebody"})
			editing.Lock()
			defer editing.Unlock()
			edited[name] = time.Now()
			return err
		})
	}
	healed := map[string]time.Time{}
	for len(healed) < edits {
		select {
		case name := <-r.healed:
			healed[name] = time.Now()
		case <-ctx.Done():
			return errors.Join(ctx.Err(), group.Wait())
		}
	}
	if err := group.Wait(); err != nil {
		return err
	}
	var took []time.Duration
	for name, at := range healed {
		took = append(took, max(0, at.Sub(edited[name])))
	}
	slices.Sort(took)
	r.row(fmt.Sprintf("drift on %d objects at once, p99", edits), took[edits*99/100], 0,
		fmt.Sprintf("median %s, all put right", took[edits/2].Round(time.Millisecond)))
	return nil
}

// measureKeeping runs the whole program on a repository of as many manifests,
// for its memory and for how long it takes, and takes again with what was kept.
func (b *bench) measureKeeping(ctx context.Context, kubeconfig string) error {
	repository := filepath.Join(b.work, "manifests")
	if err := writeManifests(ctx, repository); err != nil {
		return err
	}
	data, flags := filepath.Join(b.work, "keeping"), []string{"--repo", repository, "--kubeconfig", kubeconfig}
	if err := b.up(ctx, fmt.Sprintf("up on %d manifests, start to in force", objects), data, flags...); err != nil {
		return err
	}
	if err := b.up(ctx, fmt.Sprintf("up on %d manifests, started again", objects), data, flags...); err != nil {
		return err
	}
	for _, run := range []string{"the first", "again"} {
		if err := b.command(ctx, fmt.Sprintf("diff of %d manifests, %s", objects, run), append([]string{"diff"}, flags...)...); err != nil {
			return err
		}
	}
	return nil
}

// writeManifests makes a repository of the objects, many to a file.
func writeManifests(ctx context.Context, dir string) error {
	folder := filepath.Join(dir, "clusters", "all")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	var file bytes.Buffer
	for i, object := range configMaps("kept") {
		text, err := object.MarshalJSON()
		if err != nil {
			return err
		}
		fmt.Fprintf(&file, "---\n%s", text)
		if i%100 == 99 {
			if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%d.yaml", i)), file.Bytes(), 0o644); err != nil {
				return err
			}
			file.Reset()
		}
	}
	settings := "publish: []\nmanifests:\n- folder: clusters/all\n"
	if err := os.WriteFile(filepath.Join(dir, "drover.yaml"), []byte(settings), 0o644); err != nil {
		return err
	}
	return repositoryOf(ctx, dir)
}
