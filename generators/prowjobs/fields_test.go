package prowjobs_test

import (
	"bytes"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/generators/prowjobs"
	"github.com/drover-ci/drover/internal/golden"
	"github.com/drover-ci/drover/schema"
)

// featureJobs are the jobs of all features' configurations, each as its lines,
// with what drover.yaml says of jobs laid over OpenShift's template.
func featureJobs(t *testing.T, jobs string) map[string][]string {
	t.Helper()
	settings := schema.Settings{}
	if problems := schema.Decode("drover.yaml", []byte("jobs: "+jobs), &settings); len(problems) > 0 {
		t.Fatalf("%s: %v", jobs, problems)
	}
	inputs, err := filepath.Glob(filepath.Join("testdata", "features", "*.yaml"))
	if err != nil || len(inputs) == 0 {
		t.Fatalf("no features: %v", err)
	}
	all := map[string][]string{}
	generator := newGenerator(t, prowjobs.Override(openShift(t), settings.Jobs), registry())
	for _, input := range inputs {
		files, err := generator.Jobs(readConfigs(t, input))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			for _, job := range file.Groups[0].Jobs {
				one := prowjobs.JobFile{Path: file.Path, Groups: []prowjobs.Group{{Kind: file.Groups[0].Kind, Jobs: []*prowjobs.Job{job}}}}
				all[job.Name] = lines(string(render(t, []prowjobs.JobFile{one})[0].Content))
			}
		}
	}
	return all
}

// changedJobs are the jobs that two makings do not have alike, each with the
// lines that are only in the second, and those that are only in the first.
func changedJobs(before, after map[string][]string) map[string][2]string {
	changed := map[string][2]string{}
	for name, now := range after {
		added := map[string]int{}
		var more, less strings.Builder
		for _, line := range now {
			added[line]++
		}
		for _, line := range before[name] {
			if added[line]--; added[line] < 0 {
				less.WriteString(strings.TrimSpace(line) + "\n")
			}
		}
		for _, line := range now {
			if added[line] > 0 {
				added[line]--
				more.WriteString(strings.TrimSpace(line) + "\n")
			}
		}
		if more.Len()+less.Len() > 0 {
			changed[name] = [2]string{more.String(), less.String()}
		}
	}
	return changed
}

// additions are what drover.yaml may say of each kind of thing that a part of
// the template has, with the lines that a job then has more.
func additions() map[string][2]string {
	return map[string][2]string{
		"labels":  {"{acme/added: a}", "acme/added: a\n"},
		"args":    {"{--added: [a]}", "- --added=a\n"},
		"env":     {"{ADDED: {value: a}}", "- name: ADDED\nvalue: a\n"},
		"ports":   {"{added: 99}", "- containerPort: 99\nname: added\n"},
		"mounts":  {"{added: {path: /added}}", "- mountPath: /added\nname: added\nreadOnly: true\n"},
		"volumes": {"{added: {secret: {secretName: a}}}", "- name: added\nsecret:\nsecretName: a\n"},
	}
}

// fieldsOf are the names that the fields of a struct have in files.
func fieldsOf(of any) []string {
	var names []string
	kind := reflect.TypeOf(of)
	for field := range kind.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

// TestEachPartOfTheTemplateCounts adds each kind of thing to each part of the
// template. The jobs with that part's feature then have it, and no others: they
// are shown in a file.
func TestEachPartOfTheTemplateCounts(t *testing.T) {
	if diff := cmp.Diff(fieldsOf(schema.JobPart{}), slices.Collect(maps.Keys(additions())), sorted); diff != "" {
		t.Fatalf("what a part has is not what is added (-fields +additions):\n%s", diff)
	}
	before := featureJobs(t, "{}")
	var shown bytes.Buffer
	for _, part := range fieldsOf(schema.JobParts{}) {
		var first []string
		for _, kind := range fieldsOf(schema.JobPart{}) {
			added := additions()[kind]
			changed := changedJobs(before, featureJobs(t, fmt.Sprintf("{parts: {%s: {%s: %s}}}", part, kind, added[0])))
			for name, lines := range changed {
				// A list or mapping that was not there brings its own name.
				if !strings.HasSuffix(lines[0], added[1]) || strings.Count(lines[0], "\n") > strings.Count(added[1], "\n")+1 || lines[1] != "" {
					t.Errorf("%s of %s: %s has the lines %q more and %q less, want %q more", kind, part, name, lines[0], lines[1], added[1])
				}
			}
			names := slices.Sorted(maps.Keys(changed))
			if first == nil {
				first = names
				fmt.Fprintf(&shown, "%s: %d of %d\n  %s\n", part, len(names), len(before), strings.Join(names, "\n  "))
			}
			if diff := cmp.Diff(first, names); diff != "" {
				t.Errorf("%s of %s are given to other jobs than labels (-labels +%[1]s):\n%s", kind, part, diff)
			}
		}
	}
	golden.Equal(t, shown.Bytes(), "testdata/parts.txt")
}

// TestEachFieldOfTheTemplateCounts sets what is not in a part.
func TestEachFieldOfTheTemplateCounts(t *testing.T) {
	before := featureJobs(t, "{}")
	fields := map[string]struct{ set, more, less string }{
		"image":           {set: "a", more: "image: a\n", less: "image: quay-proxy.ci.openshift.org/openshift/ci:ci_ci-operator_latest\n"},
		"imagePullPolicy": {set: "Never", more: "imagePullPolicy: Never\n", less: "imagePullPolicy: Always\n"},
		"command":         {set: "[a, b]", more: "- a\n- b\n", less: "- ci-operator\n"},
		"serviceAccount":  {set: "a", more: "serviceAccountName: a\n", less: "serviceAccountName: ci-operator\n"},
		"resources": {
			set:  "{requests: {cpu: 7m}, limits: {memory: 1Gi}}",
			more: "limits:\nmemory: 1Gi\ncpu: 7m\n", less: "cpu: 10m\n",
		},
	}
	for name, field := range fields {
		changed := changedJobs(before, featureJobs(t, fmt.Sprintf("{%s: %s}", name, field.set)))
		if len(changed) != len(before) {
			t.Errorf("%s: %d of %d jobs change, want all", name, len(changed), len(before))
		}
		for job, lines := range changed {
			if diff := cmp.Diff([2]string{field.more, field.less}, lines); diff != "" {
				t.Errorf("%s: %s (-want +got):\n%s", name, job, diff)
			}
		}
	}
	others := []string{"configMap", "namespace", "cloneToken", "officialNamespaces", "labelledNoBuilds", "parts"} // the first two are render's
	if diff := cmp.Diff(fieldsOf(schema.JobTemplate{}), append(others, slices.Collect(maps.Keys(fields))...), sorted); diff != "" {
		t.Errorf("not all fields are set here (-fields +set):\n%s", diff)
	}
	private := func(name string) bool { return strings.Contains(name, "-secret-cloned-") }
	const token = "name: github-credentials-openshift-ci-robot-private-git-cloner\n"
	for field, want := range map[string][2]string{"name": {"name: a\n", token}, "key": {"key: a\n", "key: oauth\n"}} {
		changed := changedJobs(before, featureJobs(t, fmt.Sprintf("{cloneToken: {%s: a}}", field)))
		if len(changed) == 0 {
			t.Errorf("cloneToken.%s changes nothing", field)
		}
		for job, lines := range changed {
			if !private(job) || lines != want {
				t.Errorf("cloneToken.%s: %s has %q more and %q less", field, job, lines[0], lines[1])
			}
		}
	}
	for name, want := range map[string]string{
		"officialNamespaces: []": "- --target=[release:latest]\n",
		"labelledNoBuilds: []":   "ci.openshift.io/no-builds: \"true\"\n",
	} {
		changed := changedJobs(before, featureJobs(t, "{"+name+"}"))
		if len(changed) == 0 {
			t.Errorf("%s changes nothing", name)
		}
		for job, lines := range changed {
			if lines != [2]string{"", want} {
				t.Errorf("%s: %s has %q more and %q less", name, job, lines[0], lines[1])
			}
		}
	}
}

// sorted compares lists whatever their order.
var sorted = cmp.Transformer("sorted", func(names []string) []string { return slices.Sorted(slices.Values(names)) })

// TestTheTemplateTakesWhatAPodTakes has values with which no job could start.
func TestTheTemplateTakesWhatAPodTakes(t *testing.T) {
	cases := [][2]string{
		{"{image: a b}", `jobs.image: the value does not fit (found "a b", want an image such as quay.io/org/name:tag)`},
		{`{image: ""}`, "jobs.image: the value does not fit"},
		{"{imagePullPolicy: Often}", "jobs.imagePullPolicy: "},
		{"{serviceAccount: A B}", "jobs.serviceAccount: the value does not fit"},
		{"{command: [make, '']}", "jobs.command[1]: the value is empty"},
		{"{resources: {requests: {cpu: much}}}", "jobs.resources.requests.cpu: the value does not fit"},
		{"{cloneToken: {name: A}}", "jobs.cloneToken.name: the value does not fit"},
		{"{cloneToken: {key: a/b}}", "jobs.cloneToken.key: the value does not fit"},
		{"{officialNamespaces: [A]}", "jobs.officialNamespaces[0]: the value does not fit"},
		{"{labelledNoBuilds: [o/r]}", `jobs.labelledNoBuilds[0]: the value does not fit (found "o/r", want a branch as org/repo@branch)`},
		{"{parts: {all: {labels: {a b: c}}}}", `jobs.parts.all.labels["a b"]: the name does not fit`},
		{"{parts: {all: {labels: {a: b c}}}}", "jobs.parts.all.labels.a: the value does not fit"},
		{"{parts: {test: {args: {a: [b]}}}}", `jobs.parts.test.args.a: the name does not fit (found "a", want a flag such as --name)`},
		{"{parts: {test: {env: {1a: {value: b}}}}}", `jobs.parts.test.env.1a: the name does not fit`},
		{"{parts: {test: {env: {A: {fieldPath: b}}}}}", "jobs.parts.test.env.A.fieldPath: the value does not fit"},
		{"{parts: {test: {ports: {http: 70000}}}}", "jobs.parts.test.ports.http: the number is out of bounds (found 70000, want 0 to 65535)"},
		{"{parts: {test: {ports: {h_p: 70}}}}", "jobs.parts.test.ports.h_p: the name does not fit"},
		{"{parts: {test: {mounts: {a: {path: b}}}}}", "jobs.parts.test.mounts.a.path: the value does not fit"},
		{"{parts: {test: {volumes: {A: {emptyDir: {}}}}}}", "jobs.parts.test.volumes.A: the name does not fit"},
		{"{parts: {test: {volumes: {a: {secret: {}}}}}}", "jobs.parts.test.volumes.a.secret.secretName: "},
		{"{parts: {test: {volumes: {a: {csi: {driver: B}}}}}}", "jobs.parts.test.volumes.a.csi.driver: the value does not fit"},
		{"{parts: {test: {volumes: {a: {emptyDir: {sizeLimit: b}}}}}}", "jobs.parts.test.volumes.a.emptyDir.sizeLimit: the value does not fit"},
		{"{parts: {test: {volumes: {a: {emptyDir: {}, secret: {secretName: b}}}}}}", "jobs.parts.test.volumes.a.emptyDir: a volume shows one thing"},
		{"{parts: {test: {env: {A: {value: b, fieldPath: status.podIP}}}}}", "jobs.parts.test.env.A.fieldPath: the value of an environment variable is given, or"},
		{"{parts: {test: {volumes: {a: {configMap: {name: b, items: [{key: c, path: /d}]}}}}}}", "jobs.parts.test.volumes.a.configMap.items[0].path: the value does not fit"},
	}
	for _, tc := range cases {
		jobs, want := tc[0], tc[1]
		problems := schema.Decode("drover.yaml", []byte("jobs: "+jobs), &schema.Settings{})
		if len(problems) != 1 || !strings.HasPrefix(problems[0].Path+": "+problems[0].Message, want) {
			t.Errorf("%s: got %v, want %q", jobs, problems, want)
		}
	}
	for _, variable := range []string{"A", "_a", "a1", "a.b", "a-b", ".a", "-a"} {
		jobs := "{parts: {test: {env: {" + variable + ": {value: b}}}}}"
		if problems := schema.Decode("drover.yaml", []byte("jobs: "+jobs), &schema.Settings{}); len(problems) > 0 {
			t.Errorf("%s: got %v", jobs, problems)
		}
	}
}
