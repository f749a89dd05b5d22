package prow

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Pieces of jobs that were written by hand.
const (
	presubmits = "presubmits:\n  acme/widget-server:\n"
	byHand     = "  - name: pull-by-hand\n    agent: kubernetes\n    decorate: true\n"
	pod        = "    spec: {containers: [{name: a, image: a, command: [b]}]}\n"
	job        = presubmits + byHand + pod
	second     = "  - name: pull-by-hand-2\n    agent: kubernetes\n    decorate: true\n" + pod
	post       = "postsubmits:\n  acme/widget-server:\n" + byHand + pod
	periodic   = "periodics:\n- name: periodic-by-hand\n  agent: kubernetes\n  decorate: true\n  spec: {containers: [{name: a, image: a, command: [b]}]}\n"
	daily      = "  cron: '@daily'\n"
)

func podOf(spec string) string { return presubmits + byHand + "    spec: " + spec + "\n" }

// TestCheckRefusesWhatProwRefuses has Prow and drover check read job files that
// people could have written, right and wrong ones. They agree on each, but for
// those that are left to Prow.
func TestCheckRefusesWhatProwRefuses(t *testing.T) {
	cases := []struct{ name, content string }{
		{"fine", job}, {"fine post", post}, {"fine periodic", periodic + daily},
		{"branches no regexp", job + "    branches: ['(']\n"},
		{"skip_branches no regexp", job + "    skip_branches: ['(']\n"},
		{"branches text", job + "    branches: main\n"},
		{"branches plain", job + "    branches: [main]\n"},
		{"branches and skip_branches", job + "    branches: [main]\n    skip_branches: [main]\n"},
		{"branches lookahead", job + "    branches: ['(?!x)']\n"},
		{"run_if_changed no regexp", job + "    run_if_changed: '('\n"},
		{"skip_if_only_changed no regexp", job + "    skip_if_only_changed: '('\n"},
		{"always_run and run_if_changed", job + "    always_run: true\n    run_if_changed: a\n"},
		{"always_run and skip_if", job + "    always_run: true\n    skip_if_only_changed: a\n"},
		{"both conditions", job + "    run_if_changed: a\n    skip_if_only_changed: a\n"},
		{"post always_run and run_if_changed", post + "    always_run: true\n    run_if_changed: a\n"},
		{"trigger without rerun", job + "    trigger: a\n"},
		{"rerun without trigger", job + "    rerun_command: a\n"},
		{"trigger that rerun does not match", job + "    trigger: a\n    rerun_command: /test b\n"},
		{"trigger no regexp", job + "    trigger: '('\n    rerun_command: '('\n"},
		{"no name", presubmits + "  - agent: kubernetes\n    decorate: true\n" + pod},
		{"name with slash", strings.Replace(job, "pull-by-hand", "pull/x", 1)},
		{"negative concurrency", job + "    max_concurrency: -1\n"},
		{"no spec", presubmits + byHand},
		{"no agent", presubmits + "  - name: a\n    decorate: true\n" + pod},
		{"jenkins with spec", strings.Replace(job, "kubernetes", "jenkins", 1)},
		{"tekton with spec", strings.Replace(job, "kubernetes", "tekton-pipeline", 1)},
		{"tekton without", presubmits + "  - name: a\n    agent: tekton-pipeline\n"},
		{"unknown agent", strings.Replace(job, "kubernetes", "kuberentes", 1)},
		{"kubernetes with pipeline", job + "    pipeline_run_spec: {}\n"},
		{"jenkins with pipeline", presubmits + "  - name: a\n    agent: jenkins\n    pipeline_run_spec: {}\n"},
		{"decoration_config on jenkins", presubmits + "  - name: a\n    agent: jenkins\n    decoration_config: {timeout: 1h}\n"},
		{"error_on_eviction on jenkins", presubmits + "  - name: a\n    agent: jenkins\n    error_on_eviction: true\n"},
		{"other namespace", job + "    namespace: other\n"},
		{"no containers", podOf("{containers: []}")},
		{"spec without containers", podOf("{}")},
		{"two containers undecorated", presubmits + "  - name: a\n    agent: kubernetes\n    spec: {containers: [{name: a, image: a},{name: b, image: b}]}\n"},
		{"two containers without name", podOf("{containers: [{image: a, command: [a]},{name: b, image: b, command: [a]}]}")},
		{"two containers same name", podOf("{containers: [{name: b, image: a, command: [a]},{name: b, image: b, command: [a]}]}")},
		{"reserved container", podOf("{containers: [{name: sidecar, image: a, command: [a]},{name: b, image: b, command: [a]}]}")},
		{"init container", podOf("{initContainers: [{name: i, image: a}], containers: [{name: a, image: a, command: [a]}]}")},
		{"env twice", podOf("{containers: [{name: a, image: a, command: [a], env: [{name: X, value: a},{name: X, value: b}]}]}")},
		{"env reserved", podOf("{containers: [{name: a, image: a, command: [a], env: [{name: JOB_NAME, value: a}]}]}")},
		{"volume twice", podOf("{volumes: [{name: v, emptyDir: {}},{name: v, emptyDir: {}}], containers: [{name: a, image: a, command: [a]}]}")},
		{"volume reserved", podOf("{volumes: [{name: logs, emptyDir: {}}], containers: [{name: a, image: a, command: [a]}]}")},
		{"mount undefined", podOf("{containers: [{name: a, image: a, command: [a], volumeMounts: [{name: v, mountPath: /v}]}]}")},
		{"mount conflicts", podOf("{volumes: [{name: v, emptyDir: {}}],containers: [{name: a, image: a, command: [a], volumeMounts: [{name: v, mountPath: /logs}]}]}")},
		{"decorated without command", podOf("{containers: [{name: a, image: a}]}")},
		{"unknown spec field", podOf("{containerz: [], containers: [{name: a, image: a, command: [a]}]}")},
		{"unknown container field", podOf("{containers: [{name: a, image: a, command: [a], comand: [b]}]}")},
		{"spec wrong type", podOf("{containers: {name: a}}")},
		{"quantity wrong", podOf("{containers: [{name: a, image: a, command: [a], resources: {requests: {cpu: lots}}}]}")},
		{"env number", podOf("{containers: [{name: a, image: a, command: [a], env: [{name: X, value: 5}]}]}")},
		{"label reserved", job + "    labels: {prow.k8s.io/job: x}\n"},
		{"label key wrong", job + "    labels: {'a b': x}\n"},
		{"label prefix wrong", job + "    labels: {a..b/c: x}\n"},
		{"label prefix", job + "    labels: {a-1.b/C.d: x}\n"},
		{"label value wrong", job + "    labels: {a: 'x y'}\n"},
		{"label number", job + "    labels: {a: 5}\n"},
		{"annotation key wrong", job + "    annotations: {'a b': x}\n"},
		{"queue unknown", job + "    job_queue_name: x\n"},
		{"rerun_auth both", job + "    rerun_auth_config: {allow_anyone: true, github_users: [a]}\n"},
		{"path_alias", job + "    path_alias: https://x\n"},
		{"clone_uri", job + "    clone_uri: 'x y'\n"},
		{"timeout wrong", job + "    decoration_config: {timeout: soon}\n"},
		{"gcs wrong strategy", job + "    decoration_config: {gcs_configuration: {path_strategy: x}}\n"},
		{"extra ref empty", job + "    extra_refs: [{org: a}]\n"},
		{"extra ref twice", job + "    extra_refs: [{org: a, repo: b, base_ref: c},{org: a, repo: b, base_ref: c}]\n"},
		{"extra ref self", job + "    extra_refs: [{org: acme, repo: widget-server, base_ref: c}]\n"},
		{"twice", job + byHand + pod},
		{"twice other branches", job + "    branches: [^a$]\n" + byHand + pod + "    branches: [^b$]\n"},
		{"twice one without branches", job + "    branches: [^a$]\n" + byHand + pod},
		{"context twice", job + "    context: c\n" + second + "    context: c\n"},
		{"context is other's name", job + "    context: pull-by-hand-2\n" + second},
		{"context empty", job + "    context: ''\n"},
		{"post twice", post + byHand + pod},
		{"skip_report gerrit", job + "    skip_report: true\n    labels: {prow.k8s.io/gerrit-report-label: x}\n"},
		{"periodic twice", periodic + daily + strings.TrimPrefix(periodic, "periodics:\n") + daily},
		{"periodic no time", periodic},
		{"periodic two times", periodic + daily + "  interval: 1h\n"},
		{"cron wrong", periodic + "  cron: '61 * * * *'\n"},
		{"cron words", periodic + "  cron: soon\n"},
		{"cron @never", periodic + "  cron: '@never'\n"},
		{"interval wrong", periodic + "  interval: soon\n"},
		{"interval 0", periodic + "  interval: 0s\n"},
		{"retry without interval", periodic + daily + "  retry: {attempts: 2}\n"},
		{"periodic with branches", periodic + daily + "  branches: [main]\n"},
		{"repo without slash", strings.Replace(job, "acme/widget-server", "acme", 1)},
		{"repo twice slash", strings.Replace(job, "acme/widget-server", "a/b/c", 1)},
		{"unknown field", job + "    max_concurency: 1\n"},
		{"list as map", "presubmits:\n- name: x\n"},
		{"no mapping", "hello\n"},
		{"periodic in map", "periodics:\n  a/b:\n  - name: x\n"},
		{"preset without labels", "presets:\n- env: [{name: a, value: b}]\n"},
		{"preset env conflict", "presets:\n- labels: {p: 'true'}\n  env: [{name: X, value: a}]\n" + podOf("{containers: [{name: a, image: a, command: [a], env: [{name: X, value: b}]}]}") + "    labels: {p: 'true'}\n"},
		{"preset twice", "presets:\n- labels: {p: 'true'}\n- labels: {p: 'true'}\n"},
		{"cluster unknown", job + "    cluster: nope\n"},
		{"slack template", job + "    reporter_config: {slack: {channel: a, report_template: '{{'}}\n"},
		{"long name", strings.Replace(job, "pull-by-hand", strings.Repeat("a", 300), 1)},
		{"bool as text", job + "    always_run: 'true'\n"},
		{"bool yes", job + "    always_run: yes\n"},
	}
	leftToProw := map[string]string{
		"mount undefined":            "presets of other files may bring the volume",
		"preset env conflict":        "presets are of the whole repository",
		"preset twice":               "presets are of the whole repository",
		"queue unknown":              "Prow's configuration lists the queues",
		"other namespace":            "Prow's configuration names the namespace",
		"two containers undecorated": "Prow's configuration may decorate all jobs",
		"skip_report gerrit":         "Gerrit is not GitHub",
		"env number":                 "a number is text wherever text is wanted",
		"label number":               "a number is text wherever text is wanted",
	}
	repo := copySample(t)
	folder := filepath.Join(repo, jobs, "acme", "widget-server")
	if err := os.MkdirAll(folder, 0o750); err != nil {
		t.Fatal(err)
	}
	file := func(name string) string { return strings.NewReplacer(" ", "-", "'", "").Replace(name) + ".yaml" }
	for i, each := range cases {
		n := strconv.Itoa(i) // they are not to be in each other's way
		own := strings.NewReplacer("acme/widget-server", "acme/"+n, "periodic-by-hand", "periodic-"+n).Replace(each.content)
		if err := os.WriteFile(filepath.Join(folder, file(each.name)), []byte(own), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	found := problemsOf(t, repo)
	for _, each := range cases {
		t.Run(each.name, func(t *testing.T) {
			alone := t.TempDir()
			if err := os.WriteFile(filepath.Join(alone, "jobs.yaml"), []byte(each.content), 0o600); err != nil {
				t.Fatal(err)
			}
			_, refused := load(filepath.Join(repo, prowConfig), alone)
			problem := found[jobs+"/acme/widget-server/"+file(each.name)]
			_, left := leftToProw[each.name]
			if (refused != nil) != (left || problem != "") || left && problem != "" {
				t.Errorf("left to Prow: %t; Prow says %v, drover %q", left, refused, problem)
			}
		})
	}
}

// problemsOf gives the first problem of each file.
func problemsOf(t *testing.T, repo string) map[string]string {
	t.Helper()
	first := map[string]string{}
	for _, problem := range problemsIn(t, repo) {
		if first[problem.File] == "" {
			first[problem.File] = problem.Message
		}
	}
	if len(first) == 0 {
		t.Fatal("drover check found no problem")
	}
	return first
}

// problem is one that drover check found.
type problem struct {
	File    string `json:"file"`
	Message string `json:"message"`
}

func problemsIn(t *testing.T, repo string) []problem {
	t.Helper()
	output, _ := exec.CommandContext(t.Context(), program, "check", "--no-cache", "--repo", repo, "-o", "json").Output() // it exits 1
	var said struct {
		Problems []problem `json:"problems"`
	}
	if err := json.Unmarshal(output, &said); err != nil {
		t.Fatalf("drover check printed %.500q: %v", output, err)
	}
	return said.Problems
}
