package manifests_test

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/fixtures"
	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/generators/manifests"
	"github.com/drover-ci/drover/internal/corpus"
	"github.com/drover-ci/drover/schema"
)

func filesOf(contents map[string]string) manifests.Files {
	return manifests.Files{
		Paths: slices.Sorted(maps.Keys(contents)),
		Read: func(path string) ([]byte, error) {
			content, ok := contents[path]
			if !ok {
				return nil, errors.New("no such file")
			}
			return []byte(content), nil
		},
	}
}

const (
	configMapA = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: ns}\n"
	configMapB = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b, namespace: ns}\n"
)

func TestBuild(t *testing.T) {
	cases := map[string]struct {
		reason     string
		files      map[string]string
		parameters map[string]string
		objects    []string
		problems   []string
	}{
		"plain": {
			reason: "each document of each file is an object, lists are taken apart, what starts with _ is skipped",
			files: map[string]string{
				"m/a.yaml": "# first\n" + configMapA + "---\n# only a comment\n---\n" + configMapB, "m/_b.yaml": "not: read",
				"m/_c/d.yaml": "not: read", "m/OWNERS": "x", "m/README.md": "x",
				"m/e/f.json": `{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"}}]}`,
			},
			objects: []string{"/ConfigMap/ns/a m/a.yaml", "/ConfigMap/ns/b m/a.yaml", "/Secret//s m/e/f.json"},
		},
		"kustomization": {
			reason: "a folder with a kustomization is built, and its bases are not taken by themselves",
			files: map[string]string{
				"m/k/kustomization.yaml":      "resources: [base]\nnamePrefix: p-\n",
				"m/k/base/kustomization.yaml": "resources: [a.yaml]\n",
				"m/k/base/a.yaml":             configMapA,
				"m/b.yaml":                    configMapB,
			},
			objects: []string{"/ConfigMap/ns/p-a m/k", "/ConfigMap/ns/b m/b.yaml"},
		},
		"skipped": {
			reason: "a base that starts with _ is not built by itself, and so is none below such a folder",
			files: map[string]string{
				"m/k/kustomization.yaml":        "resources: [../_base]\n",
				"m/_base/kustomization.yaml":    "resources: [a.yaml]\n",
				"m/_base/a.yaml":                configMapA,
				"m/_old/deep/kustomization.yml": "resources: [nothing.yaml]\n",
			},
			objects: []string{"/ConfigMap/ns/a m/k"},
		},
		"remote": {
			reason: "nothing is fetched",
			files:  map[string]string{"m/kustomization.yaml": "resources:\n- https://example.com/x.yaml\n"},
			problems: []string{
				"m/kustomization.yaml:2:1: the kustomization refers to what is not in the repository (found https://example.com/x.yaml, want a path within it) [kustomization]",
			},
		},
		"outside": {
			reason:   "a kustomization sees its folder alone",
			files:    map[string]string{"m/kustomization.yaml": "resources:\n- ../secret.yaml\n", "secret.yaml": configMapA},
			problems: []string{"m: kustomize cannot build the folder"},
		},
		"bad": {
			reason:  "what is no object has its line",
			files:   map[string]string{"m/a.yaml": configMapA + "---\nkind: ConfigMap\n", "m/b.yaml": "a: [", "m/c.yaml": "- x\n"},
			objects: []string{"/ConfigMap/ns/a m/a.yaml"},
			problems: []string{
				"m/a.yaml:5:1: the object has no apiVersion", "m/b.yaml:1:1: the file is not valid YAML: did not find expected node content",
				"m/c.yaml:1:1: the document is no cluster object (found a list",
			},
		},
		"template": {
			reason: "a template stands for its objects, with its parameters in their places",
			files: map[string]string{
				"m/t.yaml": "apiVersion: template.openshift.io/v1\nkind: Template\nobjects:\n- " +
					"{apiVersion: v1, kind: ConfigMap, metadata: {name: \"${NAME}-x\", namespace: \"${NS}\"}}\n" +
					"parameters: [{name: NAME, required: true}, {name: NS, value: ns}, {name: UNUSED, generate: expression, from: a}]\n",
			},
			parameters: map[string]string{"NAME": "given"},
			objects:    []string{"/ConfigMap/ns/given-x m/t.yaml"},
		},
		"template without values": {
			reason: "nothing is made up",
			files: map[string]string{
				"m/t.yaml": "apiVersion: v1\nkind: Template\nobjects: [{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {a: \"${RANDOM}\"}}]\n" +
					"parameters: [{name: RANDOM, generate: expression, from: '[a-z]{9}'}, {name: NEEDED, required: true}]\n",
			},
			parameters: map[string]string{"OTHER": "x"},
			objects:    []string{"/Secret//s m/t.yaml"},
			problems: []string{
				"m/t.yaml:1:1: a parameter of the template has no value (found none for NEEDED: it is required",
				"m/t.yaml:1:1: a parameter of the template has no value (found none for RANDOM: a random one",
				"m: no template of the folder has such a parameter (found \"OTHER\", want",
			},
		},
		"nothing": {
			reason:   "a folder that vanished is no wish to delete all that it held",
			problems: []string{"m: the folder has no files"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			objects, problems := manifests.Build(filesOf(tc.files), []schema.ManifestFolder{{Folder: "m", Parameters: tc.parameters}}, nil)
			var found []string
			for _, object := range objects {
				found = append(found, object.Key()+" "+object.Source)
			}
			if diff := cmp.Diff(tc.objects, found); diff != "" {
				t.Errorf("%s: objects (-want +got):\n%s", tc.reason, diff)
			}
			if len(problems) != len(tc.problems) {
				t.Fatalf("%s: got problems %v, want %q", tc.reason, problems, tc.problems)
			}
			for i, problem := range problems {
				if !strings.HasPrefix(problem.String(), tc.problems[i]) {
					t.Errorf("%s: got %s, want %s…", tc.reason, problem, tc.problems[i])
				}
			}
		})
	}
}

// TestObjectsCanBeCopied has every kind of value come by every way: whoever takes an
// object copies it first, and a copy of what is no JSON panics.
func TestObjectsCanBeCopied(t *testing.T) {
	const values = "data: {whole: 2, large: 9007199254740993, half: 0.5, fine: true, none: null, day: 2026-11-28, list: [1, {deep: 2}]}\n"
	const template = "apiVersion: template.openshift.io/v1\nkind: Template\nparameters: [{name: NAME, value: 7}]\nobjects:\n- apiVersion: v1\n  kind: A\n" +
		"  metadata: {name: t}\n  " + values
	objects, problems := manifests.Build(filesOf(map[string]string{
		"m/a.yaml": "apiVersion: v1\nkind: A\nmetadata: {name: a}\n" + values, "m/b.yaml": template,
		"m/k/kustomization.yaml": "resources: [a.yaml]\n", "m/k/a.yaml": "apiVersion: v1\nkind: A\nmetadata: {name: k}\n" + values,
	}), []schema.ManifestFolder{{Folder: "m"}}, nil)
	if len(problems) > 0 || len(objects) != 3 {
		t.Fatalf("%d objects, problems %v", len(objects), problems)
	}
	for _, object := range objects {
		data, _ := object.DeepCopy().Object["data"].(map[string]any)
		day, _ := data["day"].(string)
		if !strings.HasPrefix(day, "2026-11-28") {
			t.Errorf("%s: day: got %v", object.GetName(), data["day"])
		}
		delete(data, "day")
		want := map[string]any{
			"whole": int64(2), "large": int64(9007199254740993), "half": 0.5, "fine": true, "none": nil,
			"list": []any{int64(1), map[string]any{"deep": int64(2)}},
		}
		if object.GetName() == "k" {
			delete(want, "none") // kustomize leaves out what is null
			delete(data, "none")
		}
		if diff := cmp.Diff(want, data); diff != "" {
			t.Errorf("%s (-want +got):\n%s", object.GetName(), diff)
		}
	}
}

func TestBuildReadsTheSample(t *testing.T) {
	sample := fixtures.Release()
	var files manifests.Files
	files.Read = func(path string) ([]byte, error) { return fs.ReadFile(sample, path) }
	err := fs.WalkDir(sample, "clusters", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			files.Paths = append(files.Paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	objects, problems := manifests.Build(files, []schema.ManifestFolder{{Folder: "clusters/build01"}, {Folder: "clusters/common"}}, nil)
	if len(problems) > 0 || len(objects) < 10 {
		t.Errorf("%d objects, problems %v", len(objects), problems)
	}
}

func TestBuildFillsTemplates(t *testing.T) {
	const template = `{"apiVersion":"template.openshift.io/v1","kind":"Template","labels":{"app":"${NAME}"},
	"objects":[{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"${NAME}","labels":{"app":"old","own":"x"}},
	"spec":{"replicas":"${{REPLICAS}}","paused":"${{PAUSED}}","text":"${NAME} has ${REPLICAS}, not ${UNKNOWN} or ${{NAME}}","${NAME}":["${NAME}"],"empty":"${EMPTY}"}}],
	"parameters":[{"name":"NAME","value":"web"},{"name":"REPLICAS","value":"3"},{"name":"PAUSED","value":"true"},{"name":"EMPTY"}]}`
	objects, problems := manifests.Build(filesOf(map[string]string{"m/t.json": template}), []schema.ManifestFolder{{Folder: "m"}}, nil)
	if len(problems) > 0 || len(objects) != 1 {
		t.Fatalf("%d objects, problems %v", len(objects), problems)
	}
	want := map[string]any{
		"apiVersion": "apps/v1", "kind": "Deployment",
		"metadata": map[string]any{"name": "web", "labels": map[string]any{"app": "web", "own": "x"}},
		"spec": map[string]any{
			"replicas": int64(3), "paused": true, "text": "web has 3, not ${UNKNOWN} or ${{NAME}}", "web": []any{"web"}, "empty": "",
		},
	}
	if diff := cmp.Diff(want, objects[0].Object); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestBuildReadsTheCorpus reads every manifest of the full-scale repository.
func TestBuildReadsTheCorpus(t *testing.T) {
	root := os.DirFS(corpus.Dir(t, "release-repo"))
	var files manifests.Files
	files.Read = func(path string) ([]byte, error) { return fs.ReadFile(root, path) }
	err := fs.WalkDir(root, "clusters", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			files.Paths = append(files.Paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	// What its templates want to be given.
	parameters := map[string]string{}
	for _, name := range []string{
		"PAGERDUTY_INTEGRATION_KEY", "SESSION_SECRET", "SLACK_API_URL", "arm01_id", "build01_id", "build02_id", "slack_api_url",
	} {
		parameters[name] = "given"
	}
	objects, problems := manifests.Build(files, []schema.ManifestFolder{{Folder: "clusters", Parameters: parameters}}, nil)
	for _, problem := range problems {
		t.Error(problem)
	}
	isTemplate := func(o generators.Object) bool { return o.DeepCopy().GetKind() == "Template" }
	if len(objects) < 2600 || slices.ContainsFunc(objects, isTemplate) {
		t.Errorf("%d objects", len(objects))
	}
}
