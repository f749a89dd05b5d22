package integration_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/drover-ci/drover/internal/testcluster"
	"github.com/drover-ci/drover/reconciler/configrepo"
)

const (
	quotas     = "core-services/boskos/quotas.yaml"
	mainConfig = "ci-operator/config/acme/widget-server/acme-widget-server-main.yaml"
	manifest   = "clusters/common/extra.yaml"
)

// setQuota changes the number of AWS leases in the first region.
func (s *system) setQuota(from, to int) {
	s.t.Helper()
	const slice = "\n    us-east-1: %d\n"
	s.repository.Replace(quotas, fmt.Sprintf(slice, from), fmt.Sprintf(slice, to))
}

// jobs gives all job files in the cluster as one text.
func (s *system) jobs() string {
	var text strings.Builder
	list, err := s.client.CoreV1().ConfigMaps("ci").List(context.Background(), metav1.ListOptions{})
	if err != nil {
		return err.Error()
	}
	for _, part := range list.Items {
		if !strings.HasPrefix(part.Name, "job-config") {
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(part.BinaryData)) {
			reader, err := gzip.NewReader(bytes.NewReader(part.BinaryData[key]))
			if err != nil {
				return key + ": " + err.Error()
			}
			plain, err := io.ReadAll(reader)
			if err != nil {
				return key + ": " + err.Error()
			}
			text.Write(plain)
		}
	}
	return text.String()
}

func TestACommitFlowsThroughTheWholeSystem(t *testing.T) {
	s := start(t, t.TempDir())
	if !strings.Contains(s.jobs(), "pull-ci-acme-widget-server-main-unit") {
		t.Error("the sample's jobs are not in the cluster")
	}
	t.Run("a quota", s.testQuota)
	t.Run("a broken configuration", s.testBroken)
	t.Run("two commits at once", s.testTwoCommits)
	t.Run("a change by hand", s.testByHand)
	t.Run("a change by hand elsewhere", s.testByHandElsewhere)
	t.Run("health", s.testHealth)
	t.Run("rollback, suspend and sync", s.testOrders)
	t.Run("start again", s.testStartAgain)
}

func (s *system) testQuota(t *testing.T) {
	s.setQuota(12, 14)
	revision := s.repository.CommitAll("more AWS")
	s.eventually("the cluster's leases follow the quota", func() string {
		if !strings.Contains(s.configMap("resources").Data["boskos.yaml"], "us-east-1--aws-quota-slice-13") {
			return "without the new lease"
		}
		return ""
	})
	s.inForce(revision)
	_ = t
}

func (s *system) testBroken(t *testing.T) {
	before, jobs, served := s.state(), s.jobs(), s.body()
	s.setQuota(14, 15)
	s.repository.Replace(mainConfig, "as: unit", "az: unit")
	broken := s.repository.CommitAll("oops")
	s.eventually("all but the broken unit is in force", func() string {
		if status := s.state(); status.AppliedRevision != broken {
			return "not yet"
		}
		return ""
	})
	status := s.state()
	if s.jobs() != jobs || s.body() != served {
		t.Error("a broken configuration had an effect")
	}
	if !strings.Contains(s.configMap("resources").Data["boskos.yaml"], "us-east-1--aws-quota-slice-14") {
		t.Error("a broken configuration holds back a quota")
	}
	if status.HeldCount != 1 || status.Held[0].Unit != "component acme/widget-server" || status.Held[0].Revision != before.AppliedRevision {
		t.Errorf("held: %+v", status.Held)
	}
	if status.ProblemCount != 2 || status.Problems[0].File != mainConfig || status.Problems[0].Line == 0 || status.Problems[0].Column == 0 {
		t.Errorf("got problems %v", status.Problems)
	}
	if valid := s.condition(configrepo.Valid); valid.Status != metav1.ConditionFalse || !strings.Contains(valid.Message, mainConfig) {
		t.Errorf("got condition %+v", valid)
	}
	s.repository.Git("revert", "--no-edit", "HEAD")
	mended := s.repository.Git("rev-parse", "HEAD")
	s.inForce(mended)
	if status := s.state(); status.ProblemCount != 0 || s.condition(configrepo.Ready).Status != metav1.ConditionTrue {
		t.Errorf("after mending: %+v", status)
	}
}

func (s *system) testTwoCommits(t *testing.T) {
	s.setQuota(14, 21)
	s.repository.CommitAll("first of two")
	s.setQuota(21, 12)
	s.inForce(s.repository.CommitAll("second of two"))
	if leases := s.configMap("resources").Data["boskos.yaml"]; strings.Contains(leases, "us-east-1--aws-quota-slice-12") {
		t.Errorf("the first commit is in force:\n%s", leases)
	}
}

func (s *system) testByHand(t *testing.T) {
	edited := s.configMap("resources")
	want := edited.Data["boskos.yaml"]
	edited.Data["boskos.yaml"] = "resources: []\n"
	if _, err := s.client.CoreV1().ConfigMaps("ci").Update(t.Context(), edited, metav1.UpdateOptions{}); err != nil {
		s.t.Fatal(err)
	}
	s.eventually("an object edited by hand is put right", func() string {
		if s.configMap("resources").Data["boskos.yaml"] != want {
			return "as it was edited"
		}
		return ""
	})
	if err := s.client.CoreV1().ConfigMaps("ci").Delete(t.Context(), "plugins", metav1.DeleteOptions{}); err != nil {
		s.t.Fatal(err)
	}
	s.eventually("an object deleted by hand is made again", func() string {
		if s.configMap("plugins").Name == "" {
			return "gone"
		}
		return ""
	})
}

// testByHandElsewhere has another target, which is the same API server under
// another name: the log says where somebody changed something.
func (s *system) testByHandElsewhere(t *testing.T) {
	if strings.Contains(s.stderr.String(), "target=build") {
		t.Errorf("what was changed at home is said of another target:\n%s", s.stderr)
	}
	kubeconfig, err := os.ReadFile(filepath.Join(s.data, "kubeconfig"))
	if err != nil {
		t.Fatal(err)
	}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "build"}, Data: map[string][]byte{"kubeconfig": kubeconfig}}
	if _, err := s.client.CoreV1().Secrets("drover-system").Create(t.Context(), secret, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	s.repository.Replace("drover.yaml", "hold: unit\n", "hold: unit\ntargets: [{name: home}, {name: build, secret: build}]\n")
	s.repository.Replace("drover.yaml", "\nmanifests:\n", "\nmanifests:\n  - {folder: clusters/build, targets: [build]}\n")
	s.repository.Write("clusters/build/mark.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: mark, namespace: ci}\ndata: {text: ours}\n")
	s.inForce(s.repository.CommitAll("another target"))
	s.eventually("it has its object", func() string { return missing(s.configMap("mark").Data["text"], "ours") })
	theirs := []byte(`{"data":{"text":"theirs"}}`)
	if _, err := s.client.CoreV1().ConfigMaps("ci").Patch(t.Context(), "mark", types.MergePatchType, theirs, metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	s.eventually("an object edited by hand elsewhere is put right", func() string { return missing(s.configMap("mark").Data["text"], "ours") })
	s.eventually("the log names the target", func() string {
		for line := range strings.Lines(s.stderr.String()) {
			if strings.Contains(line, "somebody changed an object") && strings.Contains(line, "target=build") && strings.Contains(line, "ci/mark") {
				return ""
			}
		}
		return "not said"
	})
	s.repository.Git("revert", "--no-edit", "HEAD")
	s.inForce(s.repository.Git("rev-parse", "HEAD"))
}

// missing is what is found instead of what is wanted, if it is another.
func missing(got, want string) string {
	if got == want {
		return ""
	}
	return fmt.Sprintf("%q", got)
}

// testHealth declares a Deployment. No kubelet runs, so that it comes up when the test says so.
func (s *system) testHealth(t *testing.T) {
	healthy := func(what string, want metav1.ConditionStatus, named string) {
		t.Helper()
		s.eventually(what, func() string {
			got := s.condition(configrepo.Healthy)
			if got.Status != want || !strings.Contains(got.Message, named) {
				return fmt.Sprintf("%s: %s", got.Status, got.Message)
			}
			return ""
		})
	}
	s.repository.Write(manifest, `apiVersion: apps/v1
kind: Deployment
metadata: {name: deck, namespace: ci}
spec:
  selector: {matchLabels: {app: deck}}
  template:
    metadata: {labels: {app: deck}}
    spec: {containers: [{name: deck, image: deck}]}
`)
	s.inForce(s.repository.CommitAll("a deployment"))
	healthy("a deployment that is not up yet is named", metav1.ConditionUnknown, "Deployment.apps ci/deck ("+manifest+")")
	failed := `{"status":{"observedGeneration":1,"conditions":[{"type":"Progressing","status":"False","reason":"ProgressDeadlineExceeded"}]}}`
	if _, err := s.client.AppsV1().Deployments("ci").Patch(t.Context(), "deck", types.MergePatchType, []byte(failed), metav1.PatchOptions{}, "status"); err != nil {
		t.Fatal(err)
	}
	healthy("one that failed too", metav1.ConditionFalse, "1 object does not work: Deployment.apps ci/deck ("+manifest+")")
	if text, code := s.drover("status"); code != 1 || !strings.Contains(text, "Deployment.apps ci/deck") {
		t.Errorf("status: exit %d:\n%s", code, text)
	}
	if err := os.Remove(filepath.Join(s.repository.Dir, manifest)); err != nil {
		t.Fatal(err)
	}
	s.inForce(s.repository.CommitAll("no deployment"))
	healthy("without it all is well", metav1.ConditionTrue, "")
}

// drover runs a command that asks the system's cluster, and gives its output
// and exit code.
func (s *system) drover(args ...string) (output string, code int) {
	s.t.Helper()
	path, err := program()
	if err != nil {
		s.t.Fatal(err)
	}
	command := exec.CommandContext(s.t.Context(), path, args...)
	command.Env = append(os.Environ(), "KUBECONFIG="+filepath.Join(s.data, "kubeconfig"))
	text, _ := command.CombinedOutput()
	return string(text), command.ProcessState.ExitCode()
}

// watchStatus has the status watched until stop is called, and waits until it
// has been seen.
func (s *system) watchStatus() (watched func() string, stop func() (code int)) {
	s.t.Helper()
	path, err := program()
	if err != nil {
		s.t.Fatal(err)
	}
	out, err := os.Create(filepath.Join(s.t.TempDir(), "watched"))
	if err != nil {
		s.t.Fatal(err)
	}
	command := exec.CommandContext(s.t.Context(), path, "status", "--watch")
	command.Env = append(os.Environ(), "KUBECONFIG="+filepath.Join(s.data, "kubeconfig"))
	command.Stdout, command.Stderr = out, out
	if err := command.Start(); err != nil {
		s.t.Fatal(err)
	}
	watched = func() string {
		text, err := os.ReadFile(out.Name())
		if err != nil {
			return err.Error()
		}
		return string(text)
	}
	s.eventually("the status is watched", func() string {
		if text := watched(); !strings.Contains(text, "in force") {
			return text + "not yet"
		}
		return ""
	})
	return watched, func() int {
		_ = command.Process.Signal(os.Interrupt)
		_ = command.Wait()
		return command.ProcessState.ExitCode()
	}
}

func (s *system) testOrders(t *testing.T) {
	earlier := s.state().AppliedRevision
	s.setQuota(12, 17)
	watched, stop := s.watchStatus()
	newest := s.repository.CommitAll("to be rolled back")
	s.inForce(newest)
	s.eventually("who watches the status sees both", func() string {
		text := watched()
		before, after := strings.Index(text, earlier[:10]+", the newest"), strings.Index(text, newest[:10]+", the newest")
		if before < 0 || after < before {
			return text
		}
		return ""
	})
	if code := stop(); code != 0 {
		t.Errorf("status --watch, interrupted: exit %d", code)
	}
	if text, code := s.drover("rollback", earlier[:9]); code != 0 || !strings.Contains(text, "is in force") {
		t.Fatalf("rollback: exit %d: %s", code, text)
	}
	s.inForce(earlier)
	if text, _ := s.drover("status"); !strings.Contains(text, earlier[:10]+", as people asked; the newest is "+newest[:10]) {
		t.Errorf("status while rolled back:\n%s", text)
	}
	text, code := s.drover("diff", "--repo", s.repository.Dir, "--rev", newest)
	if code != 1 || !strings.Contains(text, "+      - us-east-1--aws-quota-slice-16\n") || !strings.Contains(text, "0 would be created, 1 changed, 0 deleted") {
		t.Errorf("diff: exit %d:\n%s", code, text)
	}
	if text, code := s.drover("rollback", "--lift"); code != 0 {
		t.Fatalf("lift: exit %d: %s", code, text)
	}
	s.inForce(newest)
	if text, code := s.drover("status"); code != 0 || !strings.Contains(text, newest[:10]+", the newest") {
		t.Errorf("status: exit %d:\n%s", code, text)
	}
	if text, code := s.drover("rollback", "0123abc"); code != 2 || !strings.Contains(text, "the history has no revision") {
		t.Errorf("rollback to nowhere: exit %d: %s", code, text)
	}
	nowhere := strings.Repeat("ab", 20)
	if text, code := s.drover("rollback", nowhere); code != 2 || !strings.Contains(text, "reference not found; drover rollback --lift ends it") {
		t.Errorf("rollback to a commit that is nowhere: exit %d: %s", code, text)
	}
	if text, _ := s.drover("status"); !strings.Contains(text, newest[:10]+"; people asked for "+nowhere[:10]) {
		t.Errorf("status then:\n%s", text)
	}
	if text, code := s.drover("rollback", "--lift"); code != 0 {
		t.Fatalf("lift: exit %d: %s", code, text)
	}
	s.patch(`{"spec":{"suspend":true}}`)
	s.eventually("suspended", func() string {
		if !s.state().Suspended {
			return "not suspended"
		}
		return ""
	})
	s.setQuota(17, 18)
	later := s.repository.CommitAll("while suspended")
	s.patch(`{"metadata":{"annotations":{"drover.dev/sync":"once"}}}`)
	s.inForce(later)
	s.patch(`{"spec":{"suspend":false}}`)
	s.setQuota(18, 12)
	s.inForce(s.repository.CommitAll("go on"))
}

// patch changes the ConfigRepo as people do.
func (s *system) patch(body string) {
	s.t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", filepath.Join(s.data, "kubeconfig"))
	if err != nil {
		s.t.Fatal(err)
	}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		s.t.Fatal(err)
	}
	at := client.Resource(schema.GroupVersionResource{Group: "drover.dev", Version: "v1alpha1", Resource: "configrepos"}).Namespace("drover-system")
	if _, err := at.Patch(s.t.Context(), "release", types.MergePatchType, []byte(body), metav1.PatchOptions{}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *system) testStartAgain(t *testing.T) {
	uid, jobs := s.configMap("resources").UID, s.jobs()
	s.patch(`{"spec":{"suspend":true}}`)
	s.eventually("suspended", func() string {
		if !s.state().Suspended {
			return "not suspended"
		}
		return ""
	})
	byHand := s.configMap("plugins")
	byHand.Data["plugins.yaml"] = "by hand"
	if _, err := s.client.CoreV1().ConfigMaps("ci").Update(t.Context(), byHand, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	s.stop(syscall.SIGTERM)
	if _, err := os.Stat(s.data + "/endpoints.json"); !os.IsNotExist(err) {
		t.Errorf("endpoints.json is left: %v", err)
	}
	good := s.repository.Git("rev-parse", "HEAD")
	s.repository.Replace(mainConfig, "as: unit", "az: unit")
	broken := s.repository.CommitAll("broken while nothing ran")
	again := start(t, s.data)
	if state := again.state(); state.AppliedRevision != good || !state.Suspended || again.configMap("plugins").Data["plugins.yaml"] != "by hand" {
		t.Errorf("started while suspended: %s of %s is in force, the ConfigMap is %v", state.AppliedRevision, good, again.configMap("plugins").Data)
	}
	if served := again.served("Drover-Revision"); served != good {
		t.Errorf("started while suspended: answers from %q", served)
	}
	again.patch(`{"spec":{"suspend":false}}`)
	again.inForce(broken)
	again.eventually("what was changed while suspended is put right", func() string {
		if again.configMap("plugins").Data["plugins.yaml"] == "by hand" {
			return "by hand"
		}
		return ""
	})
	if held := again.state().Held; len(held) != 1 || held[0].Revision != good || again.jobs() != jobs {
		t.Errorf("after a start: held %+v", held)
	}
	if again.configMap("resources").UID != uid {
		t.Error("the cluster was made anew")
	}
}

// TestKilledAtAnyMoment kills drover at moments that are spread over a
// reconcile, and looks whether it converges after a start. In two of the rounds
// the cluster is its own and dies with it, in the others it stays.
func TestKilledAtAnyMoment(t *testing.T) {
	killed(t, 0, 2)
	killed(t, 2, 8, "--kubeconfig", testcluster.Start(t).Kubeconfig())
}

func killed(t *testing.T, first, rounds int, flags ...string) {
	t.Helper()
	data := t.TempDir()
	s := start(t, data, flags...)
	for round := range rounds {
		count := 30 + round
		s.setQuota(before(round), count)
		s.repository.Replace(mainConfig, "as: unit"+mark(round), "as: unit"+mark(round+1))
		var objects strings.Builder
		for i := range 8 {
			fmt.Fprintf(&objects, "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra-%d-%d, namespace: ci}\n", round%2, i)
		}
		s.repository.Write(manifest, objects.String())
		revision := s.repository.CommitAll(fmt.Sprintf("round %d", round))
		<-time.After(time.Duration(first+round) * 35 * time.Millisecond) // the moment of the kill, not a wait for anything
		s.stop(syscall.SIGKILL)
		s = start(t, data, flags...)
		s.inForce(revision)
		s.whole(round, count)
	}
}

func before(round int) int {
	if round == 0 {
		return 12
	}
	return 29 + round
}

func mark(round int) string {
	if round == 0 {
		return ""
	}
	return fmt.Sprintf("-round%d", round)
}

// whole holds the cluster against what a round's revision says: everything of
// it, and nothing that only the round before had.
func (s *system) whole(round, count int) {
	s.t.Helper()
	leases := s.configMap("resources").Data["boskos.yaml"]
	if !strings.Contains(leases, fmt.Sprintf("us-east-1--aws-quota-slice-%d", count-1)) || strings.Contains(leases, fmt.Sprintf("us-east-1--aws-quota-slice-%d\n", count)) {
		s.t.Errorf("round %d: the leases are of another revision", round)
	}
	if !strings.Contains(s.jobs(), "widget-server-main-unit"+mark(round+1)+"\n") || strings.Contains(s.jobs(), "widget-server-main-unit"+mark(round)+"\n") {
		s.t.Errorf("round %d: the jobs are of another revision", round)
	}
	for i := range 8 {
		if name := fmt.Sprintf("extra-%d-%d", round%2, i); s.configMap(name).Name == "" {
			s.t.Errorf("round %d: %s was lost", round, name)
		}
		if name := fmt.Sprintf("extra-%d-%d", 1-round%2, i); s.configMap(name).Name != "" {
			s.t.Errorf("round %d: %s was orphaned", round, name)
		}
	}
}
