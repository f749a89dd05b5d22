package rules_test

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
)

const wayConfig = `zz_generated_metadata: {org: o, repo: r, branch: main}
resources: {'*': {requests: {cpu: 10m}}}
build_root: {from_repository: true}
tests:
- as: unit
  commands: make test
  container:
    from: src
- as: e2e
  steps:
    workflow: flow
`

// wayFiles are a test that leads to a step through a workflow and two chains.
func wayFiles(config string) fstest.MapFS {
	const registry = "ci-operator/step-registry/"
	files := fstest.MapFS{}
	for name, text := range map[string]string{
		"ci-operator/config/o/r/o-r-main.yaml": config,
		registry + "flow/flow-workflow.yaml":   "workflow:\n  as: flow\n  steps:\n    pre:\n    - ref: zero\n    test:\n    - chain: outer\n",
		registry + "outer/outer-chain.yaml":    "chain:\n  as: outer\n  steps:\n  - ref: first\n  - chain: inner\n",
		registry + "inner/inner-chain.yaml":    "chain:\n  as: inner\n  steps:\n  - ref: deploy\n",
		registry + "zero/zero-ref.yaml":        wayStep("zero"),
		registry + "zero/zero-commands.sh":     "true\n",
		registry + "first/first-ref.yaml":      wayStep("first"),
		registry + "first/first-commands.sh":   "true\n",
		registry + "deploy/deploy-ref.yaml":    "# Deploys.\n" + wayStep("deploy") + "  env:\n  - name: VERSION\n",
		registry + "deploy/deploy-commands.sh": "true\n",
	} {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return files
}

func wayStep(name string) string {
	return "ref:\n  as: " + name + "\n  from: src\n  commands: " + name + "-commands.sh\n  resources: {requests: {cpu: 10m}}\n"
}

// A mistake that was reached through others names each file and line that led
// to it, from the test to the step.
func TestTheWayToAMistake(t *testing.T) {
	const want = "ci-operator/config/o/r/o-r-main.yaml:10:3: tests[1].steps.env: a parameter without default needs a value " +
		"(found none for VERSION of step deploy, want one under env) (by way of test e2e at ci-operator/config/o/r/o-r-main.yaml:11, " +
		"workflow flow at ci-operator/step-registry/flow/flow-workflow.yaml:7, " +
		"chain outer at ci-operator/step-registry/outer/outer-chain.yaml:5, " +
		"chain inner at ci-operator/step-registry/inner/inner-chain.yaml:4, " +
		"step deploy at ci-operator/step-registry/deploy/deploy-ref.yaml:2) [unresolved-parameter]\n"
	if diff := cmp.Diff(want, problemsOf(t, repolayout.FromFS(wayFiles(wayConfig)))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// What a client sends is in no file; what it names is.
func TestTheWayFromAConfigurationThatIsInNoFile(t *testing.T) {
	repo, err := repolayout.Load(t.Context(), repolayout.FromFS(wayFiles(wayConfig+"    env: {VERSION: '1'}\n")), nil)
	if err != nil {
		t.Fatal(err)
	}
	valid, problems := rules.AdmitWhole(t.Context(), nil, repo)
	if valid == nil {
		t.Fatal(problems)
	}
	flow := "flow"
	_, findings := valid.Catalog.Registry().Resolve(&schema.Config{
		Tests: []schema.Test{{As: "sent", Steps: &schema.TestSteps{Workflow: &flow}}},
	})
	if len(findings) != 1 || findings[0].Rule != resolver.RuleUnresolved {
		t.Fatalf("found %v", findings)
	}
	var got []string
	for _, each := range valid.Way(findings[0]) {
		got = append(got, each.What+" at "+each.String())
	}
	want := []string{
		"workflow flow at ci-operator/step-registry/flow/flow-workflow.yaml:7",
		"chain outer at ci-operator/step-registry/outer/outer-chain.yaml:5",
		"chain inner at ci-operator/step-registry/inner/inner-chain.yaml:4",
		"step deploy at ci-operator/step-registry/deploy/deploy-ref.yaml:2",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
