package generators_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/drover-ci/drover/generators"
)

func object(kind, name, source string) generators.Object {
	return generators.Object{Source: source, Unstructured: &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": kind, "metadata": map[string]any{"name": name, "namespace": "ns"},
	}}}
}

func TestClashesNameBothPlaces(t *testing.T) {
	objects := []generators.Object{object("ConfigMap", "a", "x.yaml"), object("Secret", "a", "x.yaml"), object("ConfigMap", "a", "y.yaml")}
	var found []string
	for _, problem := range generators.Clashes(objects) {
		found = append(found, problem.String())
	}
	want := []string{"y.yaml: the object is declared twice (found ConfigMap ns/a in x.yaml too, want it in one place) [object-clash]"}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSortObjects(t *testing.T) {
	objects := []generators.Object{object("Secret", "a", ""), object("ConfigMap", "b", ""), object("ConfigMap", "a", "")}
	generators.SortObjects(objects)
	var found []string
	for _, each := range objects {
		found = append(found, each.Key())
	}
	if diff := cmp.Diff([]string{"/ConfigMap/ns/a", "/ConfigMap/ns/b", "/Secret/ns/a"}, found); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
