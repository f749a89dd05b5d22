package prowjobs_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/generators/prowjobs"
)

// assignAll gives all pods in files a cluster.
func assignAll(files []prowjobs.JobFile, cluster string) error {
	for i := range files {
		if err := files[i].Assign(func(*prowjobs.Job) string { return cluster }); err != nil {
			return err
		}
	}
	return nil
}

// TestClustersAreWrittenIntoWhatPeopleWrote has files of which no job is
// generated: all of them stays but the clusters.
func TestClustersAreWrittenIntoWhatPeopleWrote(t *testing.T) {
	cases := map[string]struct{ reason, before, after string }{
		"alphabet": {
			"a cluster has its place among fields in order",
			"periodics:\n- agent: kubernetes\n  cron: '@daily'\n  name: a\n",
			"periodics:\n- agent: kubernetes\n  cluster: b1\n  cron: '@daily'\n  name: a\n",
		},
		"name first": {
			"what stands beside the dash stays there",
			"periodics:\n- name: a # the first\n  interval: 1h\n  agent: kubernetes\n",
			"periodics:\n- name: a # the first\n  cluster: b1\n  interval: 1h\n  agent: kubernetes\n",
		},
		"no later field": {
			"there may be none after it",
			"periodics:\n- name: a\n  agent: kubernetes\n",
			"periodics:\n- name: a\n  cluster: b1\n  agent: kubernetes\n",
		},
		"one field": {"there may be no other", "periodics:\n- name: a\n", "periodics:\n- cluster: b1\n  name: a\n"},
		"comments": {
			"comments stay above what they are about, and nothing gets into texts that look like them",
			"# Ours.\npresubmits:\n  o/r:\n    # unit\n    - name: a\n      always_run: |\n        # not a comment\n      # why\n      # it is so\n      decorate: true\n",
			"# Ours.\npresubmits:\n  o/r:\n    # unit\n    - name: a\n      always_run: |\n        # not a comment\n      cluster: b1\n      # why\n      # it is so\n      decorate: true\n",
		},
		"replaced": {
			"an old cluster goes, and what is beside it stays",
			"periodics:\n- name: a\n  cluster: old # for now\n", "periodics:\n- name: a\n  cluster: b1 # for now\n",
		},
		"quotes": {
			"quotes stay", "periodics:\n- {name: a, cluster: 'old'}\n- name: b\n  cluster: \"old\"\n- name: c\n  cluster: \"\"\n",
			"periodics:\n- {name: a, cluster: 'b1'}\n- name: b\n  cluster: \"b1\"\n- name: c\n  cluster: \"b1\"\n",
		},
		"nothing": {
			"a field may be empty", "periodics:\n- cluster: # soon\n  name: a\n- name: b\n  cluster: ~\n",
			"periodics:\n- cluster: b1 # soon\n  name: a\n- name: b\n  cluster: b1\n",
		},
		"braces": {
			"a job may be in braces, and on several lines",
			"presubmits: {o/r: [{name: a}, { name: ä, spec: {} },\n  {\n    name: c}]}\n",
			"presubmits: {o/r: [{cluster: b1, name: a}, {cluster: b1,  name: ä, spec: {} },\n  {cluster: b1, \n    name: c}]}\n",
		},
		"JSON": {"or JSON", `{"periodics": [{"name": "a"}]}`, `{"periodics": [{"cluster": "b1", "name": "a"}]}`},
		"no pods": {
			"what is no pod has no cluster", "periodics:\n- name: a\n  agent: jenkins\n- name: b\n  labels: {c: d}\n",
			"periodics:\n- name: a\n  agent: jenkins\n- name: b\n  cluster: b1\n  labels: {c: d}\n",
		},
		"kinds": {
			"a file may have jobs of all kinds, and of several repositories",
			"postsubmits:\n  o/z:\n  - name: a\n    spec: {}\n  o/a: [{name: b}]\nperiodics: [{name: c}]\npresets: [{labels: {a: b}}]\n",
			"postsubmits:\n  o/z:\n  - name: a\n    cluster: b1\n    spec: {}\n  o/a: [{cluster: b1, name: b}]\nperiodics: [{cluster: b1, name: c}]\npresets: [{labels: {a: b}}]\n",
		},
		"merged": {
			"jobs may have fields in common",
			"common: &c {interval: 1h}\nperiodics:\n- name: a\n  spec: &s {containers: []}\n- <<: *c\n  name: b\n  spec: *s\n",
			"common: &c {interval: 1h}\nperiodics:\n- name: a\n  cluster: b1\n  spec: &s {containers: []}\n- <<: *c\n  cluster: b1\n  name: b\n  spec: *s\n",
		},
		"shared": {
			"or all of them", "presubmits:\n  o/r: &jobs\n  - name: a\n    spec: {}\n  o/s: *jobs\n",
			"presubmits:\n  o/r: &jobs\n  - name: a\n    cluster: b1\n    spec: {}\n  o/s: *jobs\n",
		},
		"line ends": {
			"line ends stay", "periodics:\r\n- name: a\r\n  spec: {}\r\n", "periodics:\r\n- name: a\r\n  cluster: b1\r\n  spec: {}\r\n",
		},
		"other line ends": {
			"YAML has more than one, and each counts",
			"# a\u2028# b\u0085# c\u2029# d\nperiodics:\n- name: a\n  spec: {}\n",
			"# a\u2028# b\u0085# c\u2029# d\nperiodics:\n- name: a\n  cluster: b1\n  spec: {}\n",
		},
		"old line ends": {
			"even alone", "periodics:\r- name: a\r  cluster: old\r  spec: {}\r", "periodics:\r- name: a\r  cluster: b1\r  spec: {}\r",
		},
		"byte order mark": {
			"what stands before the text is no part of its first line",
			"\ufeffperiodics: [{name: a}]\n", "\ufeffperiodics: [{cluster: b1, name: a}]\n",
		},
		"no end": {"nor does an end of line come", "periodics:\n- {name: a}", "periodics:\n- {cluster: b1, name: a}"},
		"broken": {"what cannot be read stays", "periodics: [", "periodics: ["},
		"empty":  {"so does what is empty", "", ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			before := []generators.File{{Path: presubmitsFile, Content: []byte(tc.before)}}
			files := prowjobs.Existing(before)
			if err := assignAll(files, "b1"); err != nil {
				t.Fatal(err)
			}
			after := render(t, files)
			if diff := cmp.Diff(tc.after, string(after[0].Content)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			merged, unreadable := prowjobs.Merge(before, nil)
			if err := assignAll(merged, "b1"); err != nil || len(unreadable) > 0 {
				t.Fatal(err, unreadable)
			}
			if diff := cmp.Diff(contents(after), contents(render(t, merged))); diff != "" {
				t.Errorf("a component's file ends otherwise (-elsewhere +component):\n%s", diff)
			}
			again := prowjobs.Existing(after)
			if err := assignAll(again, "b1"); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(contents(after), contents(render(t, again))); diff != "" {
				t.Errorf("the second time something changes (-first +second):\n%s", diff)
			}
		})
	}
}

// TestClustersOfAnyName writes names that mean something else in YAML.
func TestClustersOfAnyName(t *testing.T) {
	for _, cluster := range []string{"yes", "1.0", "a: b", "it's", `"`, "ä", "#", "{"} {
		for _, form := range []string{"periodics:\n- name: a\n  cluster: 'old'\n", "periodics:\n- name: a\n  spec: {}\n"} {
			files := prowjobs.Existing([]generators.File{{Path: periodicsFile, Content: []byte(form)}})
			if err := assignAll(files, cluster); err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, file := range prowjobs.Existing(render(t, files)) {
				got = file.Groups[0].Jobs[0].Cluster
			}
			if diff := cmp.Diff(cluster, got); diff != "" {
				t.Errorf("%q (-want +got):\n%s", form, diff)
			}
		}
	}
}

// TestClustersThatCannotBeWritten has forms in which one place would say the
// clusters of two jobs, or of something else.
func TestClustersThatCannotBeWritten(t *testing.T) {
	cases := map[string]struct{ before, want string }{
		"shared value": {"periodics:\n- name: &a a\n  cluster: *a\n", "the job a cannot"},
		"long value":   {"periodics:\n- name: a\n  cluster: >-\n    old\n", "the job a cannot"},
		"UTF-16":       {"\xff\xfe" + strings.Join(strings.SplitAfter("periodics:\r- name: a\r  spec: {}\r", ""), "\x00") + "\x00", "the job a cannot"},
		"one of two": {
			"presubmits:\n  o/r: &jobs\n  - name: a\n    spec: {}\n  o/s: *jobs\n", "the job a cannot",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			files := prowjobs.Existing([]generators.File{{Path: presubmitsFile, Content: []byte(tc.before)}})
			asked := 0
			err := files[0].Assign(func(*prowjobs.Job) string {
				asked++
				return strings.Repeat("b", asked)
			})
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got the error %v, want %q", err, tc.want)
			}
			if diff := cmp.Diff(tc.before, string(render(t, files)[0].Content)); diff != "" {
				t.Errorf("the file changed (-before +after):\n%s", diff)
			}
		})
	}
}
