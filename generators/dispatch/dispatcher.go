package dispatch

import (
	"cmp"

	"github.com/drover-ci/drover/schema"
)

// Input is what a repository says about its clusters.
type Input struct {
	// Config are the rules; nil is a repository without.
	Config *schema.DispatcherConfig
	// ConfigPath is the file that they are in, for problems.
	ConfigPath string
	// Clusters are all clusters, by cloud. Without them those of the build farm
	// in Config are all there are.
	Clusters schema.ClustersFile
	// ClustersPath is the file that they are in, for problems.
	ClustersPath string
}

// A Dispatcher says where jobs run. It is immutable, and may be used by several
// goroutines at once.
type Dispatcher struct {
	config schema.DispatcherConfig
	farm   farm
	open   farm
	groups groups
	files  map[string]string
	keep   func(*Job) bool
	pick   picker
}

// New makes the dispatcher of a repository, or gives all problems of the two
// files. What it was given must not change afterwards.
func New(input Input) (*Dispatcher, []schema.Problem) {
	found := &findings{}
	d := &Dispatcher{}
	if input.Config != nil {
		d.config = *input.Config
	}
	d.farm = newFarm(&input, found)
	d.open = d.farm.open()
	d.groups = newGroups(d.config.Groups, found.in(input.ConfigPath))
	d.files = fileLists(d.config.BuildFarm, found.in(input.ConfigPath))
	if d.isBalanced() {
		d.keep, d.pick = d.isKeptByHand, byTickets
	} else {
		d.keep, d.pick = d.isKept, byLength
		d.config.VSphere = cmp.Or(d.config.VSphere, defaultVSphere)
	}
	if len(d.open) == 0 && !d.isUsable(d.config.Default) {
		found.in(cmp.Or(input.ClustersPath, input.ConfigPath))("", RuleNoCluster,
			"there is no cluster to run jobs on (found neither a default nor any cluster that is not blocked, want one of the two)")
	}
	if len(found.problems) > 0 {
		return nil, schema.SortProblems(found.problems)
	}
	return d, nil
}

// isBalanced says whether jobs are spread by capacity. Today's dispatcher works
// with neither a default nor lists of files.
func (d *Dispatcher) isBalanced() bool {
	return len(d.config.BuildFarm) == 0 && d.config.Default == ""
}

// Cluster says where a job runs. It fails where rules contradict each other, or
// no cluster has what the job asks for.
func (d *Dispatcher) Cluster(job Job) (string, error) {
	if job.Agent != "" && job.Agent != agentKubernetes {
		return "", nil
	}
	for _, rule := range rules() {
		if name, err := rule(d, &job); name != "" || err != nil {
			return name, err
		}
	}
	return byTickets(d.open, job.base()), nil
}

// Clusters says where jobs run, in their order, or gives all problems.
func (d *Dispatcher) Clusters(jobs []Job) ([]string, []schema.Problem) {
	names := make([]string, len(jobs))
	found := &findings{}
	for i, job := range jobs {
		name, err := d.Cluster(job)
		if err != nil {
			found.in(job.File)("", RuleJobCluster, job.Name+": "+err.Error())
		}
		names[i] = name
	}
	if len(found.problems) > 0 {
		return nil, schema.SortProblems(found.problems)
	}
	return names, nil
}
