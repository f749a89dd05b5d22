package integration_test

import (
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/drover-ci/drover/fixtures"
	"github.com/drover-ci/drover/internal/testgit"
	"github.com/drover-ci/drover/reconciler/configrepo"
)

// TestTheBaseAloneIsEnoughToPublish runs the daemon with no more rights than
// deploy/base gives: it publishes, into a namespace that is there. It shares the
// cluster with other tests, and so goes by other names.
func TestTheBaseAloneIsEnoughToPublish(t *testing.T) {
	s := &site{t: t, namespace: "drover-alone", config: cluster.Config(t), repository: testgit.FromFS(t, fixtures.Release())}
	s.repository.Write("drover.yaml", "jobs: {namespace: apart}\npublish: [{configMap: quotas, namespace: apart, files: [core-services/boskos/quotas.yaml]}]\n")
	s.repository.CommitAll("nothing but what is published")
	applyAll(t, s.config, customized(t, "resources: [DEPLOY/base]\nnamespace: drover-alone\nnameSuffix: -alone\n"))
	var err error
	if s.client, err = kubernetes.NewForConfig(s.config); err != nil {
		t.Fatal(err)
	}
	if s.status, err = configrepo.NewWriter(s.config, s.namespace, "release"); err != nil {
		t.Fatal(err)
	}
	s.makeNamespace("apart")
	s.kubeconfig, s.url = serviceAccount(t, s.config, s.namespace, "drover-alone"), s.serveGit()
	r := s.start(t.TempDir())
	s.declare()
	s.inForce(s.repository.Git("rev-parse", "HEAD"), r)
	for _, name := range []string{"quotas", "job-config"} {
		if _, err := s.client.CoreV1().ConfigMaps("apart").Get(t.Context(), name, metav1.GetOptions{}); err != nil {
			t.Error(err)
		}
	}
	wait(t, "all is well", func() string {
		object, err := s.status.Read(t.Context())
		if err != nil || !meta.IsStatusConditionTrue(object.Status.Conditions, configrepo.Ready) {
			return r.logged()
		}
		return ""
	})
}
