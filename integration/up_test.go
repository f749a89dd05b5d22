package integration_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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
	s.eventually("the revision is refused", func() string {
		if status := s.state(); status.LastAttempted != broken {
			return "not looked at"
		}
		return ""
	})
	status := s.state()
	if status.AppliedRevision != before.AppliedRevision || s.jobs() != jobs || s.body() != served ||
		strings.Contains(s.configMap("resources").Data["boskos.yaml"], "us-east-1--aws-quota-slice-14") {
		t.Error("a refused revision had an effect")
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

func (s *system) testStartAgain(t *testing.T) {
	uid := s.configMap("resources").UID
	s.stop(syscall.SIGTERM)
	if _, err := os.Stat(s.data + "/endpoints.json"); !os.IsNotExist(err) {
		t.Errorf("endpoints.json is left: %v", err)
	}
	good := s.repository.Git("rev-parse", "HEAD")
	s.repository.Replace(mainConfig, "as: unit", "az: unit")
	s.repository.CommitAll("broken while nothing ran")
	again := start(t, s.data)
	again.inForce(good)
	if again.configMap("resources").UID != uid {
		t.Error("the cluster was made anew")
	}
}

// TestKilledAtAnyMoment kills drover at moments that are spread over a
// reconcile, and looks whether it converges after a start.
func TestKilledAtAnyMoment(t *testing.T) {
	data := t.TempDir()
	s := start(t, data)
	for round := range 10 {
		count := 30 + round
		s.setQuota(before(round), count)
		s.repository.Replace(mainConfig, "as: unit"+mark(round), "as: unit"+mark(round+1))
		var objects strings.Builder
		for i := range 8 {
			fmt.Fprintf(&objects, "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra-%d-%d, namespace: ci}\n", round%2, i)
		}
		s.repository.Write(manifest, objects.String())
		revision := s.repository.CommitAll(fmt.Sprintf("round %d", round))
		<-time.After(time.Duration(round) * 35 * time.Millisecond) // the moment of the kill, not a wait for anything
		s.stop(syscall.SIGKILL)
		s = start(t, data)
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
