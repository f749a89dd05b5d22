package apply

import "k8s.io/apimachinery/pkg/runtime/schema"

func namespaceKind() schema.GroupKind { return schema.GroupKind{Kind: "Namespace"} }

func crdKind() schema.GroupKind {
	return schema.GroupKind{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"}
}

// A wave is what is written together, without an order within it.
type wave int

// The waves, in order; deletions go backwards, after them.
const (
	waveNamespaces wave = iota
	waveDefinitions
	waveAccess
	waveRest
	waveAdmission
	waveCount
)

// waveOf says when objects of a kind are written. What can stand in the way of others comes last.
func waveOf(kind schema.GroupKind) wave {
	switch kind {
	case namespaceKind():
		return waveNamespaces
	case crdKind():
		return waveDefinitions
	}
	switch kind.Group {
	case "rbac.authorization.k8s.io", "scheduling.k8s.io", "storage.k8s.io":
		return waveAccess
	case "admissionregistration.k8s.io", "apiregistration.k8s.io":
		return waveAdmission
	case "":
		if kind.Kind == "ServiceAccount" {
			return waveAccess
		}
	}
	return waveRest
}
