package prow

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	prowapi "sigs.k8s.io/prow/pkg/apis/prowjobs/v1"
	"sigs.k8s.io/prow/pkg/config"
	"sigs.k8s.io/prow/pkg/kube"
	"sigs.k8s.io/prow/pkg/pod-utils/decorate"
)

// TestProwLabelsJobsAsWeSay generates jobs of which we say that Prow labels
// them alike, and has Prow label them.
func TestProwLabelsJobsAsWeSay(t *testing.T) {
	repo, jobs := filepath.Join(mainModule, "fixtures/bad/job-label"), t.TempDir()
	program := filepath.Join(t.TempDir(), "drover")
	run(t, exec.CommandContext(t.Context(), "go", "build", "-C", mainModule, "-o", program, "./cmd/drover"))
	said, err := exec.CommandContext(t.Context(), program, "generate", "--repo", repo, "--out", jobs).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	found := regexp.MustCompile(`Prow labels 2 jobs alike \(found ` + regexp.QuoteMeta(kube.ProwJobAnnotation) + `=(\S+) for (\S+), (\S+), want`).FindSubmatch(said)
	if found == nil {
		t.Fatalf("drover said %s", said)
	}
	loaded, err := config.LoadStrict(filepath.Join(sampleRepo, "core-services/prow/02_config/_config.yaml"), jobs, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range found[2:] {
		labelled := 0
		for _, job := range loaded.AllStaticPresubmits(nil) {
			labels, _ := decorate.LabelsAndAnnotationsForSpec(prowapi.ProwJobSpec{Type: prowapi.PresubmitJob, Job: job.Name, Context: job.Context}, nil, nil)
			if job.Name == string(name) && labels[kube.ProwJobAnnotation] == string(found[1]) {
				labelled++
			}
		}
		if labelled != 1 {
			t.Errorf("Prow labels %d jobs %s with %s", labelled, name, found[1])
		}
	}
}
