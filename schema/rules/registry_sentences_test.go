package rules_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema/rules"
)

// TestEverySentenceOfTheRegistry goes through what today's tools say of the step
// registry, sentence by sentence, each problem at its place.
func TestEverySentenceOfTheRegistry(t *testing.T) {
	content, err := os.ReadFile(filepath.Join("testdata", "registry.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Base      map[string]string `json:"base"`
		Sentences []struct {
			What  string            `json:"what"`
			Files map[string]string `json:"files"`
			Drop  []string          `json:"drop"`
			Want  []string          `json:"want"`
		} `json:"sentences"`
	}
	if err := yaml.UnmarshalStrict(content, &all); err != nil {
		t.Fatal(err)
	}
	for _, s := range all.Sentences {
		t.Run(s.What, func(t *testing.T) {
			files := fstest.MapFS{}
			for _, source := range []map[string]string{all.Base, s.Files} {
				for name, text := range source {
					files[name] = &fstest.MapFile{Data: []byte(text)}
				}
			}
			for _, name := range s.Drop {
				delete(files, name)
			}
			repo, err := repolayout.Load(t.Context(), repolayout.FromFS(files), nil)
			if err != nil {
				t.Fatal(err)
			}
			found := []string{}
			for _, p := range rules.Check(t.Context(), nil, repo).Problems {
				found = append(found, fmt.Sprintf("%s:%d:%d: %s [%s]", p.File, p.Line, p.Column, p.Path, p.Rule))
			}
			if diff := cmp.Diff(s.Want, found); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
