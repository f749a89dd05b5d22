package apply

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

// condition is how an object does by what it says of itself. The zero value says nothing, which is well.
type condition struct {
	state state
	why   string
}

type state int

const (
	stateWell state = iota
	// statePending is on its way to being well.
	statePending
	// stateFailed does not get well by itself.
	stateFailed
)

// mute tells whether objects of a kind say nothing of how they do, so that it is enough to see that they are there.
func mute(kind schema.GroupKind) bool {
	switch kind.Group {
	case "rbac.authorization.k8s.io", "scheduling.k8s.io", "storage.k8s.io", "admissionregistration.k8s.io":
		return true
	case "":
		switch kind.Kind {
		case "ConfigMap", "Secret", "ServiceAccount", "Namespace", "LimitRange", "ResourceQuota":
			return true
		}
	case "networking.k8s.io":
		return kind.Kind == "NetworkPolicy"
	}
	return false
}

// conditionOf reads an object by the rules of kstatus. What it cannot read says nothing.
func conditionOf(object *unstructured.Unstructured) condition {
	result, err := status.Compute(object)
	if err != nil {
		return condition{}
	}
	switch result.Status {
	case status.InProgressStatus:
		return condition{statePending, result.Message}
	case status.FailedStatus:
		return condition{stateFailed, result.Message}
	default: // Terminating is seen by its date
		return condition{}
	}
}
