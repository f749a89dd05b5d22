package prowjobs

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/drover-ci/drover/schema"
)

// A JobFile is a file of jobs. A generated one holds the jobs of one kind for
// one branch of a component, of all its variants.
type JobFile struct {
	// Path is relative to the folder of jobs, with forward slashes.
	Path string
	// Groups are the file's jobs. A generated file has one group; what people
	// wrote may have more.
	Groups []Group

	// others are the top-level fields that hold no jobs.
	others map[string]any
	// content is what writing the file would give, where that is known; nil where
	// it has to be written.
	content []byte
	// asWritten says that content is what people wrote, of which comments and form
	// stay.
	asWritten bool
}

// Assign gives each job that runs as a pod the cluster that a function says. It
// fails where people wrote the file in a way that has no place for it.
func (f *JobFile) Assign(cluster func(*Job) string) error {
	moved := false
	for i := range f.Groups {
		for _, job := range f.Groups[i].Jobs {
			if !job.isPod() {
				continue
			}
			if given := cluster(job); given != job.Cluster {
				job.Cluster, moved = given, true
			}
		}
	}
	switch {
	case !moved:
		return nil
	case f.asWritten:
		return f.writeClusters()
	}
	f.content = nil
	return nil
}

// A Group is what a file holds for one kind and repository.
type Group struct {
	// Kind is that of the jobs.
	Kind Kind
	// Repo is org/repo; periodics have none.
	Repo string
	// Jobs are sorted by name if any of them is generated.
	Jobs []*Job
}

// intoFiles sorts the jobs of a component into files.
func intoFiles(component string, jobs []*Job) ([]JobFile, error) {
	type place struct {
		kind   Kind
		branch string
	}
	paths := map[place]string{}
	byPath := map[string][]*Job{}
	for _, job := range jobs {
		at := place{job.Kind, branchOf(job)}
		path, known := paths[at]
		if !known {
			path = schema.JobFile(component, at.branch, at.kind)
			paths[at] = path
		}
		byPath[path] = append(byPath[path], job)
	}
	var files []JobFile
	for _, path := range slices.Sorted(maps.Keys(byPath)) {
		group := Group{Kind: byPath[path][0].Kind, Jobs: byPath[path]}
		if group.Kind != Periodic {
			group.Repo = component
		}
		group.sort()
		if name := group.repeated(); name != "" {
			return nil, fmt.Errorf("two jobs of %s are called %s", path, name)
		}
		files = append(files, JobFile{Path: path, Groups: []Group{group}})
	}
	return files, nil
}

// sort orders the jobs by name. Jobs that people wrote may share a name.
func (g *Group) sort() {
	slices.SortStableFunc(g.Jobs, func(a, b *Job) int { return strings.Compare(a.Name, b.Name) })
}

// repeated is the name of several jobs of a sorted group, or nothing.
func (g *Group) repeated() string {
	for i := 1; i < len(g.Jobs); i++ {
		if g.Jobs[i].Name == g.Jobs[i-1].Name {
			return g.Jobs[i].Name
		}
	}
	return ""
}

// branchOf is the branch that a job is for, or the expression for it.
func branchOf(job *Job) string {
	if job.Kind == Periodic {
		return job.Base.Branch
	}
	return job.Branches[0]
}
