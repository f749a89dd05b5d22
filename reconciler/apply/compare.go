package apply

import (
	"maps"
	"reflect"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// sameObject compares two states of an object but for what the server keeps in its own interest.
func sameObject(a, b *unstructured.Unstructured) bool {
	return reflect.DeepEqual(withoutBookkeeping(a), withoutBookkeeping(b))
}

func withoutBookkeeping(object *unstructured.Unstructured) map[string]any {
	metadata, _, _ := unstructured.NestedMap(object.Object, "metadata")
	delete(metadata, "managedFields")
	delete(metadata, "resourceVersion")
	clean := maps.Clone(object.Object)
	clean["metadata"] = metadata
	return clean
}
