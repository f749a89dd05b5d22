package rules

import (
	"strings"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
)

// RuleRegistryMetadata is the rule that metadata belong to a component.
const RuleRegistryMetadata = "registry-metadata"

// checkMetadata finds metadata that say they were another component's. Those
// that a component left behind do no harm.
func checkMetadata(repo *repolayout.Repo, w *world) []schema.Problem {
	components := map[string]bool{}
	for _, files := range w.files() {
		for _, file := range files {
			components[file] = true
		}
	}
	var problems []schema.Problem
	for _, doc := range repo.Metadata {
		component := strings.TrimSuffix(doc.Path, ".metadata.json") + ".yaml"
		want := strings.TrimPrefix(component, repo.Layout.Registry+"/")
		if doc.Value.Path == want || !components[component] || len(doc.Problems) > 0 {
			continue
		}
		c := &collector{file: doc.Path}
		c.alsof([]schema.Place{place(component, "")}, "path", RuleRegistryMetadata,
			"the metadata say that they are another component's (found %q, want %q)", doc.Value.Path, want)
		problems = append(problems, c.problems...)
	}
	return problems
}
