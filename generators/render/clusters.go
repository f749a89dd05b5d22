package render

import (
	"errors"
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

// assign gives jobs their clusters.
func (m *Maker) assign(files []prowjobs.JobFile) error {
	if m.Dispatcher == nil {
		return nil
	}
	var errs error
	for _, file := range files {
		for _, group := range file.Groups {
			for _, job := range group.Jobs {
				cluster, err := m.Dispatcher.Cluster(m.dispatched(file.Path, job))
				if err != nil {
					errs = errors.Join(errs, fmt.Errorf("the job %s has no one cluster: %w", job.Name, err))
					continue
				}
				job.Cluster = cluster
			}
		}
	}
	return errs
}

// dispatched is what the dispatcher has to know of a job.
func (m *Maker) dispatched(file string, job *prowjobs.Job) dispatch.Job {
	labels := make(map[string]string, len(job.Labels))
	for _, label := range job.Labels {
		labels[label.Key] = label.Value
	}
	return dispatch.Job{File: path.Join(m.Folder, file), Name: job.Name, Labels: labels, Cluster: job.Cluster}
}
