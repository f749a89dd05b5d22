package render_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/generators/render"
	"github.com/drover-ci/drover/internal/corpus"
	"github.com/drover-ci/drover/internal/testtree"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
)

// TestJobsWrittenByHandGetClusters has jobs that people wrote in a file with
// generated ones. A job that applies configuration is named for the cluster
// that it changes and does not run there, and one that is no pod runs on none.
func TestJobsWrittenByHandGetClusters(t *testing.T) {
	const file = "acme/widget-server/acme-widget-server-main-presubmits.yaml"
	tree := testtree.Over(repolayout.FromFS(sample(t)))
	tree.Write("core-services/sanitize-prow-jobs/_config.yaml", []byte("default: build01\n"))
	tree.Write("ci-operator/jobs/"+file, []byte(`presubmits:
  acme/widget-server:
  - name: no-pod
    agent: jenkins
  - name: plain
    agent: kubernetes
    spec: {containers: [{image: a, command: [make]}]}
  - name: vsphere-apply
    agent: kubernetes
    spec: {containers: [{image: a, command: [applyconfig]}]}
  - name: vsphere-test
    agent: kubernetes
    spec: {containers: [{image: a, command: [make]}]}
`))
	got := map[job]string{}
	clustersOf(generators.File{Path: file, Content: []byte(jobFiles(t, admit(t, tree, nil))[file])}, got)
	want := map[string]string{"no-pod": "", "plain": "build01", "vsphere-apply": "build01", "vsphere-test": "vsphere02"}
	for name, cluster := range want {
		if diff := cmp.Diff(cluster, got[job{file, name}]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if len(got) <= len(want) {
		t.Errorf("found the jobs %v", got)
	}
}

// handWritten are the files of a repository in which people wrote all jobs, as
// they are made.
func handWritten(t *testing.T, valid *rules.Valid) map[string]string {
	t.Helper()
	m, problems, err := render.NewMaker(valid.Repo)
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	files := map[string]string{}
	problems = all(t, m, append(render.Components(valid.Repo), render.Elsewhere(valid.Repo)), func(made render.Made) {
		for _, file := range made.Files {
			if !bytes.Contains(file.Content, []byte("ci.openshift.io/generator: prowgen")) {
				files[file.Path] = string(file.Content)
			}
		}
	})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return files
}

// publishedJobs are the job files in the ConfigMaps of a rendering that people
// wrote, by name.
func publishedJobs(t *testing.T, rendering *render.Rendering, names map[string]string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, object := range rendering.Objects {
		binary, _ := object.Object["binaryData"].(map[string]any)
		for file := range names {
			encoded, _ := binary[path.Base(file)].(string)
			if encoded == "" {
				continue
			}
			reader, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(encoded)))
			if err != nil {
				t.Fatal(err)
			}
			content, err := io.ReadAll(reader)
			if err != nil {
				t.Fatal(err)
			}
			found[file] = string(content)
		}
	}
	return found
}

// TestFilesWrittenByHandGetClusters has files without a generated job: of a
// component, of one that has no configuration, and of none. A cluster that is
// blocked gives up its jobs there as elsewhere, and has them back once it is open
// again.
func TestFilesWrittenByHandGetClusters(t *testing.T) {
	const clusters = "core-services/sanitize-prow-jobs/_clusters.yaml"
	written := map[string]string{
		"acme/widget-server/by-hand.yaml": "presubmits:\n  acme/widget-server:\n  # Why.\n  - name: a\n    cluster: build02 # where it is quick\n    spec: {containers: [{image: x, command: [x]}]}\n",
		"acme/gone/gone.yaml":             "periodics:\n- name: b\n  interval: 1h\n  spec: {containers: [{image: x, command: [x]}]}\n  labels: {ci-operator.openshift.io/cloud: gcp}\n- name: c\n  interval: 1h\n  spec: {containers: [{image: x, command: [x]}]}\n  labels: {capability/arm64: arm64}\n",
		"elsewhere.yaml":                  "periodics: [{name: d, spec: {containers: [{image: x, command: [x]}]}, cron: '@daily', labels: {ci-operator.openshift.io/cluster: app.ci}}, {name: e, cron: '@daily', agent: jenkins}] # two\n",
		"infra-periodics.yaml":            string(sample(t)["ci-operator/jobs/infra-periodics.yaml"].Data),
	}
	put := func(text, old, with string) string {
		t.Helper()
		if !strings.Contains(text, old) {
			t.Fatalf("no %q in %q", old, text)
		}
		return strings.ReplaceAll(text, old, with)
	}
	want := maps.Clone(written)
	want["acme/gone/gone.yaml"] = put(want["acme/gone/gone.yaml"], "  interval:", "  cluster: build02\n  interval:")
	want["elsewhere.yaml"] = put(want["elsewhere.yaml"], "{name: d", "{cluster: app.ci, name: d")
	blocked := maps.Clone(want)
	blocked["acme/widget-server/by-hand.yaml"] = put(blocked["acme/widget-server/by-hand.yaml"], "build02", "build01")
	blocked["acme/gone/gone.yaml"] = put(written["acme/gone/gone.yaml"], "name: b\n", "name: b\n  cluster: build01\n")
	blocked["acme/gone/gone.yaml"] = put(blocked["acme/gone/gone.yaml"], "name: c\n", "name: c\n  cluster: other\n")

	tree := testtree.Over(repolayout.FromFS(sample(t)))
	for file, content := range written {
		tree.Write("ci-operator/jobs/"+file, []byte(content))
	}
	valid := admit(t, tree.Revision(), nil)
	rendering := rendered(t, valid, nil)
	steps := map[string]struct {
		clusters string
		want     map[string]string
	}{
		"1 open":    {"aws: [{name: build01}]\ngcp: [{name: build02, capabilities: [arm64]}]\n", want},
		"2 blocked": {"aws: [{name: build01}, {name: other, capabilities: [arm64]}]\ngcp: [{name: build02, capabilities: [arm64], blocked: true}]\n", blocked},
	}
	for _, name := range []string{"1 open", "2 blocked", "1 open"} {
		tree.Write(clusters, []byte(steps[name].clusters))
		valid = admit(t, tree.Revision(), valid)
		rendering = rendered(t, valid, rendering)
		if diff := cmp.Diff(steps[name].want, handWritten(t, valid)); diff != "" {
			t.Errorf("%s, in the repository (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(steps[name].want, publishedJobs(t, rendering, written)); diff != "" {
			t.Errorf("%s, published (-want +got):\n%s", name, diff)
		}
	}
}

// TestJobFilesArePublishedAsTheyAreMade publishes job files by a glob of their own
// besides: with their clusters, and without jobs that are no longer made.
func TestJobFilesArePublishedAsTheyAreMade(t *testing.T) {
	const byHand, stale = "infra-more.yaml", "infra-stale.yaml"
	tree := testtree.Over(repolayout.FromFS(sample(t)))
	settings, err := tree.ReadFile("drover.yaml")
	if err != nil {
		t.Fatal(err)
	}
	tree.Write("drover.yaml", bytes.Replace(settings, []byte("[ci-operator/jobs/infra-*.yaml]"), []byte("[ci-operator/jobs/**/infra-*.yaml]"), 1))
	tree.Write("ci-operator/jobs/"+byHand, []byte("periodics:\n- name: a\n  interval: 1h\n  spec: {containers: [{image: x, command: [x]}]}\n"))
	tree.Write("ci-operator/jobs/acme/gone/"+stale, []byte("periodics:\n- name: b\n  interval: 1h\n  spec: {containers: [{image: x, command: [x]}]}\n  labels: {ci.openshift.io/generator: prowgen}\n"))
	data := func(rendering *render.Rendering) map[string]any {
		found, _ := keys(rendering)["/ConfigMap/ci/job-config-infra"]["data"].(map[string]any)
		return found
	}
	valid := admit(t, tree.Revision(), nil)
	rendering := rendered(t, valid, nil)
	if files := slices.Sorted(maps.Keys(data(rendering))); !slices.Equal(files, []string{byHand, "infra-periodics.yaml"}) {
		t.Errorf("published are %v", files)
	}
	for _, cluster := range []string{"build01", "build02"} {
		tree.Write("core-services/sanitize-prow-jobs/_config.yaml", []byte("default: "+cluster+"\n"))
		valid = admit(t, tree.Revision(), valid)
		rendering = rendered(t, valid, rendering)
		if diff := cmp.Diff("periodics:\n- name: a\n  cluster: "+cluster+"\n  interval: 1h\n  spec: {containers: [{image: x, command: [x]}]}\n", data(rendering)[byHand]); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// TestAJobByHandThatNoClusterCanRun is told with its file.
func TestAJobByHandThatNoClusterCanRun(t *testing.T) {
	cases := map[string]struct{ content, want string }{
		"capability": {
			"periodics: [{name: a, interval: 1h, spec: {containers: [{image: x, command: [x]}]}, labels: {capability/gpu: gpu}}]\n",
			"ci-operator/jobs/%s: the job a has no one cluster: no cluster has all capabilities",
		},
		"form": {
			"periodics:\n- name: &a a\n  interval: 1h\n  spec: {containers: [{image: x, command: [x]}]}\n  cluster: *a\n",
			"ci-operator/jobs/%s: the cluster of the job a cannot be written into the file (found a form that has no place for it",
		},
	}
	for name, tc := range cases {
		for _, file := range []string{"by-hand.yaml", "acme/widget-server/by-hand.yaml"} {
			tree := testtree.Over(repolayout.FromFS(sample(t)))
			tree.Write("ci-operator/jobs/"+file, []byte(tc.content))
			_, problems, err := render.Render(t.Context(), admit(t, tree, nil), nil)
			if want := strings.Replace(tc.want, "%s", file, 1); err != nil || len(problems) != 1 || !strings.HasPrefix(problems[0].String(), want) {
				t.Errorf("%s: got %v, %v, want %q", name, err, problems, want)
			}
		}
	}
}

// TestAJobByHandHoldsItsUnit has a revision go on without the file of a job that
// no cluster can run.
func TestAJobByHandHoldsItsUnit(t *testing.T) {
	for file, unit := range map[string]repolayout.Unit{
		"by-hand.yaml":                    {Kind: repolayout.FileUnit, Name: "ci-operator/jobs/by-hand.yaml"},
		"acme/widget-server/by-hand.yaml": {Kind: repolayout.ComponentUnit, Name: "acme/widget-server"},
	} {
		tree := testtree.Over(repolayout.FromFS(sample(t)))
		last := admit(t, tree.Revision(), nil)
		tree.Write("ci-operator/jobs/"+file, []byte("periodics: [{name: a, interval: 1h, spec: {containers: [{image: x, command: [x]}]}, labels: {capability/gpu: gpu}}]\n"))
		tree.Write("ci-operator/jobs/good.yaml", []byte("periodics: [{name: b, interval: 1h, spec: {containers: [{image: x, command: [x]}]}}]\n"))
		repo, err := repolayout.Load(t.Context(), tree.Revision(), last.Repo)
		if err != nil {
			t.Fatal(err)
		}
		generate := func(ctx context.Context, valid *rules.Valid) ([]schema.Problem, error) {
			_, problems, err := render.Render(ctx, valid, nil)
			return problems, err
		}
		valid, problems, err := rules.Admit(t.Context(), last, repo, generate)
		if err != nil || valid == nil || len(valid.Held) != 1 || valid.Held[0].Unit != unit {
			t.Fatalf("%s: got %v, %v, held %v, want %v", file, problems, err, valid, unit)
		}
		files := handWritten(t, valid)
		if files[file] != "" || !strings.Contains(files["good.yaml"], "cluster: build01") {
			t.Errorf("%s: made are %v", file, files)
		}
	}
}

// TestCorpusClustersOfJobsByHand takes all clusters out of the files of a whole
// release repository in which people wrote all jobs. Each pod gets one again, on
// the line on which it was, and nothing else changes.
func TestCorpusClustersOfJobsByHand(t *testing.T) {
	files := os.DirFS(corpus.Dir(t, "release-repo"))
	repo := loadWhole(t).valid.Repo
	withOwn := *repo
	withOwn.Jobs = nil
	aCluster := regexp.MustCompile(`(?m)^(?:  ){1,2}cluster: .*\n`)
	before, contents := map[string]string{}, map[string][]byte{}
	err := fs.WalkDir(files, jobsFolder, func(file string, _ fs.DirEntry, err error) error {
		if err != nil || path.Ext(file) != ".yaml" {
			return err
		}
		content, err := fs.ReadFile(files, file)
		if !bytes.Contains(content, []byte("ci.openshift.io/generator: prowgen")) {
			withOwn.Jobs = append(withOwn.Jobs, repolayout.Raw{Path: file})
			before[strings.TrimPrefix(file, jobsFolder+"/")] = string(content)
			contents[file] = aCluster.ReplaceAll(content, nil)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(withOwn.Jobs, func(a, b repolayout.Raw) int { return strings.Compare(a.Path, b.Path) })
	m, problems, err := render.NewMaker(&withOwn)
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	m.Read = func(file string, _ []byte) ([]byte, error) { return contents[file], nil }
	clusters := 0
	components := render.Components(&withOwn)
	for i := range components {
		components[i].Docs = nil
	}
	problems = all(t, m, append(components, render.Elsewhere(&withOwn)), func(made render.Made) {
		for _, file := range made.Files {
			clusters += len(aCluster.FindAll(file.Content, -1))
			blank := func(text string) string { return aCluster.ReplaceAllString(text, "cluster\n") }
			if diff := cmp.Diff(blank(before[file.Path]), blank(string(file.Content))); diff != "" {
				t.Errorf("%s (-before +after):\n%s", file.Path, diff)
			}
			delete(before, file.Path)
		}
	})
	if len(before) > 0 || len(problems) > 0 || clusters < 290 {
		t.Errorf("%d files were left out, %d clusters, problems %v", len(before), clusters, problems)
	}
}
