package rules

import (
	"strings"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
)

// RuleRegistryMetadata is the rule that metadata belong to a component.
const RuleRegistryMetadata = "registry-metadata"

// checkMetadata finds metadata of components that there are not, and metadata
// that say they were another's.
func checkMetadata(repo *repolayout.Repo, w *world) []schema.Problem {
	components := map[string]bool{}
	for _, files := range w.files() {
		for _, file := range files {
			components[file] = true
		}
	}
	var problems []schema.Problem
	for _, doc := range repo.Metadata {
		c := &collector{file: doc.Path}
		component := strings.TrimSuffix(doc.Path, ".metadata.json") + ".yaml"
		want := strings.TrimPrefix(component, repo.Layout.Registry+"/")
		switch {
		case !components[component]:
			c.reportf("", RuleRegistryMetadata, "there is no component that the metadata are of (found no %s, want it, or no metadata)", component)
		case doc.Value.Path != want:
			c.alsof([]schema.Place{place(component, "")}, "path", RuleRegistryMetadata,
				"the metadata say that they are another component's (found %q, want %q)", doc.Value.Path, want)
		}
		problems = append(problems, unaffected(c.problems, doc.Problems)...)
	}
	return problems
}
