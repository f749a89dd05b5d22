package integration_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

const deployment = "../deploy"

// build builds a kustomization of deploy.
func build(t *testing.T, folder string) []*unstructured.Unstructured {
	t.Helper()
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), filepath.Join(deployment, folder))
	if err != nil {
		t.Fatal(err)
	}
	text, err := built.AsYaml()
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, text)
}

func decode(t *testing.T, text []byte) []*unstructured.Unstructured {
	t.Helper()
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096)
	var objects []*unstructured.Unstructured
	for {
		object := new(unstructured.Unstructured)
		err := decoder.Decode(&object.Object)
		if errors.Is(err, io.EOF) {
			return objects
		}
		if err != nil {
			t.Fatal(err)
		}
		objects = append(objects, object)
	}
}

// applyAll applies objects as `kubectl apply --server-side` does, in their
// order. Kinds that were defined a moment ago are waited for.
func applyAll(t *testing.T, config *rest.Config, objects []*unstructured.Unstructured) {
	t.Helper()
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	kinds, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(kinds))
	for _, object := range objects {
		wait(t, "apply "+object.GetKind()+" "+object.GetName(), func() string {
			kind := object.GroupVersionKind()
			mapping, err := mapper.RESTMapping(kind.GroupKind(), kind.Version)
			if meta.IsNoMatchError(err) {
				mapper.Reset()
				return "unknown"
			}
			if err != nil {
				t.Fatal(err)
			}
			at := dynamic.ResourceInterface(client.Resource(mapping.Resource))
			if mapping.Scope.Name() == meta.RESTScopeNameNamespace {
				at = client.Resource(mapping.Resource).Namespace(object.GetNamespace())
			}
			_, err = at.Apply(t.Context(), object.GetName(), object, metav1.ApplyOptions{FieldManager: "test", Force: true})
			if apierrors.IsNotFound(err) {
				return err.Error()
			}
			if err != nil {
				t.Fatalf("%s %s: %v", kind, object.GetName(), err)
			}
			return ""
		})
	}
}

// operator are the definitions of the Prometheus operator, as far as we go by
// them.
func operator(t *testing.T) []*unstructured.Unstructured {
	t.Helper()
	const definition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: PLURAL.monitoring.coreos.com}
spec:
  group: monitoring.coreos.com
  scope: Namespaced
  names: {kind: KIND, plural: PLURAL, singular: SINGULAR, listKind: KINDList}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`
	var objects []*unstructured.Unstructured
	for _, kind := range []string{"ServiceMonitor", "PrometheusRule"} {
		singular := strings.ToLower(kind)
		text := strings.NewReplacer("PLURAL", singular+"s", "SINGULAR", singular, "KIND", kind).Replace(definition)
		objects = append(objects, decode(t, []byte(text))...)
	}
	return objects
}

// TestDeployBuildsAndIsTaken has a real API server take everything in deploy.
func TestDeployBuildsAndIsTaken(t *testing.T) {
	config := cluster.Config(t)
	applyAll(t, config, operator(t))
	for _, folder := range []string{"base", "overlays/production", "overlays/resolver", "overlays/leases"} {
		applyAll(t, config, build(t, folder))
	}
}

func TestTheDefinitionsInDeployAreOurs(t *testing.T) {
	for copied, original := range map[string]string{
		"base/crd.yaml": "../reconciler/configrepo/crd.yaml", "overlays/leases/crds.yaml": "../leases/store/crds.yaml",
	} {
		want, err := os.ReadFile(original)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(deployment, copied)
		if os.Getenv("UPDATE") == "1" {
			if err := os.WriteFile(path, want, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s differs from %s (%v): UPDATE=1 writes it anew", path, original, err)
		}
	}
}

// TestPodsAreRestricted holds the pods against what the namespace enforces: a
// bare API server has no admission of pods to do so.
func TestPodsAreRestricted(t *testing.T) {
	for _, folder := range []string{"overlays/production", "overlays/resolver", "overlays/leases"} {
		for _, object := range build(t, folder) {
			if object.GetKind() != "Deployment" {
				continue
			}
			pod, _, _ := unstructured.NestedMap(object.Object, "spec", "template", "spec")
			if root, _, _ := unstructured.NestedBool(pod, "securityContext", "runAsNonRoot"); !root {
				t.Errorf("%s: the pod may run as root", object.GetName())
			}
			containers, _, _ := unstructured.NestedSlice(pod, "containers")
			for _, each := range containers {
				container, ok := each.(map[string]any)
				if !ok {
					t.Fatalf("%s: got container %v", object.GetName(), each)
				}
				if fixed, _, _ := unstructured.NestedBool(container, "securityContext", "readOnlyRootFilesystem"); !fixed {
					t.Errorf("%s: the root file system can be written", object.GetName())
				}
				if escalates, there, _ := unstructured.NestedBool(container, "securityContext", "allowPrivilegeEscalation"); !there || escalates {
					t.Errorf("%s: privileges may escalate", object.GetName())
				}
				for _, probe := range []string{"livenessProbe", "readinessProbe"} {
					if _, there, _ := unstructured.NestedMap(container, probe); !there {
						t.Errorf("%s: no %s", object.GetName(), probe)
					}
				}
			}
		}
	}
}
