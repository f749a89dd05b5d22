package imagestreams_test

import (
	"context"
	_ "embed"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	imagev1 "github.com/openshift/api/image/v1"
	client "github.com/openshift/client-go/image/clientset/versioned/typed/image/v1"
	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"github.com/drover-ci/drover/internal/testcluster"
	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/resolver/httpapi"
	"github.com/drover-ci/drover/resolver/imagestreams"
)

var cluster testcluster.Shared

func TestMain(m *testing.M) { os.Exit(cluster.Run(m)) }

//go:embed testdata/imagestreams.yaml
var definition []byte

// streams are in the cluster.
const streams = `
metadata: {namespace: ocp, name: "4.20", annotations: {release.openshift.io/config: '{"name": "4.20.0-0.ci", "to": "release"}'}}
spec:
  lookupPolicy: {local: true}
  tags:
  - {name: cli, from: {kind: DockerImage, name: "quay.io/openshift/cli:latest"}, importPolicy: {importMode: Legacy}, referencePolicy: {type: Source}}
status:
  dockerImageRepository: registry/ocp/4.20
  publicDockerImageRepository: registry.example/ocp/4.20
  tags:
  - tag: installer
    items:
    - {created: "2026-03-01T10:00:00Z", dockerImageReference: "registry/ocp/4.20@sha256:a", image: "sha256:a", generation: 2}
    - {created: "2026-02-01T10:00:00Z", dockerImageReference: "registry/ocp/4.20@sha256:0", image: "sha256:0", generation: 1}
  - tag: cli
    items: [{created: "2026-03-01T10:00:00Z", dockerImageReference: "registry/ocp/4.20@sha256:b", image: "sha256:b", generation: 1}]
  - tag: not-imported
    items: null
    conditions: [{type: ImportSuccess, status: "False", lastTransitionTime: "2026-03-01T10:00:00Z", reason: NotFound, message: "no such image", generation: 1}]
---
metadata: {namespace: ocp, name: "4.21"}
---
metadata: {namespace: ocp, name: "4.22", annotations: {release.openshift.io/config: '{'}}
---
metadata: {namespace: ocp-priv, name: 4.20-priv}
status:
  dockerImageRepository: registry/ocp-priv/4.20-priv
  tags:
  - tag: cli
    items: [{created: "2026-03-01T10:00:00Z", dockerImageReference: "registry/ocp-priv/4.20-priv@sha256:c", image: "sha256:c", generation: 1}]
---
metadata: {namespace: default, name: "4.20"}`

// install brings the definition into the cluster, and the streams.
func install(t *testing.T, config *rest.Config) {
	t.Helper()
	objects, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	force := metav1.ApplyOptions{FieldManager: "test", Force: true}
	apply := func(group, version, resource string, object map[string]any) error {
		o := &unstructured.Unstructured{Object: object}
		in := objects.Resource(schema.GroupVersionResource{Group: group, Version: version, Resource: resource})
		_, err := in.Namespace(o.GetNamespace()).Apply(t.Context(), o.GetName(), o, force)
		return err
	}
	if err := apply("apiextensions.k8s.io", "v1", "customresourcedefinitions", parse[map[string]any](t, string(definition))); err != nil {
		t.Fatal(err)
	}
	images, err := client.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	for text := range strings.SplitSeq(streams, "\n---") {
		// By way of the type of openshift/api: a field that it does not know, or the
		// definition does not, would be lost or refused.
		stream := parse[imagev1.ImageStream](t, text)
		namespace := map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": stream.Namespace}}
		if err := apply("", "v1", "namespaces", namespace); err != nil {
			t.Fatal(err)
		}
		// It takes a moment until the definition is served.
		err = wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
			_, err := images.ImageStreams(stream.Namespace).Create(ctx, &stream, metav1.CreateOptions{FieldValidation: metav1.FieldValidationStrict})
			return err == nil, nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func parse[T any](t *testing.T, text string) T {
	t.Helper()
	var value T
	if err := yaml.UnmarshalStrict([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	return value
}

// snapshot is a revision that is in force: streams are answered from then on.
type snapshot struct{}

func (snapshot) Revision() string                     { return "one" }
func (snapshot) Catalog() *resolver.Catalog           { return &resolver.Catalog{} }
func (snapshot) Generations() (config, steps uint64)  { return 1, 1 }
func current() (found httpapi.Snapshot, present bool) { return snapshot{}, true }

// Streams of a real API server are answered over HTTP.
func TestIntegratedStream(t *testing.T) {
	config := cluster.Config(t)
	config.ContentType = "application/vnd.kubernetes.protobuf" // which custom resources do not have
	reader, err := imagestreams.New(config)
	if err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.NewTextHandler(t.Output(), nil))
	server := httptest.NewServer(httpapi.New(httpapi.SourceFunc(current), prometheus.NewRegistry(), logger, httpapi.WithStreams(reader)))
	t.Cleanup(server.Close)
	const failed = "failed to get integrated stream "
	ask(t, server, "namespace=ocp&name=4.20", http.StatusInternalServerError, failed+"ocp/4.20: the server could not find the requested resource (get imagestreams.image.openshift.io 4.20)\n")
	install(t, cluster.Config(t))
	for query, want := range map[string]struct {
		status int
		text   string
	}{
		"namespace=ocp&name=4.20":           {200, "{\n  \"tags\": [\n    \"cli\",\n    \"installer\"\n  ],\n  \"releaseControllerConfigName\": \"4.20.0-0.ci\"\n}"},
		"namespace=ocp&name=4.21":           {200, "{}"},
		"namespace=ocp-priv&name=4.20-priv": {200, "{\n  \"tags\": [\n    \"cli\"\n  ]\n}"},
		"namespace=ocp&name=4.22":           {500, failed + "ocp/4.22: read annotation release.openshift.io/config of ImageStream ocp/4.22: unexpected end of JSON input\n"},
		"namespace=ocp&name=4.23":           {500, failed + "ocp/4.23: imagestreams.image.openshift.io \"4.23\" not found\n"},
		"namespace=origin&name=4.20":        {500, failed + "origin/4.20: imagestreams.image.openshift.io \"4.20\" not found\n"},
		"namespace=default&name=4.20":       {400, "not a valid integrated stream: default/4.20\n"},
		"namespace=ocp&name=4.20-priv":      {400, "not a valid integrated stream: ocp/4.20-priv\n"},
		"namespace=ocp":                     {400, "name query missing or incorrect\n"},
		"name=4.20":                         {400, "namespace query missing or incorrect\n"},
	} {
		ask(t, server, query, want.status, want.text)
	}
}

func ask(t *testing.T, server *httptest.Server, query string, status int, want string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/integratedStream?"+query, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(text)); response.StatusCode != status || diff != "" {
		t.Errorf("%s: got %d, want %d, -want +got:\n%s", query, response.StatusCode, status, diff)
	}
}
