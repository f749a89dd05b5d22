package apply

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/drover-ci/drover/generators"
)

// mapper knows ConfigMaps.
type mapper struct{ *meta.DefaultRESTMapper }

func (mapper) Reset() {}

func newMapper(scope meta.RESTScope) mapper {
	m := meta.NewDefaultRESTMapper(nil)
	m.Add(schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"}, scope)
	return mapper{m}
}

func configMapOf(text, source string) generators.Object {
	return generators.Object{Source: source, Unstructured: &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{
			"name": "a", "namespace": "ci", "annotations": map[string]any{PruneAnnotation: disabled, ReconcileAnnotation: paused},
		},
		"data": map[string]any{"text": text},
	}}}
}

// TestWhatWasDeclaredIsNotAgain: an object that the last revision had is taken as it was, and every other is brought into
// form, one in its place too.
func TestWhatWasDeclaredIsNotAgain(t *testing.T) {
	target := &Target{options: options{owner: "o"}, kinds: &kinds{server: newMapper(meta.RESTScopeNamespace)}}
	declareOne := func(object generators.Object) declared {
		t.Helper()
		all, refusals := target.declare([]generators.Object{object})
		if len(all) != 1 || len(refusals) != 0 {
			t.Fatalf("got %d objects, refused: %v", len(all), refusals)
		}
		return all[0]
	}
	object := configMapOf("first", "a.yaml")
	first := declareOne(object)
	if want := (steering{paused: true, prune: disabled}); first.steering != want {
		t.Errorf("got %+v, want %+v", first.steering, want)
	}
	object.Source = "b.yaml"
	if again := declareOne(object); &again.body[0] != &first.body[0] || again.source != "b.yaml" {
		t.Errorf("an object was brought into form twice, or its file is not the new one: %q", again.source)
	}
	if other := declareOne(configMapOf("second", "b.yaml")); other.hash == first.hash || !strings.Contains(string(other.body), "second") {
		t.Errorf("another object is taken for the last: %s", other.body)
	}
	object = configMapOf("third", "c.yaml")
	inNamespace := declareOne(object)
	target.kinds.server = newMapper(meta.RESTScopeRoot)
	if cluster := declareOne(object); cluster.Namespace != "" || inNamespace.Namespace != "ci" {
		t.Errorf("the kind is not namespaced any more, and the object is in %q", cluster.Namespace)
	}
}
