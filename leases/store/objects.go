package store

import (
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
)

// GroupVersion is the API version of Boskos's objects.
func GroupVersion() schema.GroupVersion {
	return schema.GroupVersion{Group: "boskos.k8s.io", Version: "v1"}
}

// Kinds of Boskos's objects, and where they are found in the API.
const (
	resourceKind  = "ResourceObject"
	resources     = "resources"
	lifecycleKind = "DRLCObject"
	lifecycles    = "dynamicresourcelifecycles"
)

// resourceObject is a resource as Boskos stores it.
type resourceObject struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`

	Spec   resourceSpec   `json:"spec"`
	Status resourceStatus `json:"status"`
}

type resourceSpec struct {
	Type string `json:"type"`
}

type resourceStatus struct {
	State          string            `json:"state,omitempty"`
	Owner          string            `json:"owner"`
	LastUpdate     metav1.Time       `json:"lastUpdate,omitzero"`
	UserData       map[string]string `json:"userData,omitempty"`
	ExpirationDate *metav1.Time      `json:"expirationDate,omitempty"`
}

// DeepCopyObject implements [runtime.Object].
func (r *resourceObject) DeepCopyObject() runtime.Object {
	out := *r
	out.ObjectMeta = *r.ObjectMeta.DeepCopy()
	out.Status.UserData = maps.Clone(r.Status.UserData)
	out.Status.ExpirationDate = r.Status.ExpirationDate.DeepCopy()
	return &out
}

type resourceList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata"`

	Items []resourceObject `json:"items"`
}

// DeepCopyObject implements [runtime.Object].
func (l *resourceList) DeepCopyObject() runtime.Object {
	out := *l
	out.Items = slices.Clone(l.Items)
	for i := range out.Items {
		if copied, ok := l.Items[i].DeepCopyObject().(*resourceObject); ok {
			out.Items[i] = *copied
		}
	}
	return &out
}

// lifecycleObject says how many resources of a dynamic type there are. Its name
// is the type.
type lifecycleObject struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`

	Spec lifecycleSpec `json:"spec"`
}

type lifecycleSpec struct {
	State    string          `json:"state"`
	MaxCount int             `json:"max-count"`
	MinCount int             `json:"min-count"`
	LifeSpan *int64          `json:"lifespan,omitempty"` // nanoseconds
	Config   lifecycleConfig `json:"config"`
	Needs    map[string]int  `json:"needs"`
}

type lifecycleConfig struct {
	Type    string `json:"type"`
	Content string `json:"content"`
}

// DeepCopyObject implements [runtime.Object].
func (l *lifecycleObject) DeepCopyObject() runtime.Object {
	out := *l
	out.ObjectMeta = *l.ObjectMeta.DeepCopy()
	out.Spec.Needs = maps.Clone(l.Spec.Needs)
	return &out
}

type lifecycleList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata"`

	Items []lifecycleObject `json:"items"`
}

// DeepCopyObject implements [runtime.Object].
func (l *lifecycleList) DeepCopyObject() runtime.Object {
	out := *l
	out.Items = slices.Clone(l.Items)
	for i := range out.Items {
		if copied, ok := l.Items[i].DeepCopyObject().(*lifecycleObject); ok {
			out.Items[i] = *copied
		}
	}
	return &out
}

// codecs reads and writes the objects.
func codecs() (serializer.CodecFactory, runtime.ParameterCodec) {
	scheme := runtime.NewScheme()
	gv := GroupVersion()
	scheme.AddKnownTypeWithName(gv.WithKind(resourceKind), &resourceObject{})
	scheme.AddKnownTypeWithName(gv.WithKind(resourceKind+"List"), &resourceList{})
	scheme.AddKnownTypeWithName(gv.WithKind(lifecycleKind), &lifecycleObject{})
	scheme.AddKnownTypeWithName(gv.WithKind(lifecycleKind+"List"), &lifecycleList{})
	metav1.AddToGroupVersion(scheme, gv)
	return serializer.NewCodecFactory(scheme), runtime.NewParameterCodec(scheme)
}
