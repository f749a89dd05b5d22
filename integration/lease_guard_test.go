package integration_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/drover-ci/drover/leases"
	"github.com/drover-ci/drover/leases/store"
)

// deploy puts everything of deploy into the cluster, with the component that lets
// the reconciler see the leases.
func (s *site) deploy() {
	s.t.Helper()
	s.makeNamespace("ci")
	applyAll(s.t, s.config, customized(s.t, "resources: [DEPLOY/overlays/production]\ncomponents: [DEPLOY/components/leases]\n"))
}

// makeNamespace makes a namespace where there is none.
func (s *site) makeNamespace(name string) {
	s.t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if _, err := s.client.CoreV1().Namespaces().Create(s.t.Context(), namespace, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
		s.t.Fatal(err)
	}
}

// customized builds a kustomization of one's own, in which DEPLOY is ours.
func customized(t *testing.T, text string) []*unstructured.Unstructured {
	t.Helper()
	folder := t.TempDir()
	here, err := filepath.Abs(deployment)
	if err != nil {
		t.Fatal(err)
	}
	there, err := filepath.Rel(folder, here)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "kustomization.yaml"), []byte(strings.ReplaceAll(text, "DEPLOY", there)), 0o600); err != nil {
		t.Fatal(err)
	}
	relative, err := filepath.Rel(here, folder)
	if err != nil {
		t.Fatal(err)
	}
	return build(t, relative)
}

// seesLeases: a reconciler in a cluster shows what the lease server stores, and
// removes no type of which somebody holds a lease.
func (s *site) seesLeases(leader *replica) {
	s.t.Helper()
	stored, err := store.New(s.config, "ci")
	if err == nil {
		err = stored.Install(s.t.Context())
	}
	if err != nil {
		s.t.Fatal(err)
	}
	const spare = "  spare-quota-slice:\n    east: 2\n"
	s.repository.Replace(quotas, "  oracle-quota-slice:", spare+"  oracle-quota-slice:")
	revision := s.repository.CommitAll("spare")
	leader.push()
	s.inForce(revision, leader)
	held := leases.Resource{Name: "east--spare-quota-slice-0", Type: "spare-quota-slice", State: leases.Leased, Owner: "job-of-somebody"}
	if result := stored.Apply(s.t.Context(), &leases.Write{Kind: leases.Create, After: held}); result.Outcome != leases.Stored {
		s.t.Fatalf("create %s: %+v", held.Name, result)
	}
	wait(s.t, "the page shows the lease", func() string {
		status, _, body := leader.get("/leases/spare-quota-slice")
		if status != http.StatusOK || !strings.Contains(body, held.Owner) || !strings.Contains(body, "1 of 2 in use") {
			return body
		}
		return ""
	})
	s.repository.Replace(quotas, spare, "")
	refused := s.repository.CommitAll("no spare")
	leader.push()
	wait(s.t, "the revision is refused", func() string {
		object, err := s.status.Read(s.t.Context())
		switch {
		case err != nil:
			return err.Error()
		case object.Status.LastAttempted != refused:
			return "not looked at"
		case len(object.Status.Problems) != 1 || !strings.Contains(object.Status.Problems[0].Message, held.Name+" by job-of-somebody"):
			return "not refused for that"
		}
		return ""
	})
	published, err := s.client.CoreV1().ConfigMaps("ci").Get(s.t.Context(), "resources", metav1.GetOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	if text := fmt.Sprint(published.Data); !strings.Contains(text, held.Name) {
		s.t.Errorf("the lease server is told %s", text)
	}
}
