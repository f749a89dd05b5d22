package configrepo_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/drover-ci/drover/reconciler/configrepo"
	"github.com/drover-ci/drover/schema"
)

// TestTheDefinitionSaysWhatCUESays compares what people may write into a
// ConfigRepo as its custom resource definition has it with the CUE definition.
func TestTheDefinitionSaysWhatCUESays(t *testing.T) {
	type field struct {
		Type, Doc string
		Required  bool
	}
	want, got := map[string]field{}, map[string]field{}
	spec, err := schema.Explain("configrepo.spec")
	if err != nil {
		t.Fatal(err)
	}
	for _, each := range spec.Fields {
		want[each.Name] = field{each.Type, each.Doc, each.Required}
	}
	crd, err := configrepo.Definition()
	if err != nil {
		t.Fatal(err)
	}
	versions, _, _ := unstructured.NestedSlice(crd.Object, "spec", "versions")
	version, _ := versions[0].(map[string]any)
	object, _, _ := unstructured.NestedMap(version, "schema", "openAPIV3Schema", "properties", "spec")
	required, _, _ := unstructured.NestedStringSlice(object, "required")
	properties, _, _ := unstructured.NestedMap(object, "properties")
	for name, property := range properties {
		values, _ := property.(map[string]any)
		doc, _ := values["description"].(string)
		kind, _ := values["type"].(string)
		got[name] = field{kind, doc, strings.Contains(strings.Join(required, " "), name)}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("CUE and the definition differ (-CUE +definition):\n%s", diff)
	}
	if len(want) == 0 {
		t.Error("there is nothing to compare")
	}
}

func TestAConfigRepoIsJudged(t *testing.T) {
	const object = `apiVersion: drover.dev/v1alpha1
kind: ConfigRepo
metadata: {name: release}
spec: {url: "", interval: soon, brunch: main}
`
	want := []string{
		`c.yaml:4:13: spec.url: the value is empty (found "", want text) [wrong-value]`,
		`c.yaml:4:27: spec.interval: the value does not fit (found "soon", want a duration such as "90m" or "1h30m") [wrong-value]`,
		`c.yaml:4:33: spec.brunch: the field is not known (found "brunch", want one that there is); did you mean "branch"? [unknown-field]`,
	}
	var found []string
	for _, problem := range schema.Check("c.yaml", []byte(object), schema.ConfigRepo) {
		found = append(found, problem.String())
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
