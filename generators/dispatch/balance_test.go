package dispatch_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/generators/dispatch"
	"github.com/drover-ci/drover/schema"
)

// balanced are clusters of four sizes in two clouds.
func balanced() schema.ClustersFile {
	return schema.ClustersFile{
		"aws": {{Name: "b01", Capacity: 50, Capabilities: []string{"arm64"}}, {Name: "b03"}, {Name: "b05", Capacity: 200}},
		"gcp": {{Name: "b02", Capacity: 150, Capabilities: []string{"arm64"}}, {Name: "b04"}},
	}
}

// spread gives the clusters of jobs by name, without lists of files.
func spread(tb testing.TB, clusters schema.ClustersFile, jobs []dispatch.Job) map[string]string {
	tb.Helper()
	dispatcher, problems := dispatch.New(dispatch.Input{Clusters: clusters, Config: &schema.DispatcherConfig{DetermineE2EByJob: true}})
	if problems != nil {
		tb.Fatal(problems)
	}
	names, problems := dispatcher.Clusters(jobs)
	if problems != nil {
		tb.Fatal(problems)
	}
	byJob := map[string]string{}
	for i, job := range jobs {
		byJob[job.Name] = names[i]
	}
	return byJob
}

// manyJobs makes jobs in files of their own: plain ones, and some that ask for
// capabilities or test a cloud.
func manyJobs(count int) []dispatch.Job {
	random := rand.New(rand.NewPCG(4, 2026))
	kinds := []labels{nil, nil, nil, {"capability/arm64": "arm64"}, cloud("aws"), cloud("gcp")}
	jobs := make([]dispatch.Job, count)
	for i := range jobs {
		file := fmt.Sprintf("org-repo-%d-release-4.%d-presubmits.yaml", random.IntN(1e9), i%20)
		jobs[i] = dispatch.Job{File: "ci-operator/jobs/org/repo/" + file, Name: fmt.Sprintf("job-%d", i), Labels: kinds[i%len(kinds)]}
	}
	return jobs
}

func TestAnotherJobMovesNone(t *testing.T) {
	jobs := manyJobs(3000)
	all := spread(t, balanced(), jobs)
	for _, part := range [][]dispatch.Job{jobs[:1], jobs[:1500], jobs[700:]} {
		for job, cluster := range spread(t, balanced(), part) {
			if cluster != all[job] {
				t.Errorf("among %d jobs %s runs on %s, among %d on %s", len(part), job, cluster, len(all), all[job])
			}
		}
	}
}

func TestJobsMoveOnlyAsTheyMust(t *testing.T) {
	// move says which moves a change of the cluster named allows.
	leaves := func(name, from, _ string) bool { return from == name }
	joins := func(name, _, to string) bool { return to == name }
	cases := map[string]struct {
		change func(*schema.BuildCluster)
		moves  func(name, from, to string) bool
	}{
		"blocked": {change: func(c *schema.BuildCluster) { c.Blocked = true }, moves: leaves},
		"smaller": {change: func(c *schema.BuildCluster) { c.Capacity = 20 }, moves: leaves},
		"larger":  {change: func(c *schema.BuildCluster) { c.Capacity = 400 }, moves: joins},
		"capable": {change: func(c *schema.BuildCluster) { c.Capabilities = []string{"arm64"} }, moves: joins},
	}
	jobs := manyJobs(3000)
	before := spread(t, balanced(), jobs)
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			eachCluster(func(after schema.ClustersFile, changed *schema.BuildCluster) {
				tc.change(changed)
				for job, to := range spread(t, after, jobs) {
					if from := before[job]; from != to && !tc.moves(changed.Name, from, to) {
						t.Errorf("%s moved from %s to %s because of %s", job, from, to, changed.Name)
					}
				}
			})
		})
	}
}

// eachCluster hands out a farm of its own for each cluster to change.
func eachCluster(do func(schema.ClustersFile, *schema.BuildCluster)) {
	for cloud, clusters := range balanced() {
		for i := range clusters {
			farm := balanced()
			do(farm, &farm[cloud][i])
		}
	}
}

func TestABlockedClusterGivesUpAllItsJobs(t *testing.T) {
	jobs := manyJobs(1000)
	eachCluster(func(after schema.ClustersFile, changed *schema.BuildCluster) {
		changed.Blocked = true
		for job, cluster := range spread(t, after, jobs) {
			if cluster == changed.Name {
				t.Errorf("%s runs on %s, which is blocked", job, cluster)
			}
		}
	})
}

func TestCapacitiesAreHonoured(t *testing.T) {
	cases := map[string]struct {
		label labels
		want  map[string]float64
	}{
		"all":        {want: map[string]float64{"b01": 50, "b02": 150, "b03": 100, "b04": 100, "b05": 200}},
		"capability": {label: labels{"capability/arm64": "arm64"}, want: map[string]float64{"b01": 50, "b02": 150}},
		"cloud":      {label: cloud("aws"), want: map[string]float64{"b01": 50, "b03": 100, "b05": 200}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			jobs := manyJobs(12000)
			for i := range jobs {
				jobs[i].Labels = tc.label
			}
			got := map[string]int{}
			for _, cluster := range spread(t, balanced(), jobs) {
				got[cluster]++
			}
			checkShares(t, got, tc.want)
		})
	}
}

// checkShares holds counts against shares, to within six standard deviations.
func checkShares(t *testing.T, got map[string]int, capacities map[string]float64) {
	t.Helper()
	jobs, capacity := 0.0, 0.0
	for _, one := range capacities {
		capacity += one
	}
	for cluster, count := range got {
		jobs += float64(count)
		if capacities[cluster] == 0 {
			t.Errorf("%s has %d jobs that it cannot run", cluster, count)
		}
	}
	for cluster := range capacities {
		share := capacities[cluster] / capacity
		deviation := math.Sqrt(jobs * share * (1 - share))
		if off := math.Abs(float64(got[cluster]) - jobs*share); off > 6*deviation {
			t.Errorf("%s has %d jobs, want %.0f ± %.0f", cluster, got[cluster], jobs*share, 6*deviation)
		}
	}
}

func TestClusterByCapacity(t *testing.T) {
	const clusters = `
aws: [{name: one}, {name: shut, blocked: true}]
gcp: [{name: two, capabilities: [arm64]}]
`
	const prowgen = "ci.openshift.io/generator"
	cases := map[string]struct {
		reason string
		config string
		job    dispatch.Job
		want   string
	}{
		"no rules":      {reason: "a clusters file is enough", job: dispatch.Job{Labels: labels{"capability/arm64": "arm64"}}, want: "two"},
		"vsphere":       {reason: "a name says nothing where there is no such cluster", job: dispatch.Job{Name: "vsphere", Labels: labels{"capability/arm64": "arm64"}}, want: "two"},
		"vsphere, set":  {reason: "the configuration may say it", config: "vsphere: two", job: dispatch.Job{Name: "vsphere"}, want: "two"},
		"cloud":         {reason: "the cloud narrows the choice", config: "determineE2EByJob: true", job: dispatch.Job{Labels: cloud("aws")}, want: "one"},
		"kvm":           {reason: "so does the need for virtual machines", config: "kvm: [shut, thick]", job: dispatch.Job{Labels: labels{"devices.kubevirt.io/kvm": "1"}}, want: "thick"},
		"group":         {reason: "groups belong somewhere", config: "groups: {app.ci: {jobs: [a]}}", job: dispatch.Job{Name: "a"}, want: "app.ci"},
		"by hand":       {reason: "a person put it there, in the file or not", job: dispatch.Job{Cluster: "app.ci", Labels: cloud("aws")}, want: "app.ci"},
		"by hand, shut": {reason: "a blocked cluster is left", config: "determineE2EByJob: true", job: dispatch.Job{Cluster: "shut", Labels: cloud("aws")}, want: "one"},
		"generated": {
			reason: "where it was does not matter", config: "determineE2EByJob: true",
			job: dispatch.Job{Cluster: "two", Labels: labels{prowgen: "prowgen", "ci-operator.openshift.io/cloud": "aws"}}, want: "one",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			tc.job.File = "ci-operator/jobs/o/r/f.yaml"
			got, err := newDispatcher(t, tc.config, clusters).Cluster(tc.job)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// TestChoicesAreForGood holds a few choices that later versions must not
// change: each change would move most jobs of every repository.
func TestChoicesAreForGood(t *testing.T) {
	var jobs []dispatch.Job
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		jobs = append(jobs, dispatch.Job{Name: name, File: "ci-operator/jobs/org/" + name + "/org-" + name + "-main-presubmits.yaml"})
	}
	want := map[string]string{"a": "b02", "b": "b04", "c": "b05", "d": "b05", "e": "b04", "f": "b04", "g": "b05", "h": "b02"}
	if diff := cmp.Diff(want, spread(t, balanced(), jobs)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestJobsOfAFileStayTogether(t *testing.T) {
	jobs := []dispatch.Job{{Name: "unit", File: "a/x.yaml"}, {Name: "images", File: "a/x.yaml"}, {Name: "moved", File: "b/x.yaml"}}
	got := spread(t, balanced(), jobs)
	if got["unit"] != got["images"] || got["unit"] != got["moved"] {
		t.Errorf("want one cluster for a file wherever it is, got %v", got)
	}
}
