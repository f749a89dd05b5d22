package integration_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/drover-ci/drover/internal/testcluster"
	"github.com/drover-ci/drover/reconciler/configrepo"
)

// soaked is a system that random things happen to.
type soaked struct {
	*system

	server  *testcluster.Own
	random  *rand.Rand
	broken  bool
	counter int
	did     map[string]int
}

const (
	soakFolder  = "clusters/common"
	soakObjects = 40
)

// TestTheClusterEndsEqualToGit commits at random, good and bad, pushes by force, edits the cluster, kills Drover and
// restarts the API server, for as long as DROVER_SOAK says; in the end the cluster is what Git says. DROVER_SEED repeats
// a history, as far as times allow.
func TestTheClusterEndsEqualToGit(t *testing.T) {
	lasts, err := time.ParseDuration(os.Getenv("DROVER_SOAK"))
	if err != nil {
		lasts = 3 * time.Second
	}
	seed, err := strconv.ParseUint(os.Getenv("DROVER_SEED"), 10, 64)
	if err != nil {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("DROVER_SEED=%d", seed)
	server := testcluster.Start(t)
	s := &soaked{server: server, random: rand.New(rand.NewPCG(seed, 7)), did: map[string]int{}}
	s.system = start(t, t.TempDir(), "--kubeconfig", server.Kubeconfig())
	for i := range soakObjects {
		s.declare(i)
	}
	s.inForce(s.repository.CommitAll("what random things happen to"))
	for end := time.Now().Add(lasts); time.Now().Before(end); {
		s.act()
		time.Sleep(time.Duration(s.random.IntN(300)) * time.Millisecond) //nolint:forbidigo // a random pace is the point
	}
	t.Logf("did %v", s.did)
	s.mend()
	s.inForce(s.repository.CommitAll("the end"))
	s.eventually("the cluster is equal to Git", s.difference)
	s.eventually("nothing is left to do", s.undone)
	s.eventually("all is well", func() string {
		if ready := s.condition(configrepo.Ready); ready.Status != metav1.ConditionTrue {
			return ready.Message
		}
		return ""
	})
}

func soakName(i int) string { return fmt.Sprintf("soak-%02d", i) }

func soakFile(i int) string { return soakFolder + "/" + soakName(i) + ".yaml" }

// declare writes an object's file with a value that it never had.
func (s *soaked) declare(i int) {
	s.counter++
	s.repository.Write(soakFile(i), fmt.Sprintf(
		"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, namespace: ci}\ndata: {value: \"%d\"}\n", soakName(i), s.counter))
}

// act does one thing.
func (s *soaked) act() {
	acts := []struct {
		name   string
		weight int
		do     func()
	}{
		{"change", 8, s.change},
		{"remove", 3, s.removeFiles},
		{"break", 2, s.breakOne},
		{"mend", 2, s.mend},
		{"force-push", 1, s.forcePush},
		{"edit", 6, s.editObject},
		{"delete", 3, s.deleteObject},
		{"unlabel", 2, s.unlabelObject},
		{"kill", 2, s.kill},
		{"restart of the API server", 1, s.restartServer},
	}
	total := 0
	for _, a := range acts {
		total += a.weight
	}
	pick := s.random.IntN(total)
	for _, a := range acts {
		if pick -= a.weight; pick < 0 {
			s.did[a.name]++
			a.do()
			return
		}
	}
}

// change writes some objects, new ones among them, and commits.
func (s *soaked) change() {
	for range 1 + s.random.IntN(6) {
		s.declare(s.random.IntN(soakObjects))
	}
	s.repository.CommitAll("change")
}

// removeFiles takes some objects away, fewer than a guard would stop.
func (s *soaked) removeFiles() {
	for range 1 + s.random.IntN(3) {
		if err := os.RemoveAll(filepath.Join(s.repository.Dir, soakFile(s.random.IntN(soakObjects)))); err != nil {
			s.t.Fatal(err)
		}
	}
	s.repository.CommitAll("remove")
}

func (s *soaked) breakOne() {
	if !s.broken {
		s.repository.Replace(mainConfig, "as: unit", "az: unit")
		s.broken = true
	}
	s.change() // goes on without it
}

func (s *soaked) mend() {
	if strings.Contains(s.repository.Read(mainConfig), "az: unit") {
		s.repository.Replace(mainConfig, "az: unit", "as: unit")
		s.repository.CommitAll("mend")
	}
	s.broken = false
}

// forcePush goes back some commits, and on from there with another.
func (s *soaked) forcePush() {
	count, err := strconv.Atoi(s.repository.Git("rev-list", "--count", "HEAD"))
	if err != nil {
		s.t.Fatal(err)
	}
	if back := 1 + s.random.IntN(3); back < count-1 {
		s.repository.Git("reset", "-q", "--hard", fmt.Sprintf("HEAD~%d", back))
	}
	s.broken = strings.Contains(s.repository.Read(mainConfig), "az: unit")
	s.change()
}

func (s *soaked) patchObject(patch string) {
	name := soakName(s.random.IntN(soakObjects))
	_, _ = s.client.CoreV1().ConfigMaps("ci").Patch(s.t.Context(), name, types.MergePatchType, []byte(patch), metav1.PatchOptions{}) // it need not be there
}

func (s *soaked) editObject() { s.patchObject(`{"data":{"value":"theirs"}}`) }

func (s *soaked) unlabelObject() { s.patchObject(`{"metadata":{"labels":null}}`) }

func (s *soaked) deleteObject() {
	_ = s.client.CoreV1().ConfigMaps("ci").Delete(s.t.Context(), soakName(s.random.IntN(soakObjects)), metav1.DeleteOptions{})
}

// kill kills Drover after a commit, and starts it again.
func (s *soaked) kill() {
	s.change()
	time.Sleep(time.Duration(s.random.IntN(400)) * time.Millisecond) //nolint:forbidigo // the moment of the kill
	s.stop(syscall.SIGKILL)
	broken := s.broken
	s.system = start(s.t, s.data, "--kubeconfig", s.server.Kubeconfig())
	s.broken = broken
}

func (s *soaked) restartServer() {
	s.change()
	if err := s.server.Restart(); err != nil {
		s.t.Fatal(err)
	}
}

// declared are the objects in the checkout, by name, with their values.
func (s *soaked) declared() map[string]string {
	all := map[string]string{}
	for i := range soakObjects {
		content, err := os.ReadFile(filepath.Join(s.repository.Dir, soakFile(i)))
		if err == nil {
			_, value, _ := strings.Cut(string(content), `value: "`)
			all[soakName(i)], _, _ = strings.Cut(value, `"`)
		}
	}
	return all
}

// difference tells how the cluster differs from the checkout.
func (s *soaked) difference() string {
	list, err := s.client.CoreV1().ConfigMaps("ci").List(context.Background(), metav1.ListOptions{})
	if err != nil {
		return err.Error()
	}
	got := map[string]string{}
	for _, object := range list.Items {
		if strings.HasPrefix(object.Name, "soak-") {
			got[object.Name] = object.Data["value"]
		}
	}
	return cmp.Diff(s.declared(), got)
}

// undone tells what applying would still do, and what lies about of the inventory.
func (s *soaked) undone() string {
	path, err := program()
	if err != nil {
		s.t.Fatal(err)
	}
	command := exec.CommandContext(s.t.Context(), path, "diff", "--repo", s.repository.Dir, "--rev", "HEAD", "--kubeconfig", s.server.Kubeconfig())
	if output, err := command.CombinedOutput(); err != nil {
		return string(output)
	}
	list, err := s.client.CoreV1().ConfigMaps("drover-system").List(context.Background(), metav1.ListOptions{LabelSelector: "drover.dev/inventory"})
	if err != nil {
		return err.Error()
	}
	var root struct {
		Phase  string              `json:"phase"`
		Shards map[string][]string `json:"shards"`
	}
	var parts []string
	for _, object := range list.Items {
		if text, ok := object.Data["inventory.json"]; ok {
			if err := json.Unmarshal([]byte(text), &root); err != nil {
				return err.Error()
			}
			continue
		}
		parts = append(parts, object.Name)
	}
	slices.Sort(parts)
	named := slices.Sorted(slices.Values(slices.Concat(slices.Collect(maps.Values(root.Shards))...)))
	if root.Phase != "settled" || !slices.Equal(parts, named) {
		return fmt.Sprintf("the inventory is %s, names %q, and there are %q", root.Phase, named, parts)
	}
	return ""
}
