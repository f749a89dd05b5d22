package integration_test

import (
	"fmt"
	"path/filepath"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/drover-ci/drover/fixtures"
	"github.com/drover-ci/drover/internal/testgit"
	"github.com/drover-ci/drover/reconciler/configrepo"
)

// sharesTheCluster follows a second repository, whose settings say nothing of what
// to publish: its list of leases is to be where the first has its own. It is told
// so, in words that name the first, and takes nothing from it; and once it
// publishes elsewhere, in a namespace that both have, it is in force.
func (s *site) sharesTheCluster(leader *replica) {
	s.t.Helper()
	second := testgit.FromFS(s.t, fixtures.Release())
	second.Write("drover.yaml", "jobs: {configMap: second-jobs}\n")
	second.CommitAll("nothing is said of what to publish")
	applyAll(s.t, s.config, []*unstructured.Unstructured{{Object: map[string]any{
		"apiVersion": "drover.dev/v1alpha1", "kind": "ConfigRepo",
		"metadata": map[string]any{"name": "second", "namespace": s.namespace},
		"spec": map[string]any{
			"url": strings.Replace(s.url, filepath.Base(s.repository.Dir), filepath.Base(second.Dir), 1), "branch": "main",
			"interval": "1h", "credentials": map[string]any{"secretName": "git"},
		},
	}}})
	status, err := configrepo.NewWriter(s.config, s.namespace, "second")
	if err != nil {
		s.t.Fatal(err)
	}
	wait(s.t, "the second repository is told", func() string {
		object, err := status.Read(s.t.Context())
		switch {
		case err != nil:
			return err.Error()
		case len(object.Status.Problems) != 1 || object.Status.Problems[0].Message != resourcesAreTaken:
			return fmt.Sprintf("%+v\n%s", object.Status, leader.logged())
		}
		return ""
	})
	second.Write("drover.yaml", "jobs: {configMap: second-jobs}\npublish: [{configMap: second-resources, namespace: ci, files: [core-services/prow/02_config/_boskos.yaml]}]\n")
	revision := second.CommitAll("another name")
	leader.push()
	wait(s.t, "the second repository is in force", func() string {
		object, err := status.Read(s.t.Context())
		if err != nil || object.Status.AppliedRevision != revision {
			return "not"
		}
		return ""
	})
	found, err := s.client.CoreV1().Namespaces().Get(s.t.Context(), "ci", metav1.GetOptions{})
	if err != nil || found.Labels["drover.dev/owner"] != "release" {
		s.t.Errorf("namespace ci is of %q: %v", found.Labels["drover.dev/owner"], err)
	}
}

const resourcesAreTaken = `ConfigMap ci/resources: another ConfigRepo, "release", has it: ` +
	`give it another name in one of the two repositories, or annotate it drover.dev/adopt: allowed to take it over`
