package rules_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/drover-ci/drover/internal/badrepo"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema/rules"
)

// sentence is one thing that today's validator says, or should say.
type sentence struct {
	What string `json:"what"`
	// Want are the fields and rules of all problems.
	Want []string `json:"want"`
	// Bare says that the configuration gives its resources and build root itself.
	Bare   bool   `json:"bare"`
	Config string `json:"config"`
}

// TestEverySentence goes through what today's validator says of a configuration,
// sentence by sentence, also where it says it only when the job runs.
func TestEverySentence(t *testing.T) {
	content, err := os.ReadFile(filepath.Join("testdata", "sentences.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var sentences []sentence
	if err := yaml.UnmarshalStrict(content, &sentences); err != nil {
		t.Fatal(err)
	}
	for _, s := range sentences {
		t.Run(s.What, func(t *testing.T) {
			config := "zz_generated_metadata:\n  org: o\n  repo: r\n  branch: main\n"
			if !s.Bare {
				config += "resources:\n  '*':\n    requests:\n      cpu: 10m\nbuild_root:\n  from_repository: true\n"
			}
			tree := repolayout.FromFS(fstest.MapFS{
				"ci-operator/config/o/r/o-r-main.yaml": {Data: []byte(config + s.Config)},
			})
			repo, err := repolayout.Load(t.Context(), tree, nil)
			if err != nil {
				t.Fatal(err)
			}
			found := []string{}
			for _, problem := range rules.Check(t.Context(), nil, repo).Problems {
				found = append(found, problem.Path+" ["+problem.Rule+"]")
			}
			if diff := cmp.Diff(s.Want, found); diff != "" {
				t.Errorf("%s\n(-want +got):\n%s", config+s.Config, diff)
			}
		})
	}
}

// TestMessagesSayWhatIsWanted reads all messages of the broken repositories:
// each says what was found and what is wanted, so that whoever reads it can mend
// it.
func TestMessagesSayWhatIsWanted(t *testing.T) {
	exempt := map[string]string{
		"lease-change": "says what to do",
	}
	for _, id := range badrepo.All(t) {
		content, err := os.ReadFile(filepath.Join(badrepo.Folder(id), badrepo.Want))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(content)) {
			ok := strings.Contains(line, "(found") && strings.Contains(line, "want ")
			if _, known := exempt[id]; ok == known {
				t.Errorf("%s: it says what was found and wanted: %t, exempt: %t\n%s", id, ok, known, line)
			}
		}
	}
}
