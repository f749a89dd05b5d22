package dispatch_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/generators/dispatch"
	"github.com/drover-ci/drover/schema"
)

const (
	configPath   = "dispatch/_config.yaml"
	clustersPath = "dispatch/_clusters.yaml"
)

// clusters are two clouds. The file names of tests have a known length, by
// which today's dispatcher chooses.
const clusters = `
aws:
- name: east
  capabilities: [arm64, intranet]
- name: shut
  blocked: true
  capabilities: [arm64]
- name: west
  capabilities: [arm64]
gcp:
- name: green
- name: red
  capabilities: [arm64]
`

const config = `
default: west
determineE2EByJob: true
sshBastion: bastion
kvm: [red, shut, thick]
noBuilds: [light]
cloudMapping:
  metal: aws
  elsewhere: gcp
groups:
  app.ci:
    jobs: [config-apply]
    paths: ['[^-]infra-periodics\.yaml', '^ci-operator/jobs/both']
  red:
    jobs: [upgrade]
    paths: ['infra-images', 'jobs/bo.h']
buildFarm:
  aws:
    east:
      filenames: [listed.yaml]
    shut:
      filenames: [left.yaml]
  gcp:
    green:
      filenames: [other.yaml]
`

func newInput(tb testing.TB, config, clusters string) dispatch.Input {
	tb.Helper()
	input := dispatch.Input{ConfigPath: configPath, ClustersPath: clustersPath}
	var problems []schema.Problem
	if config != "" {
		input.Config = &schema.DispatcherConfig{}
		problems = schema.Decode(configPath, []byte(config), input.Config)
	}
	if clusters != "" {
		problems = append(problems, schema.Decode(clustersPath, []byte(clusters), &input.Clusters)...)
	}
	if problems != nil {
		tb.Fatal(problems)
	}
	return input
}

func newDispatcher(tb testing.TB, config, clusters string) *dispatch.Dispatcher {
	tb.Helper()
	dispatcher, problems := dispatch.New(newInput(tb, config, clusters))
	if problems != nil {
		tb.Fatal(problems)
	}
	return dispatcher
}

type labels = map[string]string

// cloud labels a job that tests a cloud.
func cloud(name string) labels { return labels{"ci-operator.openshift.io/cloud": name} }

func TestClusterByTodaysRules(t *testing.T) {
	const (
		even = "ci-operator/jobs/o/r/even.yaml" // a name of 9 bytes
		odd  = "ci-operator/jobs/o/r/odds1.yaml"
	)
	cases := map[string]struct {
		reason string
		job    dispatch.Job
		want   string
	}{
		"agent":            {"what is no pod runs on no cluster", dispatch.Job{Agent: "jenkins"}, ""},
		"kubernetes agent": {"a pod does", dispatch.Job{Agent: "kubernetes"}, "west"},

		"kept":         {"a job stays, whatever rules say", dispatch.Job{Name: "vsphere", Cluster: "red", Labels: cloud("aws")}, "red"},
		"kept blocked": {"a job leaves a blocked cluster", dispatch.Job{Cluster: "shut"}, "west"},
		"kept unknown": {"a job leaves a cluster that is not in the file", dispatch.Job{Cluster: "gone"}, "west"},

		"vsphere":         {"the name alone says it", dispatch.Job{Name: "e2e-vsphere-ovn", Labels: cloud("aws")}, "vsphere02"},
		"vsphere profile": {"one profile is elsewhere", dispatch.Job{Name: "vsphere", Labels: labels{"ci-operator.openshift.io/cloud-cluster-profile": "vsphere-elastic-poc"}}, "west"},
		"vsphere apply":   {"the name is that of the cluster to change", dispatch.Job{Name: "vsphere-apply", AppliesConfig: true}, "west"},

		"bastion":       {"the label says it, with any value", dispatch.Job{Labels: labels{"dptp.openshift.io/ssh-bastion": "true", "ci-operator.openshift.io/cluster": "red"}}, "bastion"},
		"label":         {"the label says it, even for a blocked cluster", dispatch.Job{Labels: labels{"ci-operator.openshift.io/cluster": "shut", "capability/arm64": "arm64"}}, "shut"},
		"label unknown": {"the label says it, even for a cluster not in the file", dispatch.Job{Labels: labels{"ci-operator.openshift.io/cluster": "hive"}}, "hive"},

		"capability":               {"the length chooses among all that are open: 9 of east, red, west", dispatch.Job{File: even, Labels: labels{"capability/arm64": "arm64"}}, "east"},
		"capability, other length": {"10 of east, red, west", dispatch.Job{File: odd, Labels: labels{"capability/arm64": "arm64"}}, "red"},
		"capabilities":             {"a cluster has to have all", dispatch.Job{File: odd, Labels: labels{"capability/arm64": "arm64", "capability/intranet": "intranet"}}, "east"},
		"capability in a cloud":    {"the cloud comes first: 9 of east, west", dispatch.Job{File: even, Labels: labels{"capability/arm64": "arm64", "ci-operator.openshift.io/cloud": "metal"}}, "west"},
		"capability elsewhere":     {"no such cluster is in that cloud", dispatch.Job{File: odd, Labels: labels{"capability/intranet": "intranet", "ci-operator.openshift.io/cloud": "gcp"}}, "east"},

		"virtual machines":               {"9 of red, thick, before the cloud", dispatch.Job{File: even, Labels: labels{"devices.kubevirt.io/kvm": "1", "ci-operator.openshift.io/cloud": "aws"}}, "thick"},
		"virtual machines, other length": {"10 of red, thick", dispatch.Job{File: odd, Labels: labels{"devices.kubevirt.io/kvm": "1"}}, "red"},

		"cloud":               {"9 of east, west", dispatch.Job{File: even, Labels: cloud("aws")}, "west"},
		"cloud, other length": {"10 of east, west, before groups", dispatch.Job{File: odd, Name: "upgrade", Labels: cloud("aws")}, "east"},
		"cloud mapped":        {"9 of green, red", dispatch.Job{File: even, Labels: cloud("elsewhere")}, "red"},
		"cloud unknown":       {"there is no cluster in that cloud", dispatch.Job{File: even, Labels: cloud("azure")}, "west"},

		"no builds": {"before groups", dispatch.Job{Name: "upgrade", Labels: labels{"ci.openshift.io/no-builds": "true"}}, "light"},

		"group":              {"a group lists the job", dispatch.Job{Name: "config-apply", File: "infra-images.yaml"}, "app.ci"},
		"group by path":      {"an expression finds the path", dispatch.Job{File: "ci-operator/jobs/infra-periodics.yaml"}, "app.ci"},
		"group by near path": {"it is the expression that decides, not the name", dispatch.Job{File: "ci-operator/jobs/x-infra-periodics.yaml"}, "west"},

		"file":            {"the farm lists the file, without its folder", dispatch.Job{File: "ci-operator/jobs/o/r/listed.yaml"}, "east"},
		"file elsewhere":  {"the farm lists the file in another cloud", dispatch.Job{File: "other.yaml"}, "green"},
		"file on blocked": {"the files of a blocked cluster go to the default", dispatch.Job{File: "left.yaml"}, "west"},
		"default":         {"nothing is said", dispatch.Job{File: "none.yaml"}, "west"},
	}
	dispatcher := newDispatcher(t, config, clusters)
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := dispatcher.Cluster(tc.job)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// TestOrderOfRules takes from a job, which every rule is about, one reason
// after the other.
func TestOrderOfRules(t *testing.T) {
	const config = `
default: by-default
determineE2EByJob: true
sshBastion: by-bastion
vsphere: by-name
kvm: [by-kvm]
noBuilds: [by-no-builds]
groups:
  by-group: {jobs: [vsphere, plain]}
  by-path: {paths: [all]}
buildFarm:
  aws:
    by-file: {filenames: [all.yaml, file.yaml]}
`
	const clusters = `
aws: [{name: by-cloud}, {name: by-file}]
gcp: [{name: by-presence}, {name: by-capability, capabilities: [arm64]}]
`
	job := dispatch.Job{
		File: "ci-operator/jobs/all.yaml", Name: "vsphere", Cluster: "by-presence",
		Labels: labels{
			"dptp.openshift.io/ssh-bastion":    "true",
			"ci-operator.openshift.io/cluster": "by-label",
			"capability/arm64":                 "arm64",
			"devices.kubevirt.io/kvm":          "1",
			"ci-operator.openshift.io/cloud":   "aws",
			"ci.openshift.io/no-builds":        "true",
		},
	}
	unlabel := func(label string) func() { return func() { delete(job.Labels, label) } }
	steps := []struct {
		want string
		then func()
	}{
		{"by-presence", func() { job.Cluster = "" }},
		{"by-name", func() { job.Name = "plain" }},
		{"by-bastion", unlabel("dptp.openshift.io/ssh-bastion")},
		{"by-label", unlabel("ci-operator.openshift.io/cluster")},
		{"by-capability", unlabel("capability/arm64")},
		{"by-kvm", unlabel("devices.kubevirt.io/kvm")},
		{"by-cloud", unlabel("ci-operator.openshift.io/cloud")},
		{"by-no-builds", unlabel("ci.openshift.io/no-builds")},
		{"by-group", func() { job.Name = "other" }},
		{"by-path", func() { job.File = "ci-operator/jobs/file.yaml" }},
		{"by-file", func() { job.File = "ci-operator/jobs/none.yaml" }},
		{"by-default", func() {}},
	}
	dispatcher := newDispatcher(t, config, clusters)
	for _, step := range steps {
		got, err := dispatcher.Cluster(job)
		if err != nil {
			t.Fatal(err)
		}
		if got != step.want {
			t.Errorf("%+v runs on %s, want %s", job, got, step.want)
		}
		step.then()
	}
}

func TestClusterWithLessConfigured(t *testing.T) {
	const file = "even.yaml"
	cases := map[string]struct {
		reason           string
		config, clusters string
		job              dispatch.Job
		want             string
	}{
		"no cloud": {
			reason: "clouds do not count unless the configuration says so",
			config: "default: west", clusters: clusters, job: dispatch.Job{File: file, Labels: cloud("gcp")}, want: "west",
		},
		"no kvm, bastion, builds": {
			reason: "labels that nothing is said about do not count",
			config: "default: west", clusters: clusters,
			job:  dispatch.Job{File: file, Labels: labels{"devices.kubevirt.io/kvm": "1", "dptp.openshift.io/ssh-bastion": "", "ci.openshift.io/no-builds": "true"}},
			want: "west",
		},
		"no builds, blocked": {
			reason: "a job without builds can run anywhere",
			config: "{default: west, noBuilds: [shut]}", clusters: clusters,
			job: dispatch.Job{File: file, Labels: labels{"ci.openshift.io/no-builds": "true"}}, want: "west",
		},
		"another vsphere": {
			reason: "the cluster for vsphere is a setting",
			config: "{default: west, vsphere: red}", clusters: clusters, job: dispatch.Job{Name: "vsphere"}, want: "red",
		},
		"no clusters file": {
			reason: "the clusters are those of the build farm: 9 of one, two",
			config: "{determineE2EByJob: true, buildFarm: {aws: {two: {}, one: {}}}}", job: dispatch.Job{File: file, Labels: cloud("aws")}, want: "two",
		},
		"no clusters file, kept": {
			reason: "the clusters are those of the build farm",
			config: "{default: three, buildFarm: {aws: {two: {}, one: {}}}}", job: dispatch.Job{File: file, Cluster: "one"}, want: "one",
		},
		"default only": {
			reason: "the default needs no other cluster",
			config: "default: three", job: dispatch.Job{File: file}, want: "three",
		},
		"blocked default": {
			reason: "what is left is spread",
			config: "default: shut", clusters: "aws: [{name: shut, blocked: true}, {name: open}]", job: dispatch.Job{File: file}, want: "open",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := newDispatcher(t, tc.config, tc.clusters).Cluster(tc.job)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestClustersGivesAllProblems(t *testing.T) {
	jobs := []dispatch.Job{
		{File: "b.yaml", Name: "asks", Labels: labels{"capability/rdma": "rdma", "capability/arm64": "arm64"}},
		{File: "ci-operator/jobs/both.yaml", Name: "two-groups"},
		{File: "fine.yaml", Name: "fine"},
		{File: "a.yaml", Name: "thick", Labels: labels{"devices.kubevirt.io/kvm": "1"}},
	}
	want := []string{
		`a.yaml: thick: all clusters for virtual machines are blocked (found shut, want one that is not) [job-cluster]`,
		`b.yaml: asks: no cluster has all capabilities that the job asks for, or it is blocked (found none that has arm64, rdma, ` +
			`want one among the clusters that is not blocked, or a test that asks for less) [job-cluster]`,
		`ci-operator/jobs/both.yaml: two-groups: the file is in the groups of two clusters ` +
			`(found it by "jobs/both" for app.ci and by "jobs/bo.h" for red, want it in one) [job-cluster]`,
	}
	dispatcher := newDispatcher(t, `{default: west, kvm: [shut], groups: {red: {paths: ["jobs/bo.h"]}, app.ci: {paths: [jobs/both, both]}}}`, clusters)
	got, problems := dispatcher.Clusters(jobs)
	if got != nil {
		t.Errorf("want no clusters with problems, got %v", got)
	}
	if diff := cmp.Diff(want, messages(problems)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	got, problems = dispatcher.Clusters(jobs[2:3])
	if diff := cmp.Diff([]string{"west"}, got); diff != "" || problems != nil {
		t.Errorf("%v (-want +got):\n%s", problems, diff)
	}
}

func TestNewGivesAllProblems(t *testing.T) {
	cases := map[string]struct {
		reason           string
		config, clusters string
		want             []string
	}{
		"twice": {
			reason: "what is listed twice is named with both places, once is not enough to list it twice",
			config: `
default: one
groups:
  red: {jobs: [a, b, a], paths: ['(', fine, '[']}
  app.ci: {jobs: [b, c]}
buildFarm:
  gcp: {red: {filenames: [x.yaml, y.yaml, y.yaml]}}
  aws: {one: {filenames: [x.yaml]}}
`,
			clusters: "{aws: [{name: one}, {name: one}], gcp: [{name: red}, {name: one}]}",
			want: []string{
				`dispatch/_clusters.yaml: aws[1]: a cluster is listed twice (found "one" at aws[0] and at aws[1], want it in one of them) [cluster-listed-twice]`,
				`dispatch/_clusters.yaml: gcp[1]: a cluster is listed twice (found "one" at aws[0] and at gcp[1], want it in one of them) [cluster-listed-twice]`,
				`dispatch/_config.yaml: buildFarm.gcp.red.filenames[0]: a file is listed for two clusters ` +
					`(found "x.yaml" at buildFarm.aws.one.filenames[0] and at buildFarm.gcp.red.filenames[0], want it in one of them) [cluster-listed-twice]`,
				`dispatch/_config.yaml: groups.red.jobs[1]: a job is listed for two clusters ` +
					`(found "b" at groups["app.ci"].jobs[0] and at groups.red.jobs[1], want it in one of them) [cluster-listed-twice]`,
				"dispatch/_config.yaml: groups.red.paths[0]: the text is no regular expression (found \"(\", want one that can be read: missing closing ): `(`) [cluster-path-pattern]",
				"dispatch/_config.yaml: groups.red.paths[2]: the text is no regular expression (found \"[\", want one that can be read: missing closing ]: `[`) [cluster-path-pattern]",
			},
		},
		"nothing": {
			reason: "there have to be clusters",
			want: []string{`dispatch/_clusters.yaml: there is no cluster to run jobs on ` +
				`(found neither a default nor any cluster that is not blocked, want one of the two) [cluster-missing]`},
		},
		"all blocked": {
			reason: "there have to be clusters that are open",
			config: "default: a", clusters: "aws: [{name: a, blocked: true}]",
			want: []string{`dispatch/_clusters.yaml: there is no cluster to run jobs on ` +
				`(found neither a default nor any cluster that is not blocked, want one of the two) [cluster-missing]`},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			dispatcher, problems := dispatch.New(newInput(t, tc.config, tc.clusters))
			if dispatcher != nil {
				t.Error("want no dispatcher with problems")
			}
			if diff := cmp.Diff(tc.want, messages(problems)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestFilesAreStrict(t *testing.T) {
	cases := map[string]struct {
		content string
		into    any
		want    []string
	}{
		"config": {
			content: "default: a\nbuildfarm: {}\ngroups: {a: {job: [x]}}\nkvm: a\n", into: &schema.DispatcherConfig{},
			want: []string{"buildfarm: unknown-field", "groups.a.job: unknown-field", "kvm: wrong-type"},
		},
		"clusters": {
			content: "aws: [{capacity: 2000}, {name: a b}]\n", into: &schema.ClustersFile{},
			want: []string{"aws[0].name: missing-field", "aws[0].capacity: wrong-value", "aws[1].name: wrong-value"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, problem := range schema.Decode("file.yaml", []byte(tc.content), tc.into) {
				got = append(got, problem.Path+": "+problem.Rule)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func messages(problems []schema.Problem) []string {
	var all []string
	for _, problem := range problems {
		all = append(all, problem.String())
	}
	return all
}
