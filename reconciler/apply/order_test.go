package apply

import (
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestWaves(t *testing.T) {
	for kind, want := range map[schema.GroupKind]wave{
		{Kind: "Namespace"}: waveNamespaces,
		{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"}: waveDefinitions,
		{Kind: "ServiceAccount"}: waveAccess,
		{Group: "rbac.authorization.k8s.io", Kind: "ClusterRoleBinding"}: waveAccess,
		{Kind: "ConfigMap"}:                       waveRest,
		{Group: "apps", Kind: "Deployment"}:       waveRest,
		{Group: "example.com", Kind: "Namespace"}: waveRest,
		{Group: "admissionregistration.k8s.io", Kind: "ValidatingWebhookConfiguration"}: waveAdmission,
		{Group: "apiregistration.k8s.io", Kind: "APIService"}:                           waveAdmission,
	} {
		if got := waveOf(kind); got != want {
			t.Errorf("%s: got wave %d, want %d", kind, got, want)
		}
	}
}
