package apply_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/drover-ci/drover/generators"
)

// bulk is enough new ConfigMaps that they are not all dry-run.
func (s *site) bulk() []generators.Object {
	var all []generators.Object
	for i := range 40 {
		all = append(all, s.configMap(fmt.Sprintf("bulk-%02d", i), "1"))
	}
	return all
}

// rehearsed counts the dry runs that applying takes.
func (s *site) rehearsed(objects ...generators.Object) (dryRuns int) {
	s.t.Helper()
	for _, line := range s.wire.during(func() { s.apply(s.target(), "r1", objects...) }) {
		if strings.HasPrefix(line, "DRY ") {
			dryRuns++
		}
	}
	return dryRuns
}

func (s *site) create(at schema.GroupVersionResource, namespace string, content map[string]any) {
	s.t.Helper()
	object := &unstructured.Unstructured{Object: content}
	if _, err := s.client.Resource(at).Namespace(namespace).Create(s.t.Context(), object, metav1.CreateOptions{}); err != nil {
		s.t.Fatal(err)
	}
}

// TestManyNewConfigMaps runs alone: a webhook counts for the whole cluster.
func TestManyNewConfigMaps(t *testing.T) {
	t.Run("one stands for all", func(t *testing.T) {
		s := newSite(t)
		if got := s.rehearsed(s.bulk()...); got != 1 {
			t.Errorf("%d dry runs, want 1", got)
		}
	})
	t.Run("but for those that are there", func(t *testing.T) {
		s := newSite(t)
		s.somebodys("bulk-03", "")
		s.somebodys("bulk-05", "")
		if got := s.rehearsed(s.bulk()...); got != 3 {
			t.Errorf("%d dry runs, want 3", got)
		}
	})
	t.Run("and for what the server would refuse", func(t *testing.T) {
		s := newSite(t)
		bad := s.configMap("bad", "1")
		bad.Object["data"] = map[string]any{"not a key": "1"}
		got := s.refuse(s.target(), "r1", append(s.bulk(), bad)...)
		if len(got) != 1 || !strings.Contains(got[0].Reason, "data[not a key]: Invalid value") {
			t.Errorf("refusals: %v", got)
		}
	})
	t.Run("unless there is a quota", func(t *testing.T) {
		s := newSite(t)
		s.create(schema.GroupVersionResource{Version: "v1", Resource: "resourcequotas"}, s.namespace, map[string]any{
			"apiVersion": "v1", "kind": "ResourceQuota", "metadata": map[string]any{"name": "quota"},
			"spec": map[string]any{"hard": map[string]any{"count/secrets": "10"}},
		})
		if got := s.rehearsed(s.bulk()...); got != 40 {
			t.Errorf("%d dry runs, want 40", got)
		}
	})
	t.Run("or a webhook", func(t *testing.T) {
		s := newSite(t)
		webhooks := schema.GroupVersionResource{Group: "admissionregistration.k8s.io", Version: "v1", Resource: "validatingwebhookconfigurations"}
		s.create(webhooks, "", map[string]any{
			"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration", "metadata": map[string]any{"name": s.namespace},
			"webhooks": []any{map[string]any{
				"name": "a.drover.test", "sideEffects": "None", "admissionReviewVersions": []any{"v1"},
				"clientConfig":      map[string]any{"url": "https://localhost:1"},
				"namespaceSelector": map[string]any{"matchLabels": map[string]any{"nobody": "has-this"}},
				"rules":             []any{map[string]any{"apiGroups": []any{""}, "apiVersions": []any{"v1"}, "resources": []any{"configmaps"}, "operations": []any{"CREATE"}}},
			}},
		})
		defer func() {
			if err := s.client.Resource(webhooks).Delete(t.Context(), s.namespace, metav1.DeleteOptions{}); err != nil {
				t.Error(err)
			}
		}()
		if got := s.rehearsed(s.bulk()...); got != 40 {
			t.Errorf("%d dry runs, want 40", got)
		}
	})
}

func TestRequestsOfARevision(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	target := s.target()
	objects := s.bulk()
	s.apply(target, "r1", objects...)
	objects[0] = s.configMap("bulk-00", "2")
	s.apply(target, "r1", objects...)
	object := "/api/v1/namespaces/" + s.namespace + "/configmaps/bulk-07"
	system, root := "/api/v1/namespaces/drover-system/configmaps", "/api/v1/namespaces/drover-system/configmaps/drover-inventory-"+s.namespace

	want := []string{"GET /api/v1/configmaps", "GET " + root}
	if diff := cmp.Diff(want, s.wire.during(func() { s.apply(target, "r1", objects...) })); diff != "" {
		t.Errorf("nothing to do (-want +got):\n%s", diff)
	}
	objects[7] = s.configMap("bulk-07", "2")
	want = []string{
		"DELETE a part", // the shard as it was
		"DRY PATCH " + object,
		"GET /api/v1/configmaps", "GET " + root,
		"PATCH " + object,
		"POST " + system, // the shard as it is
		"PUT " + root, "PUT " + root,
	}
	got := s.wire.during(func() { s.apply(target, "r2", objects...) })
	for i, line := range got {
		if strings.HasPrefix(line, "DELETE "+root+"-") {
			got[i] = "DELETE a part"
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("one object (-want +got):\n%s", diff)
	}
}
