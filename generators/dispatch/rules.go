package dispatch

import (
	"cmp"
	"fmt"
	"strings"
)

// defaultVSphere is the cluster that today's dispatcher has for jobs with
// "vsphere" in their name.
const defaultVSphere = "vsphere02"

// profileElsewhere is the cluster profile that is called vsphere and does not
// need that cluster.
const profileElsewhere = "vsphere-elastic-poc"

// rule says where a job runs: nowhere if the rule is not about such jobs.
type rule func(*Dispatcher, *Job) (string, error)

// rules are all rules but the last, which is about every job. The first that
// says something decides.
func rules() [12]rule {
	return [...]rule{
		(*Dispatcher).present,
		(*Dispatcher).vsphere,
		(*Dispatcher).bastion,
		(*Dispatcher).labelled,
		(*Dispatcher).capable,
		(*Dispatcher).virtual,
		(*Dispatcher).cloud,
		(*Dispatcher).buildless,
		(*Dispatcher).grouped,
		(*Dispatcher).groupedByPath,
		(*Dispatcher).listed,
		(*Dispatcher).fallback,
	}
}

// present is where the job runs already.
func (d *Dispatcher) present(job *Job) (string, error) {
	if d.keep(job) {
		return job.Cluster, nil
	}
	return "", nil
}

// isKept says, as today's dispatcher does, that a job stays where it is as long
// as there is such a cluster.
func (d *Dispatcher) isKept(job *Job) bool {
	_, open := d.open.find(job.Cluster)
	return open
}

// isKeptByHand says that a job stays where a person put it. Where a generated
// job runs does not depend on where it was: then a cluster that is open again
// gets its jobs back.
func (d *Dispatcher) isKeptByHand(job *Job) bool {
	return job.handWritten() && d.isUsable(job.Cluster)
}

// isUsable says that a name is a cluster's that is not blocked.
func (d *Dispatcher) isUsable(name string) bool {
	known, _ := d.farm.find(name)
	return name != "" && !known.blocked
}

func (d *Dispatcher) vsphere(job *Job) (string, error) {
	if !strings.Contains(job.Name, "vsphere") || job.AppliesConfig || job.Labels[labelProfile] == profileElsewhere {
		return "", nil
	}
	return d.config.VSphere, nil
}

func (d *Dispatcher) bastion(job *Job) (string, error) {
	if !job.has(labelBastion) {
		return "", nil
	}
	return d.config.SSHBastion, nil
}

func (d *Dispatcher) labelled(job *Job) (string, error) {
	return job.Labels[labelCluster], nil
}

// capable chooses among the clusters that have what the job asks for: those in
// the cloud that it tests, if there are any.
func (d *Dispatcher) capable(job *Job) (string, error) {
	wanted := job.capabilities()
	if len(wanted) == 0 {
		return "", nil
	}
	candidates := d.open.with(wanted)
	if len(candidates) == 0 {
		return "", fmt.Errorf(
			"no cluster has all capabilities that the job asks for, or it is blocked "+
				"(found none that has %s, want one among the clusters that is not blocked, or a test that asks for less)", strings.Join(wanted, ", "))
	}
	if near := candidates.in(d.cloudOf(job)); len(near) > 0 {
		candidates = near
	}
	return d.pick(candidates, job.base()), nil
}

func (d *Dispatcher) virtual(job *Job) (string, error) {
	if !job.has(labelKVM) || len(d.config.KVM) == 0 {
		return "", nil
	}
	candidates := d.farm.usable(d.config.KVM)
	if len(candidates) == 0 {
		return "", fmt.Errorf("all clusters for virtual machines are blocked (found %s, want one that is not)", strings.Join(d.config.KVM, ", "))
	}
	return d.pick(candidates, job.base()), nil
}

// cloud chooses among the clusters in the cloud that the job tests.
func (d *Dispatcher) cloud(job *Job) (string, error) {
	if !d.config.DetermineE2EByJob {
		return "", nil
	}
	return d.pick(d.open.in(d.cloudOf(job)), job.base()), nil
}

// cloudOf is the cloud that a job should run in.
func (d *Dispatcher) cloudOf(job *Job) string {
	tested := job.Labels[labelCloud]
	return cmp.Or(d.config.CloudMapping[tested], tested)
}

// buildless are jobs that build no images.
func (d *Dispatcher) buildless(job *Job) (string, error) {
	if !job.has(labelNoBuilds) {
		return "", nil
	}
	return d.pick(d.farm.usable(d.config.NoBuilds), job.base()), nil
}

func (d *Dispatcher) grouped(job *Job) (string, error) { return d.groups.jobs[job.Name], nil }

func (d *Dispatcher) groupedByPath(job *Job) (string, error) { return d.groups.byPath(job.File) }

func (d *Dispatcher) listed(job *Job) (string, error) {
	if name := d.files[job.base()]; d.isUsable(name) {
		return name, nil
	}
	return "", nil
}

func (d *Dispatcher) fallback(*Job) (string, error) {
	if name := d.config.Default; d.isUsable(name) {
		return name, nil
	}
	return "", nil
}
