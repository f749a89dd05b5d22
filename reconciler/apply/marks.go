package apply

import (
	"encoding/json"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// FieldManager is the name under which fields are owned in a cluster.
const FieldManager = "drover"

// Labels that every object of ours carries.
const (
	// ManagedByLabel has the value [FieldManager].
	ManagedByLabel = "app.kubernetes.io/managed-by"
	// OwnerLabel has the owner's id, see [WithOwner].
	OwnerLabel = "drover.dev/owner"
)

// Annotations by which people steer what is done with an object.
const (
	// PruneAnnotation, "allowed": the object may be deleted although a guard would refuse to; "disabled": it is never
	// deleted. It counts on the object in the cluster as well as in the last revision that had the object.
	PruneAnnotation = "drover.dev/prune"
	// AdoptAnnotation, "allowed": the object may be taken over from another owner. It counts in the revision.
	AdoptAnnotation = "drover.dev/adopt"
	// ReconcileAnnotation, "paused": an object that we have is neither written, put right nor deleted. It counts on the
	// object in the cluster as well as in the revision.
	ReconcileAnnotation = "drover.dev/reconcile"

	allowed  = "allowed"
	disabled = "disabled"
	paused   = "paused"
)

// steering is what the annotations of an object say that is to be done with it.
type steering struct {
	paused bool   // ReconcileAnnotation says so
	prune  string // PruneAnnotation
}

func steeringOf(annotations map[string]string) steering {
	return steering{annotations[ReconcileAnnotation] == paused, annotations[PruneAnnotation]}
}

// annotationsOf reads the annotations of an object in its JSON form.
func annotationsOf(body []byte) map[string]string {
	var object struct {
		Metadata struct {
			Annotations map[string]string `json:"annotations"`
		} `json:"metadata"`
	}
	if json.Unmarshal(body, &object) != nil {
		return nil // an object with other than strings there is for the server to refuse
	}
	return object.Metadata.Annotations
}

// mark labels an object as this owner's.
func mark(object metav1.Object, owner string) {
	labels := object.GetLabels()
	if labels == nil {
		labels = make(map[string]string, 2)
	}
	labels[ManagedByLabel] = FieldManager
	labels[OwnerLabel] = owner
	object.SetLabels(labels)
}
