package repolayout_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/internal/corpus"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
)

const (
	jobs = "ci-operator/jobs/"
	prow = "core-services/prow/02_config/"
)

const generatedJob = `presubmits:
  o/r:
  - agent: kubernetes
    labels:
      ci.openshift.io/generator: prowgen
    name: pull-ci-o-r-main-unit
    spec: {containers: [{}]}
`

func TestFilesOfOtherProgramsAreJudged(t *testing.T) {
	cases := map[string]struct {
		reason string
		files  map[string]string
		want   []string
	}{
		"prow": {
			reason: "Prow's own files, and those beside what they are for, which may say less",
			files: map[string]string{
				prow + "_config.yaml":              "plank: {pod_running_timeout: long}\ntide:\n  sync_perriod: 1m\nperiodics:\n- name: a b\n  interval: 1h\n  agent: other\n",
				prow + "_plugins.yaml":             "plugins:\n  o: [approve]\n  o/r: {plugins: approve}\nsize: {s: many}\n",
				prow + "o/r/_prowconfig.yaml":      "tide:\n  merge_method: {o/r: squish, o/s: {main: squash}}\n  priority: []\n",
				prow + "o/r/_pluginconfig.yaml":    "blockades: []\napprove:\n- repos: [o/r]\n",
				prow + "o/r/OWNERS":                "approvers: [",
				prow + "_boskos.yaml":              "resources: [",
				"core-services/other/_config.yaml": "x: [",
			},
			want: []string{
				prow + `_config.yaml:1:30: plank.pod_running_timeout: the value does not fit (found "long", want a duration such as "90m" or "1h30m") [wrong-value]`,
				prow + `_config.yaml:3:3: tide.sync_perriod: the field is not known (found "sync_perriod", want one that there is); did you mean "sync_period"? [unknown-field]`,
				prow + `_config.yaml:5:9: periodics[0].name: the value does not fit (found "a b", want letters, digits, "-", "." and "_") [wrong-value]`,
				prow + `_plugins.yaml:3:18: plugins.o/r.plugins: the value has the wrong type (found "approve", want a list) [wrong-type]`,
				prow + `_plugins.yaml:4:11: size.s: the value has the wrong type (found "many", want a whole number) [wrong-type]`,
				prow + `o/r/_pluginconfig.yaml:1:1: blockades: the field is not known (found "blockades", want one of approve, bugzilla, external_plugins, label, lgtm, plugins, triggers, welcome) [unknown-field]`,
				prow + `o/r/_prowconfig.yaml:2:23: tide.merge_method.o/r: the value is not one of those allowed (found "squish", want merge, rebase, squash, ifNecessary) [wrong-value]`,
				prow + `o/r/_prowconfig.yaml:3:3: tide.priority: the field is not known (found "priority", want one of merge_method, queries) [unknown-field]`,
			},
		},
		"jobs": {
			reason: "jobs that people wrote, and generated ones that were edited to another form",
			files: map[string]string{
				jobs + "o/r/a.yaml": "postsubmits:\n  o/r:\n  - name: x\n    branchs: [main]\n    spec: {containers: [{}], containers: [{}]}\n",
				jobs + "o/r/b.yaml": generatedJob + "  - agent: kubernetes\n    name: by-hand\n    spec: {containers: [{}]}\n    max_concurrency: -1\n",
				jobs + "o/r/c.yaml": generatedJob + "    optionel: true\n",
				jobs + "o/r/d.yaml": "# edited\n" + generatedJob + "    optionel: true\n",
				jobs + "o/r/OWNERS": "approvers: [",
				jobs + "e.yaml":     generatedJob + "    optionel: true\n",
			},
			want: []string{
				jobs + `e.yaml:8:5: presubmits.o/r[0].optionel: the field is not known (found "optionel", want one that there is); did you mean "optional"? [unknown-field]`,
				jobs + `o/r/a.yaml:4:5: postsubmits.o/r[0].branchs: the field is not known (found "branchs", want one that there is); did you mean "branches"? [unknown-field]`,
				jobs + `o/r/a.yaml:5:30: postsubmits.o/r[0].spec.containers: the field is given twice (found it on line 5 already, want it once) [duplicate-field]`,
				jobs + `o/r/b.yaml:11:22: presubmits.o/r[1].max_concurrency: the number is out of bounds (found -1, want at least 0) [wrong-value]`,
				jobs + `o/r/d.yaml:9:5: presubmits.o/r[0].optionel: the field is not known (found "optionel", want one that there is); did you mean "optional"? [unknown-field]`,
			},
		},
		"metadata and component": {
			reason: "who owns what, and what the repository itself is built in",
			files: map[string]string{
				registry + "a/a-ref.metadata.json": `{"path": "a/a-ref.yaml", "owner": {}}`,
				".ci-operator.yaml":                "build_root_image: {namespace: ocp, nam: x}\n",
			},
			want: []string{
				`.ci-operator.yaml:1:36: build_root_image.nam: the field is not known (found "nam", want one that there is); did you mean "name"? [unknown-field]`,
				registry + `a/a-ref.metadata.json:1:26: owner: the field is not known (found "owner", want one that there is); did you mean "owners"? [unknown-field]`,
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var found []string
			for _, problem := range load(t, repolayout.FromFS(files(tc.files)), nil).Problems() {
				found = append(found, problem.String())
			}
			if diff := cmp.Diff(tc.want, found); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// TestTheCorpusIsJudgedWithoutProblem judges Prow's configuration of the corpus
// as it is loaded, and each of its generated job files too, which loading
// leaves out.
func TestTheCorpusIsJudgedWithoutProblem(t *testing.T) {
	t.Parallel()
	tree, closeTree, err := repolayout.OpenFolder(corpus.Dir(t, "release-repo"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = closeTree() }()
	repo := load(t, tree, nil)
	if count := len(repo.Judged) + len(repo.Metadata); count < 4700 {
		t.Errorf("only %d files were judged", count)
	}
	for _, judged := range repo.Judged {
		if len(judged.Problems) > 0 {
			t.Errorf("%d problems, first: %v", len(judged.Problems), judged.Problems[0])
		}
	}
	generated := os.DirFS(corpus.Dir(t, "expected-jobs"))
	count := 0
	err = fs.WalkDir(generated, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".yaml") {
			return err
		}
		data, err := fs.ReadFile(generated, path)
		if problems := schema.Check(path, data, schema.ProwJobFile); len(problems) > 0 {
			t.Errorf("%d problems, first: %v", len(problems), problems[0])
		}
		count++
		return err
	})
	if err != nil || count < 15_000 {
		t.Errorf("%d job files were judged: %v", count, err)
	}
}

// TestGeneratedJobsAreLeftOut where they are made anew, and nowhere else: there Prow
// gets them as they are.
func TestGeneratedJobsAreLeftOut(t *testing.T) {
	t.Parallel()
	tree := repolayout.FromFS(files(map[string]string{
		jobs + "o/r/presubmits.yaml": generatedJob,
		jobs + "o/r/periodics.yaml":  "periodics:\n- agent: kubernetes\n  labels:\n    ci.openshift.io/generator: prowgen\n  name: x\n",
		jobs + "o/r/hand.yaml":       "periodics:\n- name: x\n  interval: 1h\n  agent: other\n",
		jobs + "o/r/both.yaml":       generatedJob + "postsubmits: {}\n",
		jobs + "o/r/deeper/a.yaml":   generatedJob,
		jobs + "o/a.yaml":            generatedJob,
		jobs + "a.yaml":              generatedJob,
	}))
	var found []string
	for _, judged := range load(t, tree, nil).Judged {
		if len(judged.Problems) > 0 {
			t.Error(judged.Problems)
		}
		names := []string{judged.Path}
		for _, job := range judged.Jobs {
			names = append(names, job.Name)
		}
		found = append(found, strings.Join(names, " "))
	}
	const name = " pull-ci-o-r-main-unit"
	want := []string{jobs + "a.yaml" + name, jobs + "o/a.yaml" + name, jobs + "o/r/both.yaml", jobs + "o/r/deeper/a.yaml" + name, jobs + "o/r/hand.yaml x"}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
