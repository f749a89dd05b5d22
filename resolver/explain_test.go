package resolver_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
)

func TestExplain(t *testing.T) {
	tools := registry(t, toolbox)
	config := parse[schema.Config](t, `
zz_generated_metadata: {org: acme, repo: rocket, branch: main}
tests: [{as: unit, commands: make, container: {from: src}}, {as: e2e, node_architecture: amd64, steps: {
  workflow: e2e, env: {REGION: own}, dependencies: {CLI_IMAGE: other},
  test: [{as: own, from: cli, commands: run, env: [{name: SUITE, default: none}]}, {ref: remote}]}}]`)
	got := tools.Explain(config, 1)
	config1 := resolver.Component{Kind: resolver.KindConfig, Name: "acme/rocket@main"}
	workflow := resolver.Component{Kind: resolver.KindWorkflow, Name: "e2e"}
	outer := resolver.Component{Kind: resolver.KindChain, Name: "outer"}
	inner := resolver.Component{Kind: resolver.KindChain, Name: "inner"}
	install := resolver.Component{Kind: resolver.KindStep, Name: "install"}
	remote := resolver.Component{Kind: resolver.KindStep, Name: "remote"}
	architecture := &resolver.Origin{Component: config1, Path: "tests[1].node_architecture"}
	want := &resolver.Explanation{
		Profile: &resolver.Origin{Component: workflow, Path: "workflow.steps.cluster_profile"},
		Pre: []resolver.ExplainedStep{{
			Name: "install", Listed: resolver.Origin{Component: inner, Path: "chain.steps[0].ref"},
			Way: []resolver.Component{workflow, outer, inner}, Architecture: architecture,
			Parameters: []resolver.ExplainedValue{
				{Name: "REGION", Given: []resolver.GivenValue{
					{"own", resolver.Origin{Component: config1, Path: "tests[1].steps.env.REGION"}},
					{"outer", resolver.Origin{Component: outer, Path: "chain.env[0].default"}},
					{"inner", resolver.Origin{Component: inner, Path: "chain.env[0].default"}},
					{"east", resolver.Origin{Component: install, Path: "ref.env[0].default"}},
				}},
				{Name: "SIZE", Given: []resolver.GivenValue{
					{"inner", resolver.Origin{Component: inner, Path: "chain.env[1].default"}},
					{"small", resolver.Origin{Component: install, Path: "ref.env[1].default"}},
				}},
			},
			Dependencies: []resolver.ExplainedValue{{Name: "CLI_IMAGE", Given: []resolver.GivenValue{
				{"other", resolver.Origin{Component: config1, Path: "tests[1].steps.dependencies.CLI_IMAGE"}},
				{"cli", resolver.Origin{Component: install, Path: "ref.dependencies[0].name"}},
			}}},
		}},
		Test: []resolver.ExplainedStep{
			{
				Name: "own", Listed: resolver.Origin{Component: config1, Path: "tests[1].steps.test[0]"}, Literal: true, Architecture: architecture,
				Parameters: []resolver.ExplainedValue{{Name: "SUITE", Given: []resolver.GivenValue{
					{"basic", resolver.Origin{Component: workflow, Path: "workflow.steps.env.SUITE"}},
					{"none", resolver.Origin{Component: config1, Path: "tests[1].steps.test[0].env[0].default"}},
				}}},
			},
			{
				Name: "remote", Listed: resolver.Origin{Component: config1, Path: "tests[1].steps.test[1].ref"}, Architecture: architecture,
				DNS: &resolver.Origin{Component: remote, Path: "ref.dnsConfig"},
			},
		},
		Post: []resolver.ExplainedStep{{
			Name: "gather", Listed: resolver.Origin{Component: workflow, Path: "workflow.steps.post[0].ref"},
			Way: []resolver.Component{workflow}, Architecture: architecture,
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff(&resolver.Explanation{}, tools.Explain(config, 0)); diff != "" {
		t.Errorf("container test: -want +got:\n%s", diff)
	}
}

// What is explained is what is resolved, for every fifth configuration of the
// corpus.
func TestCorpusExplanations(t *testing.T) {
	c := openCorpus(t)
	err := inParallel(len(c.configs)/5, func(i int) error {
		i *= 5
		resolved, findings := c.registry.Resolve(c.configs[i])
		if len(findings) > 0 {
			return fmt.Errorf("%s: %s", c.paths[i], findings[0])
		}
		for test := range c.configs[i].Tests {
			steps := resolved.Steps(test)
			if steps == nil {
				continue
			}
			explanation := c.registry.Explain(c.configs[i], test)
			for name, phase := range map[string]struct {
				steps     []*resolver.Step
				explained []resolver.ExplainedStep
			}{"pre": {steps.Pre, explanation.Pre}, "test": {steps.Test, explanation.Test}, "post": {steps.Post, explanation.Post}} {
				if want, got := valuesOf(phase.steps), explainedValues(phase.explained); !slices.Equal(want, got) {
					return fmt.Errorf("%s, test %s, %s: -want +got:\n%s", c.paths[i], c.configs[i].Tests[test].As, name, cmp.Diff(want, got))
				}
			}
			if (explanation.Profile != nil) != (steps.Settings().ClusterProfileLiteral != nil) {
				return fmt.Errorf("%s, test %s: the profile is not explained", c.paths[i], c.configs[i].Tests[test].As)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// valuesOf lists a phase's steps and values as text.
func valuesOf(steps []*resolver.Step) []string {
	var lines []string
	for _, step := range steps {
		literal := step.Literal()
		lines = append(lines, fmt.Sprintf("%s dns %t architecture %t", literal.As, literal.DNSConfig != nil, literal.NodeArchitecture != nil))
		for _, parameter := range literal.Environment {
			lines = append(lines, parameter.Name+"="+*parameter.Default)
		}
		for _, dependency := range literal.Dependencies {
			lines = append(lines, dependency.Env+"="+dependency.Name)
		}
	}
	return lines
}

func explainedValues(steps []resolver.ExplainedStep) []string {
	var lines []string
	for _, step := range steps {
		lines = append(lines, fmt.Sprintf("%s dns %t architecture %t", step.Name, step.DNS != nil, step.Architecture != nil))
		for _, value := range append(append([]resolver.ExplainedValue(nil), step.Parameters...), step.Dependencies...) {
			lines = append(lines, value.Name+"="+value.Given[0].Value)
		}
	}
	return lines
}
