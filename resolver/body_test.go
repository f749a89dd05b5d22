package resolver_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	testcorpus "github.com/drover-ci/drover/internal/corpus"
	"github.com/drover-ci/drover/internal/golden"
	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
)

const bodyTests = `
- {as: unit, commands: "echo '<&>' \"\\/\" é", container: {from: src}}
- {as: e2e, steps: {workflow: e2e, env: {REGION: "north \"\\/\""}}}
- {as: own, steps: {test: [{as: own, from: src, commands: "\"\\/\""}, {ref: gather}]}}`

func TestBody(t *testing.T) {
	body := bodyOf(t, registry(t, toolbox), bodyTests)
	var text bytes.Buffer
	if err := body.Write(&text); err != nil {
		t.Fatal(err)
	}
	golden.Equal(t, append(text.Bytes(), '\n'), "testdata/body.json")
	if body.Len() != text.Len() {
		t.Errorf("Len is %d, want %d", body.Len(), text.Len())
	}
}

// The body in pieces must say what the configuration says as data.
func TestBodyIsConfig(t *testing.T) {
	resolved, _ := registry(t, toolbox).Resolve(config(t, bodyTests))
	want, err := json.Marshal(resolved.Config())
	if err != nil {
		t.Fatal(err)
	}
	body, err := resolved.Body()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(asData(t, want), asData(t, text(t, body))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestBodyGzip(t *testing.T) {
	// Long enough that some pieces are compressed and others stored.
	long := `- {as: long, commands: "` + strings.Repeat("make test; ", 1000) + `", container: {from: src}}`
	for name, tests := range map[string]string{"short": bodyTests, "long": bodyTests + "\n" + long, "empty": "[]"} {
		t.Run(name, func(t *testing.T) {
			body := bodyOf(t, registry(t, toolbox), tests)
			zipped := gather(t, body.GatherGzip)
			if body.GzipLen() != zipped.Len() {
				t.Errorf("GzipLen is %d, want %d", body.GzipLen(), zipped.Len())
			}
			reader, err := gzip.NewReader(zipped)
			if err != nil {
				t.Fatal(err)
			}
			reader.Multistream(false)
			got, err := io.ReadAll(reader)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(text(t, body)), string(got)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// A reader with little memory gets the body out of its frames.
func TestBodyZstd(t *testing.T) {
	long := `- {as: long, commands: "` + strings.Repeat("make test; ", 1000) + `", container: {from: src}}`
	for name, tests := range map[string]string{"short": bodyTests, "long": bodyTests + "\n" + long, "empty": "[]"} {
		t.Run(name, func(t *testing.T) {
			body := bodyOf(t, registry(t, toolbox), tests)
			squeezed := gather(t, body.GatherZstd)
			if body.ZstdLen() != squeezed.Len() {
				t.Errorf("ZstdLen is %d, want %d", body.ZstdLen(), squeezed.Len())
			}
			reader, err := zstd.NewReader(squeezed, zstd.WithDecoderMaxWindow(1<<20))
			if err != nil {
				t.Fatal(err)
			}
			defer reader.Close()
			got, err := io.ReadAll(reader)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(text(t, body)), string(got)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestBodyDigest(t *testing.T) {
	first := bodyOf(t, registry(t, toolbox), bodyTests)
	again := bodyOf(t, registry(t, toolbox), bodyTests)
	other := bodyOf(t, registry(t, strings.Replace(toolbox, "gather.sh", "gather2.sh", 1)), bodyTests)
	if first.Digest() != again.Digest() {
		t.Error("the same body has two digests")
	}
	if first.Digest() == other.Digest() {
		t.Error("a step's other script gives the same digest")
	}
}

// Bodies of the corpus that are there in full are compared as they are written.
func TestCorpusFullBodies(t *testing.T) {
	c := openCorpus(t)
	compared := 0
	for i, path := range c.paths {
		name := strings.ReplaceAll(strings.TrimSuffix(path, ".yaml"), "/", "__") + ".json"
		want, err := os.ReadFile(filepath.Join(os.Getenv(testcorpus.Variable), "expected-resolved", name))
		if err != nil {
			continue
		}
		compared++
		resolved, findings := c.registry.Resolve(c.configs[i])
		if len(findings) > 0 {
			t.Fatal(findings)
		}
		body, err := resolved.Body()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(asData(t, want), asData(t, text(t, body))); diff != "" {
			t.Errorf("%s\n-want +got:\n%s", path, diff)
		}
	}
	t.Logf("%d bodies are equal", compared)
}

// TestCorpusEncodings: each encoding of the corpus's bodies says what the plain
// text says, and is as long as it was said to be.
func TestCorpusEncodings(t *testing.T) {
	c := openCorpus(t)
	squeezed, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer squeezed.Close()
	for i := 0; i < len(c.configs); i += 23 {
		resolved, _ := c.registry.Resolve(c.configs[i])
		body, err := resolved.Body()
		if err != nil {
			t.Fatal(err)
		}
		want := text(t, body)
		zipped, framed := gather(t, body.GatherGzip), gather(t, body.GatherZstd)
		if zipped.Len() != body.GzipLen() || framed.Len() != body.ZstdLen() || len(want) != body.Len() {
			t.Errorf("%s: lengths %d %d %d, said to be %d %d %d", c.paths[i], zipped.Len(), framed.Len(), len(want),
				body.GzipLen(), body.ZstdLen(), body.Len())
		}
		unzip, err := gzip.NewReader(zipped)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(unzip); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: gzip: %v", c.paths[i], err)
		}
		if got, err := squeezed.DecodeAll(framed.Bytes(), nil); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: zstd: %v", c.paths[i], err)
		}
	}
}

func bodyOf(t testing.TB, r *resolver.Registry, tests string) *resolver.Body {
	t.Helper()
	resolved, findings := r.Resolve(config(t, tests))
	if len(findings) > 0 {
		t.Fatal(lines(findings))
	}
	body, err := resolved.Body()
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func text(t testing.TB, body *resolver.Body) []byte {
	t.Helper()
	var text bytes.Buffer
	if err := body.Write(&text); err != nil {
		t.Fatal(err)
	}
	return text.Bytes()
}

// gather gives in one piece what a function gathers.
func gather(t testing.TB, from func(func([][]byte) error) error) *bytes.Buffer {
	t.Helper()
	var text bytes.Buffer
	err := from(func(pieces [][]byte) error {
		if len(pieces) == 0 || len(pieces[0]) > 0 {
			t.Error("the first place is not free")
		}
		text.Write(bytes.Join(pieces, nil))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return &text
}

func asData(t testing.TB, text []byte) any {
	t.Helper()
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

// What is copied field by field must be copied in full. A step's image is given
// in one of two ways, so that it takes two steps to set every field.
func TestLiteralsAreComplete(t *testing.T) {
	const step = `{as: a, IMAGE, commands: d, resources: {requests: {cpu: "1"}}, timeout: 1s, grace_period: 2s,
 credentials: [{namespace: d, name: e, mount_path: /m}], env: [{name: f, default: g}], dependencies: [{name: h, env: i}], dnsConfig: {searches: [j]}, leases: [{resource_type: r, env: k}],
 optional_on_success: true, best_effort: true, no_kubeconfig: true, cli: l, observers: [m], run_as_script: true, node_architecture: arm64, nested_podman: true}`
	set := map[string]bool{}
	for _, image := range []string{"from: b", "from_image: {namespace: n1, name: c, tag: t}"} {
		literalIsComplete(t, strings.Replace(step, "IMAGE", image, 1), set)
	}
	for field := range reflect.TypeFor[schema.LiteralTestStep]().Fields() {
		if !set[field.Name] {
			t.Errorf("the test does not set %s", field.Name)
		}
	}
}

// literalIsComplete notes which fields a step sets, and sees that each of them
// is still there once it is resolved.
func literalIsComplete(t *testing.T, step string, set map[string]bool) {
	t.Helper()
	want := parse[schema.LiteralTestStep](t, step)
	for i := range reflect.TypeFor[schema.LiteralTestStep]().NumField() {
		if !reflect.ValueOf(want).Elem().Field(i).IsZero() {
			set[reflect.TypeFor[schema.LiteralTestStep]().Field(i).Name] = true
		}
	}
	r := registry(t, "ref: "+step+"\n---\nobserver: {name: m, from: b}")
	resolved, findings := r.Resolve(config(t, "[{as: t, steps: {pre: [{ref: a}], test: ["+step+"]}}]"))
	if len(findings) > 0 {
		t.Fatal(lines(findings))
	}
	for phase, got := range map[string]*resolver.Step{"ref": resolved.Steps(0).Pre[0], "literal": resolved.Steps(0).Test[0]} {
		if diff := cmp.Diff(want, got.Literal()); diff != "" {
			t.Errorf("%s\n-want +got:\n%s", phase, diff)
		}
	}
}
