package rules_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	repolayout "github.com/drover-ci/drover/repo-layout"
)

// A step in two phases is the mistake of whoever brings it there: of a workflow
// once, however many tests start from it, of a test where the other is its
// workflow's.
func TestAStepInTwoPhases(t *testing.T) {
	const registry = "ci-operator/step-registry/"
	files := fstest.MapFS{}
	for name, text := range map[string]string{
		"ci-operator/config/o/r/o-r-main.yaml": strings.Replace(wayConfig, "    workflow: flow\n", "    workflow: twice\n", 1) +
			"- as: again\n  steps:\n    workflow: twice\n" +
			"- as: own\n  steps:\n    test:\n    - ref: step\n    workflow: once\n",
		registry + "twice/twice-workflow.yaml": "workflow:\n  as: twice\n  steps:\n    pre:\n    - ref: step\n    post:\n    - chain: list\n",
		registry + "once/once-workflow.yaml":   "workflow:\n  as: once\n  steps:\n    post:\n    - ref: step\n",
		registry + "list/list-chain.yaml":      "chain:\n  as: list\n  steps:\n  - ref: step\n",
		registry + "step/step-ref.yaml":        wayStep("step"),
		registry + "step/step-commands.sh":     "true\n",
	} {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	const want = `ci-operator/config/o/r/o-r-main.yaml:18:7: tests[3].steps.test[0].ref: a step may be there only once ` +
		`(found "step", which workflow.steps.post[0].ref of ci-operator/step-registry/once/once-workflow.yaml brings too, ` +
		"want it in one of the two) [duplicate-step]\n" +
		`ci-operator/step-registry/twice/twice-workflow.yaml:7:7: workflow.steps.post[0].chain: a step may be there only once ` +
		`(found "step", which workflow.steps.pre[0].ref of ci-operator/step-registry/twice/twice-workflow.yaml brings too, ` +
		"want it in one of the two) [duplicate-step]\n"
	if diff := cmp.Diff(want, problemsOf(t, repolayout.FromFS(files))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
