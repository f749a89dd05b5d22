package render_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/internal/testtree"
	repolayout "github.com/drover-ci/drover/repo-layout"
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
