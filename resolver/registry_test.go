package resolver_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/resolver"
)

func TestNewRegistryFindings(t *testing.T) {
	tests := map[string]struct {
		reason     string
		components string
		want       []string
	}{
		"in order": {
			reason: "A chain may name a parameter that an inner chain's step declares.",
			components: `
ref: {as: install, from: cli, commands: install.sh, env: [{name: REGION}]}
---
chain: {as: inner, steps: [{ref: install}]}
---
chain: {as: outer, steps: [{chain: inner}], env: [{name: REGION, default: east}]}
---
workflow: {as: e2e, steps: {pre: [{chain: outer}], env: {REGION: west}}}`,
		},
		"unknown names": {
			reason: "All are found, and what is meant is suggested.",
			components: `
ref: {as: install, from: cli, commands: install.sh, observers: [watcher]}
---
chain: {as: setup, steps: [{ref: instal}, {chain: tear}]}
---
workflow: {as: e2e, steps: {cluster_profile: awz, pre: [{chain: setpu}], post: [{ref: nothing-like-it}], observers: {enable: [watch]}}}
---
observer: {name: watch, from: cli}
---
cluster_profiles: [{name: aws}]`,
			want: []string{
				`(step install) step install: ref.observers[0]: no observer has this name (found "watcher", want watch); did you mean "watch"? [unknown-observer]`,
				`(chain setup) chain setup: chain.steps[0].ref: no step has this name (found "instal", want install); did you mean "install"? [unknown-step]`,
				`(chain setup) chain setup: chain.steps[1].chain: no chain has this name (found "tear", want setup) [unknown-chain]`,
				`(workflow e2e) workflow e2e: workflow.steps.pre[0].chain: no chain has this name (found "setpu", want setup); did you mean "setup"? [unknown-chain]`,
				`(workflow e2e) workflow e2e: workflow.steps.post[0].ref: no step has this name (found "nothing-like-it", want install) [unknown-step]`,
				`(workflow e2e) workflow e2e: workflow.steps.cluster_profile: no cluster profile has this name (found "awz", want aws); did you mean "aws"? [unknown-profile]`,
			},
		},
		"cycle": {
			reason: "The cycle is named where it closes, and chains outside it are not blamed.",
			components: `
chain: {as: c, steps: [{chain: a}]}
---
chain: {as: a, steps: [{chain: b}]}
---
chain: {as: b, steps: [{ref: install}, {chain: a}]}
---
chain: {as: self, steps: [{chain: self}]}
---
ref: {as: install, from: cli, commands: install.sh}`,
			want: []string{
				`(chain b) chain a: chain b: chain.steps[1].chain: a chain may not contain itself (found a -> b -> a, want one of these references taken out) [chain-cycle]`,
				`(chain self) chain self: chain.steps[0].chain: a chain may not contain itself (found self -> self, want one of these references taken out) [chain-cycle]`,
			},
		},
		"overrides for nothing": {
			reason: "Values for parameters that no step declares are misspelt.",
			components: `
ref: {as: install, from: cli, commands: install.sh, env: [{name: REGION, default: east}], dependencies: [{name: cli, env: CLI_IMAGE}]}
---
chain: {as: setup, steps: [{ref: install}], env: [{name: REGIN, default: west}]}
---
workflow: {as: e2e, steps: {pre: [{ref: install}], env: {REGIONS: west}, dependencies: {CLI_IMAGES: cli}}}`,
			want: []string{
				`(chain setup) chain setup: chain.env[0].name: no step declares the parameter (found "REGIN", want REGION); did you mean "REGION"? [unused-parameter]`,
				`(workflow e2e) workflow e2e: workflow.steps.env.REGIONS: no step declares the parameter (found "REGIONS", want REGION); did you mean "REGION"? [unused-parameter]`,
				`(workflow e2e) workflow e2e: workflow.steps.dependencies.CLI_IMAGES: no step declares a dependency with this variable (found "CLI_IMAGES", want CLI_IMAGE); did you mean "CLI_IMAGE"? [unused-dependency]`,
			},
		},
		"nested workflow": {
			components: `
workflow: {as: e2e, steps: {workflow: base}}
---
workflow: {as: base}`,
			want: []string{
				`(workflow e2e) workflow e2e: workflow.steps.workflow: a workflow may not start from another (found "base", want its own pre, test and post, with what both share in chains) [nested-workflow]`,
			},
		},
		"the same step twice": {
			reason: "A phase may have a step once, whichever way it gets there.",
			components: `
ref: {as: install, from: cli, commands: install.sh}
---
chain: {as: setup, steps: [{ref: install}]}
---
workflow: {as: e2e, steps: {pre: [{chain: setup}, {ref: install}], post: [{ref: install}]}}`,
			want: []string{
				`(workflow e2e) workflow e2e: workflow.steps.pre[1]: a step may be there only once (found "install", which workflow.steps.pre[0] brings too, want it in one of the two) [duplicate-step]`,
			},
		},
		"the same name twice": {
			components: `
ref: {as: install, from: cli, commands: install.sh}
---
ref: {as: install, from: cli, commands: install.sh}
---
cluster_profiles: [{name: aws}, {name: aws}]`,
			want: []string{
				`(cluster profile aws) cluster profile aws: cluster_profiles: the name of a cluster profile must be its own (found "aws" more than once, want another name for one) [duplicate-name]`,
				`(step install) step install: ref.as: the name of a step must be its own (found "install" more than once, want another name for one) [duplicate-name]`,
			},
		},
		"chains of chains": {
			reason: "Chains that double in each level stay as small as the steps they have.",
			components: `
ref: {as: install, from: cli, commands: install.sh}
---
chain: {as: c0, steps: [{ref: install}]}
---
chain: {as: c1, steps: [{chain: c0}, {chain: c0}]}
---
chain: {as: c2, steps: [{chain: c1}, {chain: c1}]}`,
			want: []string{
				`(chain c1) chain c1: chain.steps[1]: a step may be there only once (found "install", which chain.steps[0] brings too, want it in one of the two) [duplicate-step]`,
				`(chain c2) chain c2: chain.steps[1]: a step may be there only once (found "install", which chain.steps[0] brings too, want it in one of the two) [duplicate-step]`,
			},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			_, findings := resolver.NewRegistry(components(t, tc.components))
			if diff := cmp.Diff(tc.want, lines(findings)); diff != "" {
				t.Errorf("%s\n-want +got:\n%s", tc.reason, diff)
			}
		})
	}
}
