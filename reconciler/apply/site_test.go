package apply_test

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/reconciler/apply"
)

var configMaps = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}

// site is a target with a namespace and an owner's id of its own, and a client that sees what it does.
type site struct {
	t         testing.TB
	namespace string
	config    *rest.Config
	wire      *wire
	client    dynamic.Interface
	patience  time.Duration // of a target; a machine under load makes the API server slow
}

func newSite(t testing.TB) *site {
	t.Helper()
	s := &site{t: t, namespace: cluster.Namespace(t), config: cluster.Config(t), wire: new(wire), patience: 20 * time.Second}
	var err error
	if s.client, err = dynamic.NewForConfig(s.config); err != nil {
		t.Fatal(err)
	}
	s.config.Wrap(s.wire.wrap)
	return s
}

// target is a new process that keeps the site.
func (s *site) target(opts ...apply.Option) *apply.Target {
	s.t.Helper()
	opts = append([]apply.Option{apply.WithOwner(s.namespace), apply.WithPatience(s.patience)}, opts...)
	target, err := apply.New(s.config, opts...)
	if err != nil {
		s.t.Fatal(err)
	}
	return target
}

// apply applies a revision that has to succeed.
func (s *site) apply(target *apply.Target, revision string, objects ...generators.Object) apply.ChangeSet {
	s.t.Helper()
	changes, err := target.Apply(s.t.Context(), revision, objects)
	if err != nil {
		s.t.Fatal(err)
	}
	return changes
}

// configMap is a ConfigMap of the site's.
func (s *site) configMap(name, value string) generators.Object {
	return configMap(s.namespace, name, value)
}

// data is what the ConfigMaps in the site's namespace say, by name.
func (s *site) data() map[string]string {
	s.t.Helper()
	list, err := s.client.Resource(configMaps).Namespace(s.namespace).List(s.t.Context(), metav1.ListOptions{LabelSelector: apply.OwnerLabel})
	if err != nil {
		s.t.Fatal(err)
	}
	data := make(map[string]string)
	for _, item := range list.Items {
		data[item.GetName()], _, _ = unstructured.NestedString(item.Object, "data", "value")
	}
	return data
}

func configMap(namespace, name, value string) generators.Object {
	return object("clusters/"+name+".yaml", map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap",
		"metadata": map[string]any{"namespace": namespace, "name": name},
		"data":     map[string]any{"value": value},
	})
}

func object(source string, content map[string]any) generators.Object {
	return generators.Object{Unstructured: &unstructured.Unstructured{Object: content}, Source: source}
}

func annotated(o generators.Object, annotation, value string) generators.Object {
	o.SetAnnotations(map[string]string{annotation: value})
	return o
}

// configMapsOf are ConfigMaps by name and value.
func (s *site) configMapsOf(values map[string]string) []generators.Object {
	var all []generators.Object
	for name, value := range values {
		all = append(all, s.configMap(name, value))
	}
	return all
}

// revision is the last good one, as a new process finds it.
func (s *site) revision() string {
	s.t.Helper()
	revision, err := s.target().Recover(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return revision
}
