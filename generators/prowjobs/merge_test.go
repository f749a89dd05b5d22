package prowjobs_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/generators/prowjobs"
	"github.com/drover-ci/drover/schema"
)

// Files of the component that the merge tests are about.
const (
	presubmitsFile  = "acme/widget/acme-widget-main-presubmits.yaml"
	postsubmitsFile = "acme/widget/acme-widget-main-postsubmits.yaml"
	periodicsFile   = "acme/widget/acme-widget-main-periodics.yaml"
)

// bareGenerator makes jobs without most of what they have, so that a test can
// show them whole.
func bareGenerator(tb testing.TB) *prowjobs.Generator {
	tb.Helper()
	template := &schema.JobTemplate{
		Image: "ci", Command: []string{"ci"}, OfficialNamespaces: []string{"ocp"},
		Parts: &schema.JobParts{
			Target:  &schema.JobPart{Args: map[string][]string{"--target": {"{target}"}}},
			Private: &schema.JobPart{Args: map[string][]string{"--private": {""}}},
		},
	}
	return newGenerator(tb, template, prowjobs.Registry{})
}

// generated are the files of jobs that a configuration of acme/widget@main
// makes, given without its metadata.
func generated(tb testing.TB, config string) []prowjobs.JobFile {
	tb.Helper()
	configs := parseConfigs(tb, "zz_generated_metadata: {org: acme, repo: widget, branch: main}\n"+config)
	files, err := bareGenerator(tb).Jobs(configs)
	if err != nil {
		tb.Fatal(err)
	}
	return files
}

func render(tb testing.TB, files []prowjobs.JobFile) []generators.File {
	tb.Helper()
	rendered, err := prowjobs.Render(files)
	if err != nil {
		tb.Fatal(err)
	}
	return rendered
}

// merge is the content of the folder after a merge, by path.
func merge(tb testing.TB, existing []generators.File, files []prowjobs.JobFile) []generators.File {
	tb.Helper()
	merged, unreadable := prowjobs.Merge(existing, files)
	if len(unreadable) > 0 {
		tb.Fatal(unreadable)
	}
	return render(tb, merged)
}

// contents are the texts of files by path, to compare them.
func contents(files []generators.File) map[string]string {
	texts := make(map[string]string, len(files))
	for _, file := range files {
		texts[file.Path] = string(file.Content)
	}
	return texts
}

// edit changes a text in one of the files.
func edit(tb testing.TB, files []generators.File, path, old, with string) []generators.File {
	tb.Helper()
	edited := make([]generators.File, len(files))
	found := false
	for i, file := range files {
		if file.Path == path && strings.Contains(string(file.Content), old) {
			found = true
			file.Content = []byte(strings.Replace(string(file.Content), old, with, 1))
		}
		edited[i] = file
	}
	if !found {
		tb.Fatalf("%s has no %q", path, old)
	}
	return edited
}

const (
	oneOfEach = `
tests:
- {as: unit, container: {from: src}}
- {as: after, postsubmit: true, container: {from: src}}
- {as: nightly, interval: 24h, container: {from: src}}
`
	name   = "    name: pull-ci-acme-widget-main-unit\n"
	report = "  reporter_config:\n    slack:\n      channel: '#widget'\n"
)

// TestMergeKeepsWhatPeopleSet edits a field in a generated file and generates
// again. The configuration is another one the second time where it is given.
func TestMergeKeepsWhatPeopleSet(t *testing.T) {
	tests := map[string]struct {
		reason    string
		path      string
		old, with string
		config    string
		want      string // must be in the file after the merge
		wantNot   string // must not
	}{
		"PresubmitConcurrency": {
			reason: "the limit of a presubmit is people's to set",
			path:   presubmitsFile, old: name, with: "    max_concurrency: 4\n" + name,
			want: "    max_concurrency: 4\n" + name,
		},
		"PresubmitSkipReport": {
			reason: "people may silence a presubmit",
			path:   presubmitsFile, old: "    spec:\n", with: "    skip_report: true\n    spec:\n",
			want: "    skip_report: true\n",
		},
		"PresubmitCluster": {
			reason: "the dispatcher writes clusters into job files",
			path:   presubmitsFile, old: "    context:", with: "    cluster: build02\n    context:",
			want: "    cluster: build02\n",
		},
		"PresubmitClusterOfConfig": {
			reason: "a cluster that the configuration sets comes before the dispatcher's",
			path:   presubmitsFile, old: "    context:", with: "    cluster: build02\n    context:",
			config: "tests: [{as: unit, cluster: build05, container: {from: src}}]",
			want:   "    cluster: build05\n", wantNot: "build02",
		},
		"PresubmitConcurrencyOfConfig": {
			reason: "a limit that the configuration sets comes before an older one",
			path:   presubmitsFile, old: name, with: "    max_concurrency: 4\n" + name,
			config: "tests: [{as: unit, max_concurrency: 7, container: {from: src}}]",
			want:   "    max_concurrency: 7\n", wantNot: "max_concurrency: 4",
		},
		"PresubmitOptional": {
			reason: "whether a job is optional is the configuration's to say",
			path:   presubmitsFile, old: name, with: name + "    optional: true\n",
			want: name, wantNot: "optional",
		},
		"PresubmitRenamed": {
			reason: "a renamed test is another test",
			path:   presubmitsFile, old: name, with: "    max_concurrency: 4\n" + name,
			config: "tests: [{as: units, container: {from: src}}]",
			want:   "pull-ci-acme-widget-main-units\n", wantNot: "max_concurrency",
		},
		"PostsubmitConcurrency": {
			reason: "people may let a postsubmit run more than once at a time",
			path:   postsubmitsFile, old: "max_concurrency: 1", with: "max_concurrency: 5",
			want: "    max_concurrency: 5\n",
		},
		"PostsubmitCluster": {
			reason: "the dispatcher writes clusters into job files",
			path:   postsubmitsFile, old: "    decorate:", with: "    cluster: build02\n    decorate:",
			want: "    cluster: build02\n",
		},
		"PostsubmitConcurrencyOfConfig": {
			reason: "a limit that the configuration sets comes before an older one",
			path:   postsubmitsFile, old: "max_concurrency: 1", with: "max_concurrency: 5",
			config: "tests: [{as: after, postsubmit: true, max_concurrency: 2, container: {from: src}}]",
			want:   "    max_concurrency: 2\n",
		},
		"PeriodicConcurrency": {
			reason: "the limit of a periodic is people's to set",
			path:   periodicsFile, old: "  name: periodic", with: "  max_concurrency: 4\n  name: periodic",
			want: "  max_concurrency: 4\n",
		},
		"PeriodicReport": {
			reason: "a report that only the file knows of stays, whatever it is",
			path:   periodicsFile, old: "  spec:\n", with: report + "      host: acme\n  spec:\n",
			want: report + "      host: acme\n  spec:\n",
		},
		"PeriodicReportOfConfig": {
			reason: "a report that the configuration sets comes before the file's",
			path:   periodicsFile, old: "  spec:\n", with: report + "  spec:\n",
			config: "tests: [{as: nightly, interval: 24h, reporter_config: {channel: '#new'}, container: {from: src}}]",
			want:   "      channel: '#new'\n", wantNot: "#widget",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			before := render(t, generated(t, oneOfEach))
			config := tc.config
			if config == "" {
				config = oneOfEach
			}
			after := contents(merge(t, edit(t, before, tc.path, tc.old, tc.with), generated(t, config)))[tc.path]
			if !strings.Contains(after, tc.want) {
				t.Errorf("%s: %s has no %q:\n%s", tc.reason, tc.path, tc.want, after)
			}
			if tc.wantNot != "" && strings.Contains(after, tc.wantNot) {
				t.Errorf("%s: %s still has %q:\n%s", tc.reason, tc.path, tc.wantNot, after)
			}
		})
	}
}

func TestMergeForgetsClusterOfOldConfig(t *testing.T) {
	before := render(t, generated(t, "tests: [{as: unit, cluster: build05, container: {from: src}}]"))
	fresh := generated(t, "tests: [{as: unit, container: {from: src}}]")
	if diff := cmp.Diff(contents(render(t, fresh)), contents(merge(t, before, fresh))); diff != "" {
		t.Errorf("a cluster that the configuration no longer sets stays (-want +got):\n%s", diff)
	}
}

func TestMergeKeepsPromotionSerial(t *testing.T) {
	fresh := generated(t, `
images: {items: [{to: widget, dockerfile_literal: FROM scratch}]}
promotion: {to: [{namespace: acme, name: widget}]}
`)
	edited := edit(t, render(t, fresh), postsubmitsFile, "max_concurrency: 1", "max_concurrency: 5")
	if diff := cmp.Diff(contents(render(t, fresh)), contents(merge(t, edited, fresh))); diff != "" {
		t.Errorf("images are published at once (-want +got):\n%s", diff)
	}
}

// written is a job that somebody wrote, in no order of ours.
const written = `  - name: pull-ci-acme-widget-main-by-hand
    branches: [main]
    agent: kubernetes
    always_run: true
    spec: {containers: [{image: alpine, command: ["true"], args: ['yes', 'no', "1.0", 0x1f, 1e3]}]}
    # A comment.
    trigger: >-
      two
      lines
`

func TestMergeKeepsJobsWrittenByHand(t *testing.T) {
	fresh := generated(t, oneOfEach)
	pure := contents(render(t, fresh))
	existing := edit(t, render(t, fresh), presubmitsFile, "  acme/widget:\n", "  acme/widget:\n"+written)

	merged := merge(t, existing, fresh)
	want := strings.Replace(pure[presubmitsFile], "  acme/widget:\n", `  acme/widget:
  - agent: kubernetes
    always_run: true
    branches:
    - main
    name: pull-ci-acme-widget-main-by-hand
    spec:
      containers:
      - args:
        - "yes"
        - "no"
        - "1.0"
        - 31
        - 1000
        command:
        - "true"
        image: alpine
    trigger: two lines
`, 1)
	got := contents(merged)
	if diff := cmp.Diff(want, got[presubmitsFile]); diff != "" {
		t.Errorf("with a job by hand (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(got, contents(merge(t, merged, fresh))); diff != "" {
		t.Errorf("the second merge changes something (-first +second):\n%s", diff)
	}

	left := contents(merge(t, merged, nil))
	if diff := cmp.Diff([]string{presubmitsFile}, slices.Sorted(maps.Keys(left))); diff != "" {
		t.Errorf("files without configurations (-want +got):\n%s", diff)
	}
	if text := left[presubmitsFile]; !strings.Contains(text, "by-hand") || strings.Contains(text, "main-unit") {
		t.Errorf("without configurations only the job by hand should be left:\n%s", text)
	}
}

func TestMergeGivesNameToGeneratedJob(t *testing.T) {
	fresh := generated(t, oneOfEach)
	taken := strings.Replace(written, "by-hand", "unit", 1)
	existing := []generators.File{{Path: presubmitsFile, Content: []byte("presubmits:\n  acme/widget:\n" + taken)}}
	if diff := cmp.Diff(contents(render(t, fresh)), contents(merge(t, existing, fresh))); diff != "" {
		t.Errorf("a job by hand keeps a generated one's name (-want +got):\n%s", diff)
	}
}

func TestMergeLeavesOtherFilesAlone(t *testing.T) {
	fresh := generated(t, oneOfEach)
	others := []generators.File{
		{Path: "acme/widget/by-hand.yaml", Content: []byte("# By hand.\npresubmits:\n  acme/widget:\n" + written)},
		{Path: "acme/widget/broken.yaml", Content: []byte("periodics: [")},
		{Path: "acme/widget/empty.yaml"},
	}
	got := contents(merge(t, others, fresh))
	want := contents(slices.Concat(others, render(t, fresh)))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMergeRemovesStaleJobs(t *testing.T) {
	existing := render(t, generated(t, oneOfEach))
	fresh := generated(t, "tests: [{as: unit, container: {from: src}}]")
	if diff := cmp.Diff(contents(render(t, fresh)), contents(merge(t, existing, fresh))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if left := merge(t, existing, nil); len(left) != 0 {
		t.Errorf("files are left of a component without configurations: %v", contents(left))
	}
}

// TestMergeWritesUnusualFiles covers files with jobs of other repositories and
// with fields that hold no jobs.
func TestMergeWritesUnusualFiles(t *testing.T) {
	const presets = "presets:\n- labels:\n    preset: \"true\"\n"
	const other = "  acme/other:\n  - agent: kubernetes\n    name: zebra\n  - agent: kubernetes\n    name: ant\n"
	fresh := generated(t, "tests: [{as: unit, container: {from: src}}]")
	pure := string(render(t, fresh)[0].Content)
	existing := []generators.File{{Path: presubmitsFile, Content: []byte("presubmits:\n" + other + presets)}}

	merged := merge(t, existing, fresh)
	want := presets + "presubmits:\n" + other + strings.TrimPrefix(pure, "presubmits:\n")
	if diff := cmp.Diff(want, string(merged[0].Content)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(contents(merged), contents(merge(t, merged, fresh))); diff != "" {
		t.Errorf("the second merge changes something (-first +second):\n%s", diff)
	}
	back := merge(t, merged, nil)
	if diff := cmp.Diff(presets+"presubmits:\n"+other, string(back[0].Content)); diff != "" {
		t.Errorf("without configurations (-want +got):\n%s", diff)
	}
}

func TestMergeSetsClusterOfJobsWrittenByHand(t *testing.T) {
	fresh := generated(t, oneOfEach)
	const elsewhere = "  - name: no-pod\n    agent: jenkins\n"
	existing := edit(t, render(t, fresh), presubmitsFile, "  acme/widget:\n", "  acme/widget:\n"+written+elsewhere)
	merged, unreadable := prowjobs.Merge(existing, fresh)
	if len(unreadable) > 0 {
		t.Fatal(unreadable)
	}
	count := 0
	for i := range merged {
		err := merged[i].Assign(func(*prowjobs.Job) string {
			count++
			return "build09"
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	text := string(join(render(t, merged)))
	if got := strings.Count(text, "cluster: build09\n"); count != 4 || got != count {
		t.Errorf("%d of %d jobs are on the cluster, want all of 4 that are pods", got, count)
	}
}

func TestMergeRefusesWhatItCannotRead(t *testing.T) {
	tests := map[string]struct{ reason, content, want string }{
		"Syntax": {"the jobs in it would be lost", "presubmits: [", "yaml: line 1"},
		"Documents": {
			"the second document would be lost", "presubmits: {}\n---\nperiodics: []\n",
			"a job file is a single YAML document",
		},
		"Repeated": {"one of the two would be lost", "periodics: []\nperiodics: []\n", "already set"},
		"List":     {"this is no job file", "- periodics\n", "cannot unmarshal array"},
		"NoJobs": {
			"nobody knows what this is", "presubmits:\n  acme/widget: unit\n",
			"presubmits: acme/widget: want a list of jobs, found string",
		},
		"NoRepos": {
			"nobody knows what this is", "presubmits: [unit]\n",
			"presubmits: want a mapping from repositories to jobs",
		},
		"NoName": {
			"a job without a name cannot be told from others", "periodics:\n- agent: kubernetes\n",
			"periodics: job 1 is no mapping with a name",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			fresh := generated(t, oneOfEach)
			existing := []generators.File{
				{Path: presubmitsFile, Content: []byte(tc.content)},
				{Path: periodicsFile, Content: []byte("also: [")},
			}
			merged, unreadable := prowjobs.Merge(existing, fresh)
			if merged != nil || len(unreadable) != 2 {
				t.Fatalf("%s, but the merge gives %d files and %v", tc.reason, len(merged), unreadable)
			}
			if unreadable[0].Path != periodicsFile || unreadable[1].Path != presubmitsFile {
				t.Errorf("got %s and %s", unreadable[0].Path, unreadable[1].Path)
			}
			if said := unreadable[1].Error(); !strings.Contains(said, tc.want) {
				t.Errorf("error %q does not say %q", said, tc.want)
			}
		})
	}
}

func TestMergeReadsHeaders(t *testing.T) {
	fresh := generated(t, "tests: [{as: unit, container: {from: src}}]")
	pure := render(t, fresh)
	for _, header := range []string{"---\n", "# A comment.\n---\n", "\n--- # A comment.\n"} {
		existing := []generators.File{{Path: presubmitsFile, Content: append([]byte(header), pure[0].Content...)}}
		if diff := cmp.Diff(contents(pure), contents(merge(t, existing, fresh))); diff != "" {
			t.Errorf("header %q (-want +got):\n%s", header, diff)
		}
	}
}

func TestMergeChangesNoArgument(t *testing.T) {
	fresh := generated(t, oneOfEach)
	pure := contents(render(t, fresh))
	existing := edit(t, render(t, fresh), presubmitsFile, name, "    max_concurrency: 4\n"+name)
	before := contents(existing)
	merge(t, existing, fresh)
	if diff := cmp.Diff(pure, contents(render(t, fresh))); diff != "" {
		t.Errorf("the generated files changed (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(before, contents(existing)); diff != "" {
		t.Errorf("the existing files changed (-before +after):\n%s", diff)
	}
}
