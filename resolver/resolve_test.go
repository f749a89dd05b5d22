package resolver_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/schema"
)

// A small registry that has one of everything.
const toolbox = `
ref: {as: install, from: cli, commands: install.sh, env: [{name: REGION, default: east}, {name: SIZE, default: small}], dependencies: [{name: cli, env: CLI_IMAGE}]}
---
ref: {as: check, from: tests, commands: check.sh, env: [{name: SUITE}]}
---
ref: {as: gather, from: cli, commands: gather.sh, observers: [watch], leases: [{resource_type: disk, env: DISK}]}
---
ref: {as: remote, from: cli, commands: remote.sh, dnsConfig: {nameservers: [ns.step]}, node_architecture: arm64}
---
chain: {as: inner, steps: [{ref: install}], env: [{name: REGION, default: inner}, {name: SIZE, default: inner}]}
---
chain: {as: outer, steps: [{chain: inner}], env: [{name: REGION, default: outer}]}
---
chain: {as: leased, steps: [{ref: gather}], leases: [{resource_type: address, env: ADDRESS, count: 2}]}
---
chain: {as: checks, steps: [{ref: check}]}
---
workflow:
  as: e2e
  steps:
    cluster_profile: aws
    pre: [{chain: outer}]
    test: [{ref: check}]
    post: [{ref: gather}]
    env: {SUITE: basic}
    allow_skip_on_success: true
    leases: [{resource_type: network, env: NETWORK}]
    dependency_overrides: {CLI_IMAGE: quay.io/acme/cli}
---
workflow: {as: open, steps: {test: [{chain: checks}]}}
---
observer: {name: watch, from: cli, commands: watch.sh}
---
observer: {name: log, from: cli, commands: log.sh}
---
cluster_profiles: [{name: aws, cluster_type: aws, lease_type: aws-quota, secret: cluster-secrets-aws}, {name: gcp}]`

func TestResolve(t *testing.T) {
	tests := map[string]struct {
		reason string
		tests  string
		want   string
	}{
		"container test": {
			reason: "What takes nothing from the registry stays as it is.",
			tests:  `[{as: unit, commands: make test, container: {from: src}}]`,
			want:   `[{as: unit, commands: make test, container: {from: src}}]`,
		},
		"literal test": {
			reason: "Steps that are spelled out already stay as they are.",
			tests:  `[{as: e2e, literal_steps: {test: [{as: a, from: src, commands: "true"}]}}]`,
			want:   `[{as: e2e, literal_steps: {test: [{as: a, from: src, commands: "true"}]}}]`,
		},
		"workflow": {
			reason: "The outermost value wins: the workflow's, then the outer chain's, then the inner one's.",
			tests:  `[{as: e2e, optional: true, steps: {workflow: e2e}}]`,
			want: `
- as: e2e
  optional: true
  literal_steps:
    cluster_profile_literal: {name: aws, cluster_type: aws, lease_type: aws-quota, secret: cluster-secrets-aws}
    pre:
    - {as: install, from: cli, commands: install.sh, env: [{name: REGION, default: outer}, {name: SIZE, default: inner}], dependencies: [{name: cli, env: CLI_IMAGE}]}
    test:
    - {as: check, from: tests, commands: check.sh, env: [{name: SUITE, default: basic}]}
    post:
    - {as: gather, from: cli, commands: gather.sh, observers: [watch], leases: [{resource_type: disk, env: DISK}]}
    observers: [{name: watch, from: cli, commands: watch.sh}]
    allow_skip_on_success: true
    leases: [{resource_type: network, env: NETWORK}]
    dependency_overrides: {CLI_IMAGE: quay.io/acme/cli}`,
		},
		"test over workflow": {
			reason: "A phase of the test replaces the workflow's, even an empty one; values are merged, the test's win.",
			tests: `
- as: e2e
  steps:
    workflow: e2e
    cluster_profile: gcp
    test: [{as: own, from: src, commands: make e2e, env: [{name: SUITE}], dependencies: [{name: other, env: OTHER}]}]
    post: []
    env: {SUITE: all, REGION: north}
    dependencies: {CLI_IMAGE: stable:cli}
    dependency_overrides: {OTHER: quay.io/acme/other}
    allow_skip_on_success: false
    leases: [{resource_type: network, env: NETWORK}, {resource_type: gpu, env: GPU}]
    observers: {enable: [watch, log], disable: [watch]}`,
			want: `
- as: e2e
  literal_steps:
    cluster_profile_literal: {name: gcp}
    pre:
    - {as: install, from: cli, commands: install.sh, env: [{name: REGION, default: north}, {name: SIZE, default: inner}], dependencies: [{name: "stable:cli", env: CLI_IMAGE}]}
    test:
    - {as: own, from: src, commands: make e2e, env: [{name: SUITE, default: all}], dependencies: [{name: other, env: OTHER}]}
    observers: [{name: log, from: cli, commands: log.sh}]
    allow_skip_on_success: false
    leases: [{resource_type: network, env: NETWORK}, {resource_type: gpu, env: GPU}]
    dependency_overrides: {CLI_IMAGE: quay.io/acme/cli, OTHER: quay.io/acme/other}`,
		},
		"value for a replaced step": {
			reason: "A test may set what only the workflow's steps declare that it replaces.",
			tests:  `[{as: e2e, steps: {workflow: open, test: [{ref: gather}], env: {SUITE: all}, observers: {}}}]`,
			want:   `[{as: e2e, literal_steps: {test: [{as: gather, from: cli, commands: gather.sh, observers: [watch], leases: [{resource_type: disk, env: DISK}]}], observers: [{name: watch, from: cli, commands: watch.sh}]}}]`,
		},
		"DNS and architecture": {
			reason: "The test's DNS settings replace a step's; its architecture goes to all steps but the one that has its own.",
			tests:  `[{as: e2e, node_architecture: amd64, steps: {test: [{ref: remote}, {ref: gather}], dnsConfig: {searches: [test]}, node_architecture_overrides: {gather: arm64}, observers: {disable: [watch]}}}]`,
			want: `
- as: e2e
  node_architecture: amd64
  literal_steps:
    node_architecture: amd64
    test:
    - {as: remote, from: cli, commands: remote.sh, dnsConfig: {searches: [test]}, node_architecture: amd64}
    - {as: gather, from: cli, commands: gather.sh, observers: [watch], leases: [{resource_type: disk, env: DISK}], dnsConfig: {searches: [test]}, node_architecture: arm64}`,
		},
		"leases of a chain": {
			reason: "A chain's leases are the test's: today they are lost.",
			tests:  `[{as: e2e, steps: {post: [{chain: leased}], observers: {disable: [watch]}}}]`,
			want:   `[{as: e2e, literal_steps: {post: [{as: gather, from: cli, commands: gather.sh, observers: [watch], leases: [{resource_type: disk, env: DISK}]}], leases: [{resource_type: address, env: ADDRESS, count: 2}]}}]`,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			source, untouched := config(t, tc.tests), config(t, tc.tests)
			resolved, findings := registry(t, toolbox).Resolve(source)
			if len(findings) > 0 {
				t.Fatal(lines(findings))
			}
			if diff := cmp.Diff(config(t, tc.want), resolved.Config()); diff != "" {
				t.Errorf("%s\n-want +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(untouched, source); diff != "" {
				t.Errorf("the source was changed\n-want +got:\n%s", diff)
			}
		})
	}
}

func TestResolveFindings(t *testing.T) {
	tests := map[string]struct {
		reason     string
		components string
		tests      string
		want       []string
	}{
		"all at once": {
			reason: "Every mistake of every test is found in one go.",
			tests: `
- {as: a, steps: {workflow: e2f}}
- {as: b, steps: {cluster_profile: azure, test: [{ref: instal}, {chain: outre}], observers: {enable: [wotch]}}}
- {as: c, steps: {workflow: open, env: {REGION: west}, dependencies: {CLI_IMAGE: cli}}}`,
			want: []string{
				`(config acme/rocket@main) config acme/rocket@main: test a: tests[0].steps.workflow: no workflow has this name (found "e2f", want one of e2e, open); did you mean "e2e"? [unknown-workflow]`,
				`(config acme/rocket@main) config acme/rocket@main: test b: tests[1].steps.test[0].ref: no step has this name (found "instal", want one of check, gather, install, remote); did you mean "install"? [unknown-step]`,
				`(config acme/rocket@main) config acme/rocket@main: test b: tests[1].steps.test[1].chain: no chain has this name (found "outre", want one of checks, inner, leased, outer); did you mean "outer"? [unknown-chain]`,
				`(config acme/rocket@main) config acme/rocket@main: test b: tests[1].steps.observers.enable[0]: no observer has this name (found "wotch", want one of log, watch); did you mean "watch"? [unknown-observer]`,
				`(config acme/rocket@main) config acme/rocket@main: test b: tests[1].steps.cluster_profile: no cluster profile has this name (found "azure", want one of aws, gcp) [unknown-profile]`,
				`(config acme/rocket@main) config acme/rocket@main: test c: workflow open: chain checks: step check: tests[2].steps.env: a parameter without default needs a value (found none for SUITE of step check, want one under env) [unresolved-parameter]`,
				`(config acme/rocket@main) config acme/rocket@main: test c: tests[2].steps.env.REGION: no step declares the parameter (found "REGION", want SUITE) [unused-parameter]`,
				`(config acme/rocket@main) config acme/rocket@main: test c: tests[2].steps.dependencies.CLI_IMAGE: no step declares a dependency with this variable (found "CLI_IMAGE", want the variable of a dependency of one of the steps, of which there is none yet) [unused-dependency]`,
			},
		},
		"a step twice": {
			reason: "A phase may have a step once.",
			tests:  `[{as: a, steps: {test: [{ref: install}, {chain: inner}], post: [{ref: install}]}}]`,
			want: []string{
				`(config acme/rocket@main) config acme/rocket@main: test a: tests[0].steps.test[1]: a step may be there only once (found "install", which tests[0].steps.test[0] brings too, want it in one of the two) [duplicate-step]`,
			},
		},
		"lease conflict": {
			reason: "A variable stands for one lease.",
			tests:  `[{as: a, steps: {workflow: e2e, leases: [{resource_type: cable, env: NETWORK}]}}]`,
			want: []string{
				`(config acme/rocket@main) config acme/rocket@main: test a: tests[0].steps.leases: two leases have one variable (found "NETWORK" for 1 of network and for 1 of cable, want one for each) [lease-conflict]`,
			},
		},
		"a mistake in the registry": {
			reason: "A chain that does not exist is a finding, where today's resolver crashes; the trail leads to it.",
			components: `
chain: {as: broken, steps: [{chain: gone}]}
---
chain: {as: around, steps: [{chain: broken}]}
---
ref: {as: lone, from: cli, commands: lone.sh, observers: [gone]}
---
workflow: {as: w, steps: {cluster_profile: gone, pre: [{chain: around}], test: [{ref: lone}]}}`,
			tests: `
- {as: a, steps: {workflow: w, env: {ANY: thing}}}
- {as: b, steps: {workflow: w, pre: [], test: [{as: c, from: cli, commands: c.sh}], cluster_profile: gone}}`,
			want: []string{
				`(chain broken) config acme/rocket@main: test a: workflow w: chain around: chain broken: chain.steps[0].chain: no chain has this name (found "gone", want one of around, broken) [unknown-chain]`,
				`(step lone) config acme/rocket@main: test a: workflow w: step lone: ref.observers[0]: no observer has this name (found "gone", want the name of one that is declared, of which there is none yet) [unknown-observer]`,
				`(workflow w) config acme/rocket@main: test a: workflow w: workflow.steps.cluster_profile: no cluster profile has this name (found "gone", want the name of one that is declared, of which there is none yet) [unknown-profile]`,
				`(workflow w) config acme/rocket@main: test b: workflow w: workflow.steps.cluster_profile: no cluster profile has this name (found "gone", want the name of one that is declared, of which there is none yet) [unknown-profile]`,
				`(config acme/rocket@main) config acme/rocket@main: test b: tests[1].steps.cluster_profile: no cluster profile has this name (found "gone", want the name of one that is declared, of which there is none yet) [unknown-profile]`,
			},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			registry := registryOf(t, tc.components)
			resolved, findings := registry.Resolve(config(t, tc.tests))
			if resolved != nil {
				t.Error("there is a result in spite of findings")
			}
			if diff := cmp.Diff(tc.want, lines(findings)); diff != "" {
				t.Errorf("%s\n-want +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// A test's architecture must not reach other tests by way of the registry.
func TestResolveSharesNothingWritable(t *testing.T) {
	r := registry(t, toolbox)
	first, _ := r.Resolve(config(t, `[{as: a, node_architecture: arm64, steps: {workflow: e2e}}]`))
	second, _ := r.Resolve(config(t, `[{as: a, steps: {workflow: e2e}}]`))
	third, _ := r.Resolve(config(t, `[{as: a, node_architecture: amd64, steps: {workflow: e2e}}]`))
	var got []schema.NodeArchitecture
	for _, resolved := range []interface{ Config() *schema.Config }{first, second, third} {
		architecture := schema.NodeArchitecture("none")
		if a := resolved.Config().Tests[0].LiteralSteps.Pre[0].NodeArchitecture; a != nil {
			architecture = *a
		}
		got = append(got, architecture)
	}
	if diff := cmp.Diff([]schema.NodeArchitecture{"arm64", "none", "amd64"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
