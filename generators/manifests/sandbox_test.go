package manifests_test

import (
	"strings"
	"testing"

	"github.com/drover-ci/drover/generators/manifests"
	"github.com/drover-ci/drover/schema"
)

// TestKustomizationsStayInTheRepository tries each way out of it. Nothing is
// fetched, run or read from this machine.
func TestKustomizationsStayInTheRepository(t *testing.T) {
	const remote = "refers to what is not in the repository"
	for name, test := range map[string]struct {
		kustomization string
		// want is part of the only problem; nothing for none.
		want string
	}{
		"another folder":     {"resources: [../base]\n", ""},
		"above it":           {"resources: [../../..]\n", "cannot build"},
		"far above it":       {"resources: [../../../../../../etc/hostname]\n", "cannot build"},
		"a file above":       {"resources: [../x.yaml]\n", "cannot build"},
		"absolute":           {"resources: [/etc/hostname]\n", "cannot build"},
		"a URL":              {"resources: ['https://example.com/x.yaml']\n", remote},
		"a URL in capitals":  {"resources: ['HTTP:example.com/x.yaml']\n", remote},
		"a repository":       {"resources: ['GitHub.com/o/r?ref=v1']\n", remote},
		"by SSH":             {"components: ['me@example.com:o/r']\n", remote},
		"forced":             {"bases: ['GIT::github.com/o/r']\n", remote},
		"an alias":           {"commonAnnotations: {a: &x 'https://example.com/x.yaml'}\nresources: [*x]\n", remote},
		"a base's URL":       {"resources: [../remote]\n", remote},
		"a generator's file": {"configMapGenerator: [{name: a, files: [../../secret]}]\n", "cannot build"},
		"a generator's URL":  {"configMapGenerator: [{name: a, files: ['a=https://example.com/x']}]\n", remote},
		"a chart":            {"helmCharts: [{name: c, repo: 'https://example.com'}]\n", remote},
		"a local chart":      {"helmCharts: [{name: c}]\nhelmGlobals: {chartHome: .}\n", "cannot build"},
		"a program":          {"generators: [exec.yaml]\n", "cannot build"},
		"a program's inline": {"transformers: ['{apiVersion: v1, kind: X, metadata: {name: x, annotations: {config.kubernetes.io/function: \"{exec: {path: /bin/true}}\"}}}']\n", "cannot build"},
	} {
		t.Run(name, func(t *testing.T) {
			files := filesOf(map[string]string{
				"m/k/kustomization.yaml": test.kustomization,
				"m/k/exec.yaml": "apiVersion: v1\nkind: X\nmetadata:\n  name: x\n  annotations:\n" +
					"    config.kubernetes.io/function: |\n      exec: {path: /bin/true}\n",
				"m/base/kustomization.yaml":   "resources: [a.yaml]\n",
				"m/base/a.yaml":               configMapA,
				"m/remote/kustomization.yaml": "resources: ['https://example.com/x.yaml']\n",
				"m/x.yaml":                    configMapB,
				"secret":                      "x",
			})
			objects, problems := manifests.Build(files, []schema.ManifestFolder{{Folder: "m/k"}}, nil)
			if test.want == "" {
				if len(objects) != 1 || len(problems) > 0 {
					t.Errorf("got %d objects, problems %v", len(objects), problems)
				}
				return
			}
			if len(objects) > 0 || len(problems) != 1 || !strings.Contains(problems[0].Message, test.want) {
				t.Errorf("got %d objects, problems %v, want one with %q", len(objects), problems, test.want)
			}
		})
	}
}
