package render

import (
	"fmt"
	"path"

	"github.com/drover-ci/drover/generators/dispatch"
	"github.com/drover-ci/drover/generators/prowjobs"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
)

// newDispatcher makes the dispatcher of a repository that says something of
// clusters; of another it is nil.
func newDispatcher(repo *repolayout.Repo) (*dispatch.Dispatcher, []schema.Problem) {
	input := dispatch.Input{ConfigPath: repo.Layout.Dispatch, ClustersPath: repo.Layout.Clusters, Clusters: *repo.Clusters.Value}
	if repo.Dispatch.ID != (repolayout.ID{}) {
		input.Config = repo.Dispatch.Value
	}
	if input.Config == nil && repo.Clusters.ID == (repolayout.ID{}) {
		return nil, nil
	}
	dispatcher, found := dispatch.New(input)
	problems := make([]schema.Problem, 0, len(found))
	for _, problem := range found {
		problems = append(problems, repo.Problem(problem.File, problem.Path, problem.Rule, problem.Message))
	}
	return dispatcher, problems
}

// assign gives jobs their clusters. Problems are those of jobs that no cluster
// can run.
func (m *Maker) assign(files []prowjobs.JobFile) []schema.Problem {
	if m.Dispatcher == nil {
		return nil
	}
	var problems []schema.Problem
	labels := map[string]string{} // which the dispatcher does not keep
	for i := range files {
		file := &files[i]
		place := path.Join(m.Folder, file.Path)
		problem := func(job *prowjobs.Job, message string) {
			about := path.Join(m.Configs, path.Dir(file.Path))
			if job == nil || job.IsHandWritten() {
				about = place
			}
			problems = append(problems, schema.Problem{File: about, Rule: dispatch.RuleJobCluster, Severity: schema.Error, Message: message})
		}
		err := file.Assign(func(job *prowjobs.Job) string {
			clear(labels)
			for _, label := range job.Labels {
				labels[label.Key] = label.Value
			}
			cluster, err := m.Dispatcher.Cluster(dispatch.Job{
				File: place, Name: job.Name, Labels: labels, Cluster: job.Cluster, AppliesConfig: job.Runs("applyconfig"),
			})
			if err != nil {
				problem(job, fmt.Sprintf("the job %s has no one cluster: %v", job.Name, err))
				return job.Cluster
			}
			return cluster
		})
		if err != nil {
			problem(nil, err.Error())
		}
	}
	return problems
}
