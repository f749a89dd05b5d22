package apply_test

import (
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/drover-ci/drover/reconciler/apply"
)

// denyDeletions registers a webhook that denies every deletion in the site's namespace, until the test ends.
func (s *site) denyDeletions() {
	s.t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var review admissionv1.AdmissionReview
		if err := json.NewDecoder(r.Body).Decode(&review); err != nil || review.Request == nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		review.Response = &admissionv1.AdmissionResponse{UID: review.Request.UID, Result: &metav1.Status{Message: "nothing is deleted on Fridays"}}
		_ = json.NewEncoder(w).Encode(review)
	}))
	s.t.Cleanup(server.Close)
	bundle := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	webhooks := s.client.Resource(schema.GroupVersionResource{Group: "admissionregistration.k8s.io", Version: "v1", Resource: "validatingwebhookconfigurations"})
	configuration := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
		"metadata": map[string]any{"name": s.namespace},
		"webhooks": []any{map[string]any{
			"name": "fridays.drover.test", "sideEffects": "None", "admissionReviewVersions": []any{"v1"}, "failurePolicy": "Fail",
			"clientConfig":      map[string]any{"url": server.URL, "caBundle": bundle64(bundle)},
			"namespaceSelector": map[string]any{"matchLabels": map[string]any{"kubernetes.io/metadata.name": s.namespace}},
			"rules": []any{map[string]any{
				"operations": []any{"DELETE"}, "apiGroups": []any{""}, "apiVersions": []any{"v1"}, "resources": []any{"configmaps"},
			}},
		}},
	}}
	if _, err := webhooks.Create(s.t.Context(), configuration, metav1.CreateOptions{}); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { s.allowDeletions() })
}

func (s *site) allowDeletions() {
	webhooks := s.client.Resource(schema.GroupVersionResource{Group: "admissionregistration.k8s.io", Version: "v1", Resource: "validatingwebhookconfigurations"})
	_ = webhooks.Delete(background(), s.namespace, metav1.DeleteOptions{})
}

// TestAWebhookThatDeniesDeletionsRefusesTheRevision: the dry run of the deletion shows it, before anything is written.
func TestAWebhookThatDeniesDeletionsRefusesTheRevision(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	target := s.target()
	before := map[string]string{"kept": "1", "going": "1"}
	s.apply(target, "r1", s.configMapsOf(before)...)
	s.denyDeletions()
	after := map[string]string{"kept": "2", "new": "2"}
	s.eventuallyDenied()
	refusals := brief(s.refuse(target, "r2", s.configMapsOf(after)...))
	if len(refusals) != 1 || !strings.HasPrefix(refusals[0], "clusters/going.yaml") || !strings.Contains(refusals[0], "nothing is deleted on Fridays") {
		t.Errorf("got %q", refusals)
	}
	if diff := cmp.Diff(before, s.data()); diff != "" {
		t.Errorf("cluster (-want +got):\n%s", diff)
	}
	s.allowDeletions()
	s.eventuallyDone(func() error {
		_, err := target.Apply(t.Context(), "r2", s.configMapsOf(after))
		return err
	})
	s.mustHold("on Saturday", after)
}

// eventuallyDenied waits until the API server has taken note of the webhook.
func (s *site) eventuallyDenied() {
	s.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range 600 {
		err := s.client.Resource(configMaps).Namespace(s.namespace).Delete(s.t.Context(), "going", metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}})
		if err != nil && strings.Contains(err.Error(), "Fridays") {
			return
		}
		<-tick.C
	}
	s.t.Fatal("the webhook is never asked")
}

// eventuallyDone repeats something until it succeeds.
func (s *site) eventuallyDone(do func() error) {
	s.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var err error
	for range 600 {
		if err = do(); err == nil {
			return
		}
		<-tick.C
	}
	s.t.Fatal(err)
}

// TestANamespaceStuckInDeletionIsWaitedFor: it may go at any moment, so that this is no refusal; nothing is written
// meanwhile, and the reason is the server's.
func TestANamespaceStuckInDeletionIsWaitedFor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	target := s.target(apply.WithPatience(3 * time.Second))
	before := map[string]string{"a": "1"}
	s.apply(target, "r1", s.configMapsOf(before)...)
	stuck := s.namespace + "-stuck"
	namespaces := s.client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "namespaces"})
	namespace := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Namespace",
		"metadata": map[string]any{"name": stuck, "finalizers": []any{"drover.test/stuck"}},
	}}
	if _, err := namespaces.Create(t.Context(), namespace, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = namespaces.Patch(background(), stuck, "application/merge-patch+json", []byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{})
	})
	if err := namespaces.Delete(t.Context(), stuck, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	var err error
	requests := s.wire.during(func() {
		_, err = target.Apply(t.Context(), "r2", append(s.configMapsOf(map[string]string{"a": "2"}), configMap(stuck, "b", "2")))
	})
	if err == nil || !strings.Contains(err.Error(), "being terminated") || len(written(requests)) > 0 {
		t.Errorf("got %v, writes %q", err, written(requests))
	}
	s.mustHold("while a namespace is stuck", before)
}

// TestASlowServerIsWaitedFor: every answer takes long, and the revision is applied all the same.
func TestASlowServerIsWaitedFor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.wire.cutWith(func(r *http.Request) (before, after error) {
		select {
		case <-r.Context().Done():
		case <-time.After(50 * time.Millisecond):
		}
		return nil, nil
	})
	want := map[string]string{"a": "1", "b": "1"}
	s.apply(s.target(), "r1", s.configMapsOf(want)...)
	s.wire.cutWith(nil)
	s.mustHold("slowly", want)
}
