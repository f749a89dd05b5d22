package dispatch

import (
	"path"
	"slices"
	"strings"
)

// Labels that the rules look at. Which ones a job has is generators/prowjobs'
// business, or that of whoever wrote the job.
const (
	labelGenerator  = "ci.openshift.io/generator"
	labelNoBuilds   = "ci.openshift.io/no-builds"
	labelCloud      = "ci-operator.openshift.io/cloud"
	labelProfile    = "ci-operator.openshift.io/cloud-cluster-profile"
	labelCluster    = "ci-operator.openshift.io/cluster"
	labelBastion    = "dptp.openshift.io/ssh-bastion"
	labelKVM        = "devices.kubevirt.io/kvm"
	labelCapability = "capability/"
)

// generated is the value of labelGenerator on jobs made of configurations.
const generated = "prowgen"

// agentKubernetes is the agent of jobs that run as pods.
const agentKubernetes = "kubernetes"

// A Job is what decides where a job runs.
type Job struct {
	// File is the path of the job's file in the repository, with forward
	// slashes.
	File string
	// Name is the job's name.
	Name string
	// Agent is what runs the job; empty is "kubernetes". Jobs of other agents
	// run on no cluster.
	Agent string
	// Labels are the job's labels.
	Labels map[string]string
	// Cluster is where the job runs so far; empty if that was never said.
	Cluster string
	// AppliesConfig says that the job runs applyconfig. The names of such jobs
	// tell which cluster they change, not what they need.
	AppliesConfig bool
}

// base is the name of the job's file.
func (j *Job) base() string { return path.Base(j.File) }

func (j *Job) has(label string) bool {
	_, ok := j.Labels[label]
	return ok
}

// capabilities are what the job asks for of its cluster, sorted.
func (j *Job) capabilities() []string {
	var all []string
	for label := range j.Labels {
		if capability, ok := strings.CutPrefix(label, labelCapability); ok {
			all = append(all, capability)
		}
	}
	slices.Sort(all)
	return all
}

// handWritten says whether a person wrote the job.
func (j *Job) handWritten() bool { return j.Labels[labelGenerator] != generated }
