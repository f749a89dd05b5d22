package imagestreams_test

import (
	"context"
	_ "embed"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"github.com/drover-ci/drover/internal/testcluster"
	"github.com/drover-ci/drover/resolver/httpapi"
	"github.com/drover-ci/drover/resolver/imagestreams"
)

var cluster testcluster.Shared

func TestMain(m *testing.M) { os.Exit(cluster.Run(m)) }

//go:embed testdata/imagestreams.yaml
var definition []byte

// install brings the definition into the cluster and makes an ImageStream.
func install(t *testing.T, config *rest.Config, namespace string, streams ...string) {
	t.Helper()
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	force := metav1.ApplyOptions{FieldManager: "test", Force: true}
	crd := parse(t, string(definition))
	definitions := client.Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
	if _, err := definitions.Apply(t.Context(), crd.GetName(), crd, force); err != nil {
		t.Fatal(err)
	}
	images := client.Resource(schema.GroupVersionResource{Group: "image.openshift.io", Version: "v1", Resource: "imagestreams"}).Namespace(namespace)
	for _, text := range streams {
		stream := parse(t, text)
		// It takes a moment until the definition is served.
		err = wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
			_, err := images.Apply(ctx, stream.GetName(), stream, force)
			return err == nil, nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func parse(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	object := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(text), &object.Object); err != nil {
		t.Fatal(err)
	}
	return object
}

func TestStream(t *testing.T) {
	config, namespace := cluster.Config(t), cluster.Namespace(t)
	install(t, config, namespace, `
apiVersion: image.openshift.io/v1
kind: ImageStream
metadata: {name: "4.20", annotations: {release.openshift.io/config: '{"name": "4.20.0-0.ci", "to": "release"}'}}
status:
  dockerImageRepository: registry/ocp/4.20
  tags:
  - {tag: installer, items: [{image: "sha256:a", created: null, dockerImageReference: x, generation: 1}]}
  - {tag: cli, items: [{image: "sha256:b", created: null, dockerImageReference: x, generation: 1}]}
  - {tag: not-built, items: []}`, `
apiVersion: image.openshift.io/v1
kind: ImageStream
metadata: {name: plain}`, `
apiVersion: image.openshift.io/v1
kind: ImageStream
metadata: {name: broken, annotations: {release.openshift.io/config: '{'}}`)
	reader, err := imagestreams.New(config)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]*httpapi.Stream{
		"4.20":  {Tags: []string{"cli", "installer"}, ReleaseControllerConfigName: "4.20.0-0.ci"},
		"plain": {},
	} {
		got, err := reader.Stream(t.Context(), namespace, name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
	for _, name := range []string{"broken", "missing"} {
		if got, err := reader.Stream(t.Context(), namespace, name); err == nil {
			t.Errorf("%s: got %v, want an error", name, got)
		}
	}
}
