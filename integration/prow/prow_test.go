package prow

import (
	"os"
	"path/filepath"
	"testing"
)

const (
	// sampleRepo is the sample, from here; jobs and prowConfig are where it, like
	// any release repository, has its jobs and Prow's own configuration.
	sampleRepo = mainModule + "/fixtures/release"
	jobs       = "ci-operator/jobs"
	prowConfig = "core-services/prow/02_config/_config.yaml"
)

// TestProwTakesTheSample generates the sample's jobs in place, between those
// that were written by hand.
func TestProwTakesTheSample(t *testing.T) {
	repo := copySample(t)
	drover(t, "generate", "--repo", repo)
	judge(t, filepath.Join(repo, prowConfig), filepath.Join(repo, jobs))
}

// TestProwTakesTheCorpus generates the jobs of the full-scale repository and
// has them judged one org or repository at a time: the whole takes Prow minutes
// and gigabytes. Without DROVER_SOAK only some of them are.
func TestProwTakesTheCorpus(t *testing.T) {
	corpus := os.Getenv("DROVER_CORPUS")
	if corpus == "" {
		t.Skip("DROVER_CORPUS is not set: this test needs the full-scale release repository")
	}
	repo, generated := filepath.Join(corpus, "release-repo"), t.TempDir()
	drover(t, "generate", "--repo", repo, "--out", generated)
	folders := slicesOf(t, generated)
	if os.Getenv("DROVER_SOAK") == "" {
		folders = sampleOf(folders)
	}
	total := 0
	for _, folder := range folders {
		total += judge(t, filepath.Join(repo, prowConfig), folder)
	}
	t.Logf("Prow takes %d jobs of %d folders", total, len(folders))
}

// TestProwRefuses shows that the judge judges.
func TestProwRefuses(t *testing.T) {
	const job = "presubmits:\n  acme/widget-server:\n  - name: pull-ci-a\n    decorate: true\n    spec: {containers: [{image: a, command: [b]}]}\n"
	for name, content := range map[string]string{
		"an unknown field":          job + "    max_concurency: 1\n",
		"a job without a container": "periodics:\n- {name: periodic-ci-a, cron: '@daily', spec: {}}\n",
		"a job that is there twice": job + job[len("presubmits:\n  acme/widget-server:\n"):],
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			if err := os.WriteFile(filepath.Join(folder, "jobs.yaml"), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := load(filepath.Join(sampleRepo, prowConfig), folder); err == nil {
				t.Error("Prow takes it")
			}
		})
	}
}
