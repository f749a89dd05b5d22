package schema_test

import (
	"strings"
	"testing"

	"github.com/drover-ci/drover/schema"
)

// TestJobsByHand has what Prow refuses of a job file beside its shape be found at
// its place. That Prow refuses it, a test of the module integration/prow shows.
func TestJobsByHand(t *testing.T) {
	const (
		head = "presubmits:\n  o/r:\n"
		job  = "  - {name: a, decorate: true, spec: {containers: [{image: i, command: [c]}]}}\n"
	)
	spec := func(content string) string {
		return "periodics:\n- name: a\n  cron: '@daily'\n  spec:\n" + content
	}
	tests := map[string]struct{ content, want string }{
		"right": {head + job, ""},
		"one name, other branches": {
			head + "  - {name: a, branches: [^b$], spec: {containers: [{image: i}]}}\n  - {name: a, branches: [^c$], spec: {containers: [{image: i}]}}\n", "",
		},
		"one name, one anchor": {
			head + "  - &a {name: a, branches: [^b$], spec: {containers: [{image: i}]}}\n  - {<<: *a, branches: [^c$]}\n", "",
		},
		"one name": {
			head + job + job,
			"4:12: presubmits.o/r[1].name: two jobs have one name (found a, which the job on line 3 has, want another name, or other branches) [duplicate-job]",
		},
		"one name, a branch that the other does not skip": {
			head + "  - {name: a, branches: [b], spec: {containers: [{image: i}]}}\n  - {name: a, skip_branches: [c], spec: {containers: [{image: i}]}}\n",
			"4:12: presubmits.o/r[1].name: two jobs have one name (found a, which the job on line 3 has, want another name, or other branches) [duplicate-job]",
		},
		"one context": {
			head + job + strings.Replace(job, "name: a", "name: b, context: a", 1),
			"4:24: presubmits.o/r[1].context: two jobs are reported under one name (found a, which a is reported under, want another context) [duplicate-job]",
		},
		"a comment that starts nothing": {
			head + strings.Replace(job, "name: a", "name: a, trigger: ^/x$, rerun_command: /y", 1),
			`3:45: presubmits.o/r[0].rerun_command: the comment that people are told to write does not start the job (found "/y", want one that trigger, "^/x$", finds) [wrong-value]`,
		},
		"no container": {
			spec("    containers: []\n"),
			"5:17: periodics[0].spec.containers: the list is empty (found [], want at least one item) [wrong-value]",
		},
		"a variable of Prow's": {
			spec("    containers: [{env: [{name: JOB_NAME}]}]\n"),
			`5:32: periodics[0].spec.containers[0].env[0].name: the name is that of a variable of Prow's own (found "JOB_NAME", want another) [wrong-value]`,
		},
		"a variable twice": {
			spec("    containers:\n    - env:\n      - name: A\n      - name: A\n"),
			`8:15: periodics[0].spec.containers[0].env[1].name: two have one name (found "A", as on line 7, want another) [wrong-value]`,
		},
		"a pod without containers": {
			spec("    volumes: []\n"),
			"5:5: periodics[0].spec.containers: the field is required (found nothing, want a list: what runs) [missing-field]",
		},
		"no job": {
			head + "  -\n", "3:4: presubmits.o/r[0]: the field is required (found nothing, want a job) [missing-field]",
		},
		"no pod": {
			"periodics:\n- name: a\n  cron: '@daily'\n",
			"2:3: periodics[0]: a job has something to run: a pod, a pipeline, or an agent that knows what (found none, want at least 1 of spec, pipeline_run_spec, tekton_pipeline_run_spec and agent) [needed-field]",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, problem := range schema.Check("f", []byte(test.content), schema.ProwJobFile) {
				got = append(got, strings.TrimPrefix(problem.String(), "f:"))
			}
			if joined := strings.Join(got, "\n"); joined != test.want {
				t.Errorf("got  %s\nwant %s", joined, test.want)
			}
		})
	}
}

// TestPortNames are those that Kubernetes takes.
func TestPortNames(t *testing.T) {
	for name, right := range map[string]bool{
		"http": true, "a": true, "9p": true, "a-b-c": true, strings.Repeat("a", 15): true,
		"": false, "80": false, "8-0": false, "a--b": false, "-a": false, "a-": false, "Http": false, strings.Repeat("a", 16): false,
	} {
		content := "jobs:\n  parts:\n    secret:\n      ports: {\"" + name + "\": 80}\n"
		problems := schema.Decode("drover.yaml", []byte(content), new(schema.Settings))
		if (len(problems) == 0) != right {
			t.Errorf("%q: %v", name, problems)
		}
	}
}
