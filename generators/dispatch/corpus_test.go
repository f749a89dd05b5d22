package dispatch_test

import (
	"io/fs"
	"os"
	"path"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
	"golang.org/x/sync/errgroup"

	"github.com/drover-ci/drover/generators/dispatch"
	"github.com/drover-ci/drover/internal/corpus"
)

const (
	corpusJobs = 60140
	jobsFolder = "ci-operator/jobs/"
	rulesIn    = "core-services/sanitize-prow-jobs"
)

// corpusInput decodes the corpus's dispatcher files, strictly.
func corpusInput(t *testing.T) dispatch.Input {
	t.Helper()
	read := func(name string) string {
		content, err := os.ReadFile(corpus.Dir(t, "release-repo", rulesIn, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	return newInput(t, read("_config.yaml"), read("_clusters.yaml"))
}

// row is a job's row of the table of clusters.
type row struct{ file, job string }

func expectedClusters(t *testing.T) map[row]string {
	t.Helper()
	content, err := os.ReadFile(corpus.Dir(t, "expected-clusters.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	rows := map[row]string{}
	for line := range strings.Lines(string(content)) {
		columns := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		rows[row{columns[0], columns[1]}] = columns[2]
	}
	return rows
}

// jobFile is as much of a job file as decides where its jobs run.
type jobFile struct {
	Presubmits, Postsubmits map[string][]fileJob
	Periodics               []fileJob
}

type fileJob struct {
	Name, Agent, Cluster string
	Labels               map[string]string
}

func (f jobFile) jobs(file string) []dispatch.Job {
	groups := [][]fileJob{f.Periodics}
	for _, byRepository := range []map[string][]fileJob{f.Presubmits, f.Postsubmits} {
		for _, jobs := range byRepository {
			groups = append(groups, jobs)
		}
	}
	var all []dispatch.Job
	for _, group := range groups {
		for _, job := range group {
			all = append(all, dispatch.Job{
				File: jobsFolder + file, Name: job.Name, Agent: job.Agent, Cluster: job.Cluster, Labels: job.Labels,
			})
		}
	}
	return all
}

// readJobs decodes the corpus's job files on all processors.
func readJobs(t *testing.T) []dispatch.Job {
	t.Helper()
	tree := os.DirFS(corpus.Dir(t, "expected-jobs"))
	files, err := fs.Glob(tree, "*/*/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	jobs := make([][]dispatch.Job, len(files))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, file := range files {
		group.Go(func() error {
			content, err := fs.ReadFile(tree, file)
			if err != nil {
				return err
			}
			var decoded jobFile
			err = yaml.Unmarshal(content, &decoded)
			jobs[i] = decoded.jobs(file)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	var all []dispatch.Job
	for _, some := range jobs {
		all = append(all, some...)
	}
	return all
}

// assign gives the cluster of each job.
func assign(t *testing.T, input dispatch.Input, jobs []dispatch.Job) []string {
	t.Helper()
	dispatcher, problems := dispatch.New(input)
	if problems != nil {
		t.Fatal(problems)
	}
	names, problems := dispatcher.Clusters(jobs)
	if problems != nil {
		t.Fatalf("%d problems, first: %v", len(problems), problems[0])
	}
	return names
}

// TestCorpus holds the clusters of all jobs of a whole release repository
// against those that today's dispatcher gives them.
func TestCorpus(t *testing.T) {
	t.Parallel()
	jobs, want := readJobs(t), expectedClusters(t)
	if len(jobs) != corpusJobs || len(want) != corpusJobs {
		t.Fatalf("found %d jobs and %d clusters, want %d", len(jobs), len(want), corpusJobs)
	}

	t.Run("today", func(t *testing.T) {
		names := assign(t, corpusInput(t), jobs)
		got := map[row]string{}
		for i, job := range jobs {
			got[row{strings.TrimPrefix(job.File, jobsFolder), job.Name}] = names[i]
		}
		compare(t, want, got)
	})

	t.Run("in place", func(t *testing.T) {
		before := assign(t, corpusInput(t), jobs)
		if diff := cmp.Diff(before, assign(t, corpusInput(t), onClusters(jobs, before))); diff != "" {
			t.Errorf("jobs moved from where they were (-want +got):\n%s", diff)
		}
	})

	t.Run("by capacity", func(t *testing.T) {
		input := corpusInput(t)
		input.Config.BuildFarm, input.Config.Default = nil, ""
		input.Config.VSphere, input.Config.KVM = "vsphere02", []string{"build02", "build04"}
		before := assign(t, input, jobs)
		checkShares(t, shares(jobs, before), map[string]float64{"build01": 1, "build02": 1, "build03": 1, "build04": 1, "build05": 1, "build08": 1})
		blocked := &input.Clusters["gcp"][0]
		blocked.Blocked = true
		for i, after := range assign(t, input, onClusters(jobs, before)) {
			if after != before[i] && before[i] != blocked.Name {
				t.Errorf("%s moved from %s to %s", jobs[i].Name, before[i], after)
			}
		}
	})
}

// compare reports the first differences and counts all.
func compare(t *testing.T, want, got map[row]string) {
	t.Helper()
	wrong := 0
	for at, cluster := range want {
		if got[at] != cluster {
			if wrong++; wrong <= 10 {
				t.Errorf("%s in %s: want %q, got %q", at.job, at.file, cluster, got[at])
			}
		}
	}
	if wrong > 0 || len(got) != len(want) {
		t.Errorf("%d of %d are wrong, %d were found", wrong, len(want), len(got))
	}
}

// onClusters gives jobs that were dispatched before.
func onClusters(jobs []dispatch.Job, names []string) []dispatch.Job {
	dispatched := make([]dispatch.Job, len(jobs))
	for i, job := range jobs {
		job.Cluster = names[i]
		dispatched[i] = job
	}
	return dispatched
}

// shares counts, by cluster, the files whose plain jobs run there.
func shares(jobs []dispatch.Job, names []string) map[string]int {
	counts, seen := map[string]int{}, map[string]bool{}
	for i, job := range jobs {
		base := path.Base(job.File)
		plain := job.Labels["ci-operator.openshift.io/cloud"] == "" && job.Cluster == "" && job.Labels["devices.kubevirt.io/kvm"] == ""
		if plain && !strings.Contains(job.Name, "vsphere") && !seen[base] {
			seen[base] = true
			counts[names[i]]++
		}
	}
	return counts
}

// TestCorpusFilesDecode is that today's files have the forms that the schema
// says: strict decoding finds no problem, and nothing is lost.
func TestCorpusFilesDecode(t *testing.T) {
	input := corpusInput(t)
	var count struct{ Files, Groups, Clusters int }
	for _, clusters := range input.Config.BuildFarm {
		for _, files := range clusters {
			count.Files += len(files.Filenames)
		}
	}
	for _, clusters := range input.Clusters {
		count.Clusters += len(clusters)
	}
	count.Groups = len(input.Config.Groups)
	if diff := cmp.Diff(struct{ Files, Groups, Clusters int }{15553, 5, 6}, count); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
