package apply

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/tools/cache"
)

// sighting is what is remembered of an object that is watched.
type sighting struct {
	metav1.ObjectMeta // its name and resourceVersion, by which caches know it

	presence
	condition
}

// sight drops what is not looked at. What was dropped already stays as it is.
func (c *cluster) sight(object any) (any, error) {
	switch full := object.(type) {
	case *metav1.PartialObjectMetadata:
		return c.newSighting(full, condition{}), nil
	case *unstructured.Unstructured:
		return c.newSighting(full, conditionOf(full)), nil
	default:
		return object, nil
	}
}

func (c *cluster) newSighting(full metav1.Object, does condition) *sighting {
	return &sighting{
		ObjectMeta: metav1.ObjectMeta{Namespace: full.GetNamespace(), Name: full.GetName(), ResourceVersion: full.GetResourceVersion()},
		presence:   c.presenceOf(full), condition: does,
	}
}

// sighted reads what an informer tells of.
func sighted(object any) (*sighting, bool) {
	if gone, ok := object.(cache.DeletedFinalStateUnknown); ok {
		object = gone.Obj
	}
	found, ok := object.(*sighting)
	return found, ok
}

// restless tells whether an object may do otherwise than before.
func restless(before, now any) bool {
	was, known := sighted(before)
	is, ok := sighted(now)
	return !known || !ok || was.condition != is.condition || was.leaving != is.leaving || was.paused != is.paused
}
