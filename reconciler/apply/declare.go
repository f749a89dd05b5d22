package apply

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/drover-ci/drover/generators"
)

// declared is an object as a revision wants it, in the form that is sent.
type declared struct {
	Identity
	resource resource
	version  string
	source   string
	hash     string // of body
	body     []byte // JSON
	adopt    bool   // AdoptAnnotation allows it
	steering
}

// declare brings the objects of a revision into the form that is sent, sorted. What cannot be brought into it is
// refused. Nearly all objects of a revision are the last one's, and ConfigMaps are large: what was brought into that form
// then is not again.
func (t *Target) declare(objects []generators.Object) ([]declared, []Refusal) {
	var refusals []Refusal
	all, form := make([]declared, 0, len(objects)), make(map[*unstructured.Unstructured]declared, len(objects))
	find := t.kinds.finder()
	for _, object := range objects {
		d, err := t.declareOne(object, find)
		if err != nil {
			refusals = append(refusals, Refusal{identify(object.Unstructured), object.Source, RuleObject, err.Error()})
			continue
		}
		form[object.Unstructured] = d
		all = append(all, d)
	}
	t.declared = form
	slices.SortStableFunc(all, func(a, b declared) int { return compareIdentities(a.Identity, b.Identity) })
	return all, append(refusals, repeated(all)...)
}

// repeated refuses objects that are declared more than once. They are sorted.
func repeated(all []declared) []Refusal {
	var refusals []Refusal
	for i := 1; i < len(all); i++ {
		if all[i].Identity == all[i-1].Identity {
			reason := "it is declared twice, first in " + all[i-1].source
			refusals = append(refusals, Refusal{all[i].Identity, all[i].source, RuleDuplicate, reason})
		}
	}
	return refusals
}

func (t *Target) declareOne(object generators.Object, find func(schema.GroupVersionKind) (resource, error)) (declared, error) {
	kind := object.GroupVersionKind()
	if kind.Kind == "" || kind.Version == "" || object.GetName() == "" {
		return declared{}, errors.New("it needs an apiVersion, a kind and a name")
	}
	resource, err := find(kind)
	if err != nil {
		return declared{}, err
	}
	if d, known := t.declared[object.Unstructured]; known && d.resource == resource {
		d.source = object.Source
		return d, nil
	}
	clean, err := normalize(object.Unstructured, resource.namespaced)
	if err != nil {
		return declared{}, err
	}
	mark(clean, t.owner)
	body, err := oneLine(clean)
	if err != nil {
		return declared{}, err
	}
	sum := sha256.Sum256(body)
	return declared{
		Identity: identify(clean), resource: resource, version: kind.Version, source: object.Source,
		hash: hex.EncodeToString(sum[:12]), body: body,
		adopt:    clean.GetAnnotations()[AdoptAnnotation] == allowed,
		steering: steeringOf(clean.GetAnnotations()),
	}, nil
}

// normalize gives a copy without what only a server may say.
func normalize(object *unstructured.Unstructured, namespaced bool) (*unstructured.Unstructured, error) {
	clean := object.DeepCopy()
	switch {
	case !namespaced:
		clean.SetNamespace("")
	case clean.GetNamespace() == "":
		return nil, errors.New("it needs a namespace")
	}
	for _, field := range []string{"managedFields", "resourceVersion", "uid", "creationTimestamp", "generation", "selfLink"} {
		unstructured.RemoveNestedField(clean.Object, "metadata", field)
	}
	unstructured.RemoveNestedField(clean.Object, "status")
	return clean, nil
}

// oneLine is an object as JSON without a line break, in memory of its size: it is
// kept.
func oneLine(object *unstructured.Unstructured) ([]byte, error) {
	body, err := object.MarshalJSON()
	return bytes.Clone(bytes.TrimSpace(body)), err
}
