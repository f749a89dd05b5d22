package manifests_test

import (
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/fixtures"
	"github.com/drover-ci/drover/generators/manifests"
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
		reason   string
		files    map[string]string
		objects  []string
		problems []string
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
		"remote": {
			reason: "nothing is fetched",
			files:  map[string]string{"m/kustomization.yaml": "resources:\n- https://example.com/x.yaml\n"},
			problems: []string{
				"m/kustomization.yaml:2:1: the kustomization refers to what is not in the repository (found https://example.com/x.yaml) [kustomization]",
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
				"m/a.yaml:5:1: the object has no apiVersion", "m/b.yaml: line 1: did not find expected node content", "m/c.yaml:1:1: the document is no object",
			},
		},
		"nothing": {
			reason:   "a folder that vanished is no wish to delete all that it held",
			problems: []string{"m: the folder has no files"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			objects, problems := manifests.Build(filesOf(tc.files), []string{"m"})
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
	objects, problems := manifests.Build(files, []string{"clusters/build01", "clusters/common"})
	if len(problems) > 0 || len(objects) < 10 {
		t.Errorf("%d objects, problems %v", len(objects), problems)
	}
}
