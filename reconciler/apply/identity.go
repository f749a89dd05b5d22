package apply

import (
	"cmp"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Identity names an object in a cluster, whatever its version.
type Identity struct {
	// Group is the API group; empty for the core group.
	Group string `json:"group,omitempty"`
	// Kind is the kind within the group.
	Kind string `json:"kind"`
	// Namespace is empty for objects of the whole cluster.
	Namespace string `json:"namespace,omitempty"`
	// Name is the name within the namespace, or the cluster.
	Name string `json:"name"`
}

// String is the form for people: "Deployment.apps ci/prow".
func (i Identity) String() string {
	kind := i.groupKind().String()
	if i.Namespace == "" {
		return kind + " " + i.Name
	}
	return kind + " " + i.Namespace + "/" + i.Name
}

func (i Identity) groupKind() schema.GroupKind {
	return schema.GroupKind{Group: i.Group, Kind: i.Kind}
}

// compareIdentities orders by group, kind, namespace and name.
func compareIdentities(a, b Identity) int {
	return cmp.Or(
		cmp.Compare(a.Group, b.Group),
		cmp.Compare(a.Kind, b.Kind),
		cmp.Compare(a.Namespace, b.Namespace),
		cmp.Compare(a.Name, b.Name),
	)
}

func identify(object *unstructured.Unstructured) Identity {
	kind := object.GroupVersionKind()
	return Identity{kind.Group, kind.Kind, object.GetNamespace(), object.GetName()}
}
