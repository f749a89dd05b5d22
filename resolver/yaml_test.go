package resolver_test

import (
	"strings"
	"testing"

	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
)

// components reads YAML documents, each of one file of the registry.
func components(t testing.TB, text string) resolver.Components {
	t.Helper()
	var c resolver.Components
	for document := range strings.SplitSeq(text, "\n---\n") {
		switch kind, _, _ := strings.Cut(strings.TrimSpace(document), ":"); kind {
		case "ref":
			c.Refs = append(c.Refs, &parse[schema.RefFile](t, document).Ref)
		case "chain":
			c.Chains = append(c.Chains, &parse[schema.ChainFile](t, document).Chain)
		case "workflow":
			c.Workflows = append(c.Workflows, &parse[schema.WorkflowFile](t, document).Workflow)
		case "observer":
			c.Observers = append(c.Observers, &parse[schema.ObserverFile](t, document).Observer)
		case "cluster_profiles":
			c.Profiles = append(c.Profiles, parse[schema.ClusterProfilesFile](t, document).ClusterProfiles...)
		default:
			t.Fatalf("the document is of no kind: %s", document)
		}
	}
	return c
}

// registry builds a registry that must be in order.
func registry(t testing.TB, text string) *resolver.Registry {
	t.Helper()
	r, findings := resolver.NewRegistry(components(t, text))
	if len(findings) > 0 {
		t.Fatalf("the registry is not in order: %s", lines(findings))
	}
	return r
}

// registryOf builds a registry that may have findings; the toolbox without
// components.
func registryOf(t testing.TB, text string) *resolver.Registry {
	t.Helper()
	if text == "" {
		text = toolbox
	}
	r, _ := resolver.NewRegistry(components(t, text))
	return r
}

// config reads a configuration whose tests are given.
func config(t testing.TB, tests string) *schema.Config {
	t.Helper()
	return parse[schema.Config](t, "zz_generated_metadata: {org: acme, repo: rocket, branch: main}\ntests:\n  "+strings.ReplaceAll(tests, "\n", "\n  "))
}

func parse[T any](t testing.TB, text string) *T {
	t.Helper()
	value := new(T)
	for _, problem := range schema.Decode("test.yaml", []byte(text), value) {
		t.Fatal(problem)
	}
	return value
}

// lines gives findings as text, one a line, each with the component it lies in.
func lines(findings []resolver.Finding) []string {
	var all []string
	for _, finding := range findings {
		all = append(all, "("+finding.Component.String()+") "+finding.String())
	}
	return all
}
