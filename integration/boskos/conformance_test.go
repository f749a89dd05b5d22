package boskos

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sigs.k8s.io/boskos/client"
	"sigs.k8s.io/boskos/common"
)

// configuration is what there is to lease: each test has types of its own.
const configuration = `
resources:
- {type: acquire, state: free, names: [acquire-0, acquire-1]}
- {type: priority, state: free, names: [priority-0]}
- {type: wait, state: free, names: [wait-0]}
- {type: by-state, state: free, names: [by-state-0, by-state-1]}
- {type: update, state: free, names: [update-0]}
- {type: reset, state: free, names: [reset-0]}
- {type: metric, state: free, names: [metric-0, metric-1, metric-2]}
- {type: command, state: free, names: [command-0]}
- {type: reaped, state: free, names: [reaped-0]}
- {type: many, state: free, names: [many-0, many-1, many-2]}
- {type: dynamic, state: free, min-count: 0, max-count: 2}
- {type: part, state: free, names: [part-0, part-1, part-2, part-3]}
- {type: whole, state: dirty, min-count: 1, max-count: 1, config: {type: Builder, content: "zone: east"}, needs: {part: 2}}
`

// server is where our lease server listens; kubeconfig is its cluster; programs
// is where Boskos's programs are.
var server, kubeconfig, programs string

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// run starts an API server and our lease server, and runs the tests.
func run(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "drover-boskos-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	programs = dir
	if output, err := exec.Command("go", "build", "-o", dir, "sigs.k8s.io/boskos/cmd/boskosctl", "sigs.k8s.io/boskos/cmd/reaper").CombinedOutput(); err != nil {
		return 1, fmt.Errorf("build Boskos's programs: %w\n%s", err, output)
	}
	file := filepath.Join(dir, "boskos.yaml")
	if err := os.WriteFile(file, []byte(configuration), 0o600); err != nil {
		return 1, err
	}
	kubeconfig = filepath.Join(dir, "kubeconfig")
	_, stopPlane, err := start(program("DROVER_LOCALCLUSTER", "localcluster"), "--data", filepath.Join(dir, "plane"), "--unsafe-no-fsync", "--kubeconfig", kubeconfig, "--stop-with-parent")
	if err != nil {
		return 1, err
	}
	defer stopPlane()
	line, stopServer, err := start(program("DROVER_BIN", "drover"), "serve", "leases", "--kubeconfig", kubeconfig, "--config", file, "--listen", "127.0.0.1:0", "--reap-after", "0")
	if err != nil {
		return 1, err
	}
	defer stopServer()
	_, server, _ = strings.Cut(strings.TrimSpace(line), " on ")
	if err := ready(); err != nil {
		return 1, err
	}
	return m.Run(), nil
}

// program is the path of one of our programs.
func program(variable, name string) string {
	if path := os.Getenv(variable); path != "" {
		return path
	}
	path, _ := filepath.Abs(filepath.Join("..", "..", "bin", name))
	return path
}

// start runs a program and gives the first line that it prints.
func start(path string, args ...string) (line string, stop func(), err error) {
	process := exec.Command(path, args...)
	process.Stderr = os.Stderr
	stdin, err := process.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	stdout, err := process.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := process.Start(); err != nil {
		return "", nil, err
	}
	reader := bufio.NewReader(stdout)
	line, err = reader.ReadString('\n')
	go func() { _, _ = reader.WriteTo(os.Stderr) }()
	return line, func() { _ = process.Process.Signal(os.Interrupt); _ = stdin.Close(); _ = process.Wait() }, err
}

// ready waits until everything that is configured is there.
func ready() error {
	c, err := client.NewClient("ready", server, "", "")
	if err != nil {
		return err
	}
	client.SleepFunc = func(time.Duration) { <-time.After(20 * time.Millisecond) }
	for range 1500 {
		if metric, err := c.Metric("many"); err == nil && metric.Current["free"] == 3 {
			return nil
		}
	}
	return errors.New("the lease server has no resources")
}

func newClient(t *testing.T, owner string) *client.Client {
	t.Helper()
	c, err := client.NewClient(owner, server, "", "")
	if err != nil {
		t.Fatal(err)
	}
	c.DistinguishNotFoundVsTypeNotFound = true
	return c
}

func must[T any](t *testing.T) func(value T, err error) T {
	t.Helper()
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestReaper: Boskos's reaper takes what was not heard of. It looks for the
// first time after a minute.
func TestReaper(t *testing.T) {
	must[*common.Resource](t)(newClient(t, "dead").Acquire("reaped", "free", "leased"))
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	process := exec.CommandContext(ctx, filepath.Join(programs, "reaper"), "--boskos-url", server, "--resource-type", "reaped", "--expire", "2s")
	check(t, process.Start())
	defer func() { _ = process.Process.Kill(); _ = process.Wait() }()
	t.Parallel() // it looks once a minute: the other tests run meanwhile
	c := newClient(t, "looker")
	for ctx.Err() == nil {
		if metric := must[common.Metric](t)(c.Metric("reaped")); metric.Current["dirty"] == 1 && metric.Owners[""] == 1 {
			return
		}
		<-time.After(200 * time.Millisecond)
	}
	t.Error("nothing was reaped")
}

func TestAcquireAndRelease(t *testing.T) {
	c := newClient(t, "owner")
	first := must[*common.Resource](t)(c.Acquire("acquire", "free", "leased"))
	second := must[*common.Resource](t)(c.Acquire("acquire", "free", "leased"))
	if first.Name == second.Name || first.Owner != "owner" || first.State != "leased" || first.Type != "acquire" {
		t.Errorf("got %+v and %+v", first, second)
	}
	if _, err := c.Acquire("acquire", "free", "leased"); !errors.Is(err, client.ErrNotFound) {
		t.Errorf("a third: %v", err)
	}
	if _, err := c.Acquire("no-such-type", "free", "leased"); !errors.Is(err, client.ErrTypeNotFound) {
		t.Errorf("no such type: %v", err)
	}
	if err := newClient(t, "thief").Release(first.Name, "free"); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("a thief: %v", err)
	}
	check(t, c.ReleaseOne(first.Name, "free"))
	check(t, c.ReleaseAll("free"))
	if c.HasResource() {
		t.Error("the client still holds something")
	}
}

func TestPriority(t *testing.T) {
	c := newClient(t, "owner")
	held := must[*common.Resource](t)(c.Acquire("priority", "free", "leased"))
	for _, id := range []string{"one", "two"} {
		if _, err := c.AcquireWithPriority("priority", "free", "leased", id); !errors.Is(err, client.ErrNotFound) {
			t.Fatalf("request %s: %v", id, err)
		}
	}
	check(t, c.ReleaseOne(held.Name, "free"))
	if _, err := c.AcquireWithPriority("priority", "free", "leased", "two"); !errors.Is(err, client.ErrNotFound) {
		t.Errorf("two comes before one: %v", err)
	}
	must[*common.Resource](t)(c.AcquireWithPriority("priority", "free", "leased", "one"))
	check(t, c.ReleaseAll("free"))
	must[*common.Resource](t)(c.AcquireWithPriority("priority", "free", "leased", "two"))
	check(t, c.ReleaseAll("free"))
}

func TestWait(t *testing.T) {
	holder, waiter := newClient(t, "holder"), newClient(t, "waiter")
	held := must[*common.Resource](t)(holder.Acquire("wait", "free", "leased"))
	short, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := waiter.AcquireWait(short, "wait", "free", "leased"); !errors.Is(err, client.ErrNotFound) {
		t.Errorf("a wait that is too short: %v", err)
	}
	var given *common.Resource
	var err error
	var done sync.WaitGroup
	done.Go(func() { given, err = waiter.AcquireWait(t.Context(), "wait", "free", "leased") })
	<-time.After(100 * time.Millisecond)
	check(t, holder.ReleaseOne(held.Name, "free"))
	done.Wait()
	if err != nil || given.Name != held.Name || given.Owner != "waiter" {
		t.Errorf("got %+v, %v", given, err)
	}
	check(t, waiter.ReleaseAll("free"))
}

func TestAcquireByState(t *testing.T) {
	c := newClient(t, "owner")
	if _, err := c.AcquireByState("free", "leased", []string{"by-state-0", "no-such"}); !errors.Is(err, client.ErrNotFound) {
		t.Errorf("one is missing: %v", err)
	}
	all := must[[]common.Resource](t)(c.AcquireByState("free", "leased", []string{"by-state-0", "by-state-1"}))
	if len(all) != 2 || all[0].Owner != "owner" || all[1].State != "leased" {
		t.Errorf("got %+v", all)
	}
	check(t, c.SyncAll())
	check(t, c.ReleaseAll("free"))
}

func TestUpdate(t *testing.T) {
	c := newClient(t, "owner")
	held := must[*common.Resource](t)(c.Acquire("update", "free", "leased"))
	check(t, c.UpdateOne(held.Name, "leased", common.UserDataFromMap(common.UserDataMap{"a": "1", "b": "2"})))
	check(t, c.UpdateOne(held.Name, "leased", common.UserDataFromMap(common.UserDataMap{"a": ""})))
	check(t, c.UpdateAll("leased"))
	if err := c.UpdateOne(held.Name, "free", nil); err == nil || !strings.Contains(err.Error(), "409") {
		t.Errorf("the wrong state: %v", err)
	}
	check(t, c.ReleaseAll("free"))
	again := must[*common.Resource](t)(c.Acquire("update", "free", "leased"))
	if data := again.UserData.ToMap(); len(data) != 1 || data["b"] != "2" {
		t.Errorf("the user data is %v", data)
	}
	check(t, c.ReleaseAll("free"))
	if err := c.Update(held.Name, "free", nil); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("a heartbeat after the release: %v", err)
	}
}

func TestReset(t *testing.T) {
	c := newClient(t, "dead")
	held := must[*common.Resource](t)(c.Acquire("reset", "free", "busy"))
	if owners := must[map[string]string](t)(c.Reset("reset", "busy", time.Hour, "dirty")); len(owners) != 0 {
		t.Errorf("reset too early: %v", owners)
	}
	<-time.After(1100 * time.Millisecond)
	owners := must[map[string]string](t)(c.Reset("reset", "busy", time.Second, "dirty"))
	if len(owners) != 1 || owners[held.Name] != "dead" {
		t.Errorf("got %v", owners)
	}
	must[*common.Resource](t)(newClient(t, "janitor").Acquire("reset", "dirty", "cleaning"))
}

func TestMetric(t *testing.T) {
	c := newClient(t, "owner")
	must[*common.Resource](t)(c.Acquire("metric", "free", "leased"))
	metric := must[common.Metric](t)(c.Metric("metric"))
	if metric.Current["free"] != 2 || metric.Current["leased"] != 1 || metric.Owners["owner"] != 1 || metric.Owners[""] != 2 {
		t.Errorf("got %+v", metric)
	}
	if _, err := c.Metric("no-such-type"); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("no such type: %v", err)
	}
	check(t, c.ReleaseAll("free"))
}

// TestOnDemand: a dynamic type without resources exists, and grows for whoever
// has a request id.
func TestOnDemand(t *testing.T) {
	c := newClient(t, "owner")
	if _, err := c.Acquire("dynamic", "free", "leased"); !errors.Is(err, client.ErrNotFound) {
		t.Errorf("without an id: %v", err)
	}
	for range 2 {
		must[*common.Resource](t)(c.AcquireWait(t.Context(), "dynamic", "free", "leased"))
	}
	if _, err := c.AcquireWithPriority("dynamic", "free", "leased", "third"); !errors.Is(err, client.ErrNotFound) {
		t.Errorf("more than the maximum: %v", err)
	}
	check(t, c.ReleaseAll("free"))
}

// TestManyClients: no resource is ever held by two.
func TestManyClients(t *testing.T) {
	var mu sync.Mutex
	holds := map[string]string{}
	var clients sync.WaitGroup
	for i := range 8 {
		c := newClient(t, fmt.Sprintf("client-%d", i))
		clients.Go(func() {
			for range 3 {
				r, err := c.AcquireWait(t.Context(), "many", "free", "leased")
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				if other := holds[r.Name]; other != "" {
					t.Errorf("%s is held by %s and %s", r.Name, other, r.Owner)
				}
				holds[r.Name] = r.Owner
				mu.Unlock()
				mu.Lock()
				delete(holds, r.Name)
				mu.Unlock()
				if err := c.ReleaseOne(r.Name, "free"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	clients.Wait()
}

// boskosctl runs Boskos's command line.
func boskosctl(t *testing.T, args ...string) (string, error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), filepath.Join(programs, "boskosctl"), append(args, "--server-url", server, "--owner-name", "person")...)
	output, err := command.CombinedOutput()
	return strings.TrimSpace(string(output)), err
}

func TestCommandLine(t *testing.T) {
	held := must[string](t)(boskosctl(t, "acquire", "--type", "command", "--state", "free", "--target-state", "leased"))
	var resource common.Resource
	check(t, json.Unmarshal([]byte(held), &resource))
	if resource.Name != "command-0" || resource.Owner != "person" {
		t.Errorf("acquire: %s", held)
	}
	if output, err := boskosctl(t, "acquire", "--type", "command", "--state", "free", "--target-state", "leased"); err == nil || output != "failed to acquire a resource: resources not found" {
		t.Errorf("acquire again: %q, %v", output, err)
	}
	if output := must[string](t)(boskosctl(t, "heartbeat", "--resource", held, "--period", "200ms", "--timeout", "700ms")); !slices.Contains(strings.Split(output, "\n"), `heartbeat sent for resource "command-0"`) {
		t.Errorf("heartbeat: %s", output)
	}
	if output := must[string](t)(boskosctl(t, "metrics", "--type", "command")); output != `{"type":"command","current":{"leased":1},"owner":{"person":1}}` {
		t.Errorf("metrics: %s", output)
	}
	if output := must[string](t)(boskosctl(t, "release", "--name", "command-0", "--target-state", "free")); output != `released resource "command-0"` {
		t.Errorf("release: %s", output)
	}
	must[string](t)(boskosctl(t, "acquire", "--type", "command", "--state", "free", "--target-state", "leased", "--timeout", "30s"))
}
