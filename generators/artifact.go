package generators

import (
	"cmp"
	"path"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// File is a generated file.
type File struct {
	// Path is relative to the folder that the generator fills, with forward
	// slashes.
	Path string
	// Content is the whole file.
	Content []byte
}

// SortFiles orders files by path.
func SortFiles(files []File) {
	slices.SortFunc(files, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
}

// Object is a generated cluster object.
type Object struct {
	*unstructured.Unstructured
	// Source is the file of the repository that it comes from, for messages.
	Source string
}

// Key identifies the object in a cluster, whatever its version:
// group/kind/namespace/name.
func (o Object) Key() string {
	kind := o.GroupVersionKind()
	return kind.Group + "/" + kind.Kind + "/" + o.GetNamespace() + "/" + o.GetName()
}

// named is the object for people: ConfigMap ci/jobs.
func (o Object) named() string {
	return o.GroupVersionKind().GroupKind().String() + " " + path.Join(o.GetNamespace(), o.GetName())
}

// SortObjects orders objects by kind, namespace and name.
func SortObjects(objects []Object) {
	type keyed struct {
		key string // made once, as it is looked together from all over the object
		Object
	}
	all := make([]keyed, len(objects))
	for i, object := range objects {
		all[i] = keyed{object.Key(), object}
	}
	slices.SortFunc(all, func(a, b keyed) int { return cmp.Compare(a.key, b.key) })
	for i := range all {
		objects[i] = all[i].Object
	}
}

// PruneAnnotation on an object says whether it may be deleted when it is no
// longer generated: [PruneDisabled] keeps it, [PruneAllowed] lets even a kind
// go that is otherwise kept, such as a Namespace.
const PruneAnnotation = "drover.dev/prune"

// The values of [PruneAnnotation].
const (
	PruneDisabled = "disabled"
	PruneAllowed  = "allowed"
)
