package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
)

// The load on the lease server: so many resources, of which the hot type has
// some, and clients that all want one of those.
const (
	leaseResources = 10_000
	leaseHot       = 100
	leaseClients   = 1_000
	leaseTime      = 10 * time.Second
	handOvers      = 300
	handOverEvery  = 30 * time.Millisecond
)

// measureLeases compares how often a second leases change hands with how many
// writes the API server takes, and times the hand-over to the next in line.
func (b *bench) measureLeases(ctx context.Context) error {
	plane, config, err := b.plane(ctx, "leaseplane")
	if err != nil {
		return err
	}
	defer func() { _ = plane.Stop() }()
	server, err := b.startLeases(ctx, plane.Kubeconfig)
	if err != nil {
		return err
	}
	defer server.stop()
	raw, err := rawLeaseRate(ctx, config)
	if err != nil {
		return fmt.Errorf("measure the raw rate: %w", err)
	}
	b.rate("change of one resource, raw", raw, 0, memoryOf(os.Getpid()))
	pairs, wrong, err := server.pairs(ctx)
	if err != nil {
		return err
	}
	b.rate("leases acquired and released", pairs, raw, memoryOf(server.process.Process.Pid))
	took, err := server.handOver(ctx)
	if err != nil {
		return err
	}
	b.row("lease, from release to the next in line, p99", took[len(took)*99/100], memoryOf(server.process.Process.Pid),
		fmt.Sprintf("%d in line, median %s, wrong answers %d", leaseClients, took[len(took)/2].Round(time.Microsecond*100), wrong))
	return nil
}

// rawLeaseRate is how many resources can be changed in a second without a lease
// server.
func rawLeaseRate(ctx context.Context, config *rest.Config) (float64, error) {
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return 0, err
	}
	resource := client.Resource(schema.GroupVersionResource{Group: "boskos.k8s.io", Version: "v1", Resource: "resources"}).Namespace("raw")
	namespaces := client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "namespaces"})
	namespace := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{nameKey: "raw"}}}
	if _, err := namespaces.Create(ctx, namespace, metav1.CreateOptions{}); err != nil {
		return 0, err
	}
	var done atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	var start time.Time
	for worker := range workers {
		object := &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "boskos.k8s.io/v1", "kind": "ResourceObject", "metadata": map[string]any{nameKey: fmt.Sprintf("raw-%d", worker)},
			"spec": map[string]any{"type": "raw"}, "status": map[string]any{"state": "free", "owner": ""},
		}}
		if _, err := resource.Create(ctx, object, metav1.CreateOptions{}); err != nil {
			return 0, err
		}
	}
	start = time.Now()
	for worker := range workers {
		group.Go(func() error {
			for i := 0; time.Since(start) < leaseTime/2; i++ {
				patch := rawPatch(worker, i)
				if _, err := resource.Patch(ctx, fmt.Sprintf("raw-%d", worker), types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
					return err
				}
				done.Add(1)
			}
			return nil
		})
	}
	err = group.Wait()
	return float64(done.Load()) / time.Since(start).Seconds(), err
}

// rawPatch is what the lease server writes, for a lease that is given and one
// that is given back in turn: the same fields, so that the objects are the same.
func rawPatch(worker, i int) []byte {
	now := time.Now().UTC().Format(time.RFC3339)
	if i%2 == 1 {
		return fmt.Appendf(nil, `{"metadata":{"annotations":{"leases.drover.dev/request":null,"leases.drover.dev/since":null}},`+
			`"status":{"state":"free","owner":"","lastUpdate":%q}}`, now)
	}
	return fmt.Appendf(nil, `{"metadata":{"annotations":{"leases.drover.dev/request":"client-%[1]d-%[2]d","leases.drover.dev/since":%[3]q}},`+
		`"status":{"state":"leased","owner":"client-%[1]d","lastUpdate":%[3]q}}`, worker, i, now)
}

// leaseServer is a running lease server and how clients reach it.
type leaseServer struct {
	process *exec.Cmd
	url     string
	client  *http.Client
}

// startLeases runs the server until it has made all resources.
func (b *bench) startLeases(ctx context.Context, kubeconfig string) (*leaseServer, error) {
	file := filepath.Join(b.work, "boskos.yaml")
	if err := os.WriteFile(file, leaseConfig(), 0o600); err != nil {
		return nil, err
	}
	s := &leaseServer{
		process: exec.CommandContext(ctx, b.drover, "serve", "leases", "--kubeconfig", kubeconfig, "--namespace", "leases",
			"--config", file, "--listen", "127.0.0.1:0", "--no-elect", "--reap-after", "0"),
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2 * leaseClients}},
	}
	stdout, err := s.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	first, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		s.stop()
		return nil, fmt.Errorf("start the lease server: %w", err)
	}
	_, s.url, _ = strings.Cut(strings.TrimSpace(first), " on ")
	start := time.Now()
	for s.free(ctx) < leaseResources {
		if ctx.Err() != nil || time.Since(start) > 10*time.Minute {
			s.stop()
			return nil, fmt.Errorf("the lease server did not make its %d resources", leaseResources)
		}
		time.Sleep(200 * time.Millisecond) //nolint:forbidigo // as often as does not disturb
	}
	b.rate("resources made from a configuration", leaseResources/time.Since(start).Seconds(), 0, memoryOf(s.process.Process.Pid))
	return s, nil
}

func (s *leaseServer) stop() {
	_ = s.process.Process.Signal(os.Interrupt)
	_ = s.process.Wait()
}

func leaseConfig() []byte {
	var b strings.Builder
	b.WriteString("resources:\n")
	for i := range leaseResources {
		if i%leaseHot == 0 {
			fmt.Fprintf(&b, "- type: type-%d\n  state: free\n  names:\n", i/leaseHot)
		}
		fmt.Fprintf(&b, "  - resource-%d\n", i)
	}
	return []byte(b.String())
}

// free counts the resources that there are.
func (s *leaseServer) free(ctx context.Context) int {
	free := 0
	for line := range strings.Lines(get(ctx, s.url+"/metrics")) {
		var n int
		if strings.HasPrefix(line, "boskos_resources{state=\"free\"") {
			_, _ = fmt.Sscan(line[strings.LastIndex(line, " ")+1:], &n)
			free += n
		}
	}
	return free
}

// post makes a call.
func (s *leaseServer) post(ctx context.Context, path string, query url.Values) ([]byte, int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+path+"?"+query.Encode(), http.NoBody)
	if err != nil {
		return nil, 0, err
	}
	response, err := s.client.Do(r)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return body, response.StatusCode, err
}

// errNoLease says that a call was not answered with a lease.
var errNoLease = errors.New("no lease")

func (s *leaseServer) acquire(ctx context.Context, owner, id string) (string, error) {
	body, status, err := s.post(ctx, "/acquire", url.Values{
		"type": {"type-0"}, "state": {"free"}, "dest": {"leased"}, "owner": {owner}, "request_id": {id}, "wait": {"2m"},
	})
	if err != nil {
		return "", err
	}
	var resource struct {
		Name string `json:"name"`
	}
	if status != http.StatusOK || json.Unmarshal(body, &resource) != nil || resource.Name == "" {
		return "", fmt.Errorf("%w: %d %s", errNoLease, status, body)
	}
	return resource.Name, nil
}

func (s *leaseServer) release(ctx context.Context, owner, name string) error {
	body, status, err := s.post(ctx, "/release", url.Values{nameKey: {name}, "dest": {"free"}, "owner": {owner}})
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("%w: %d %s", errNoLease, status, body)
	}
	return err
}

// pairs lets all clients acquire and release in a loop. It gives the pairs a
// second, and how many answers were wrong.
func (s *leaseServer) pairs(ctx context.Context) (float64, int64, error) {
	var done, wrong atomic.Int64
	start := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	for client := range leaseClients {
		group.Go(func() error {
			owner := fmt.Sprintf("client-%d", client)
			for i := 0; time.Since(start) < leaseTime; i++ {
				name, err := s.acquire(ctx, owner, fmt.Sprintf("%s-%d", owner, i))
				if err == nil {
					err = s.release(ctx, owner, name)
				}
				switch {
				case errors.Is(err, errNoLease):
					wrong.Add(1)
				case err != nil:
					return err
				case time.Since(start) < leaseTime:
					done.Add(1)
				}
			}
			return nil
		})
	}
	err := group.Wait()
	return float64(done.Load()) / leaseTime.Seconds(), wrong.Load(), err
}

// handOver lets all clients wait in line, and releases one lease after the
// other. It gives how long it took from each release until the next in line had
// its answer, sorted.
func (s *leaseServer) handOver(ctx context.Context) ([]time.Duration, error) {
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	type held struct{ owner, name string }
	got := make(chan held, leaseClients+leaseHot)
	var clients sync.WaitGroup
	for client := range leaseClients + leaseHot {
		clients.Go(func() {
			owner := fmt.Sprintf("waiter-%d", client)
			if name, err := s.acquire(waiting, owner, owner); err == nil {
				got <- held{owner, name}
			}
		})
	}
	var holders []held
	for len(holders) < leaseHot {
		select {
		case h := <-got:
			holders = append(holders, h)
		case <-time.After(time.Minute):
			return nil, errors.New("the first leases were not given")
		}
	}
	var took []time.Duration
	for range handOvers {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(handOverEvery):
		}
		start := time.Now()
		if err := s.release(ctx, holders[0].owner, holders[0].name); err != nil {
			return nil, err
		}
		next := <-got
		took = append(took, time.Since(start))
		holders = append(holders[1:], next)
	}
	cancel()
	clients.Wait()
	slices.Sort(took)
	return took, nil
}
