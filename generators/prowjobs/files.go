package prowjobs

import (
	"fmt"
	"slices"
	"strings"
)

// A JobFile is a file of jobs: those of one kind for one branch of a component,
// of all its variants.
type JobFile struct {
	// Path is relative to the folder of jobs, with forward slashes.
	Path string
	// Component is org/repo.
	Component string
	// Kind is that of the jobs.
	Kind Kind
	// Jobs are sorted by name.
	Jobs []*Job
}

// intoFiles sorts the jobs of a component into files.
func intoFiles(component string, jobs []*Job) ([]JobFile, error) {
	byPath := map[string]*JobFile{}
	var paths []string
	for _, job := range jobs {
		path := pathOf(component, job)
		if byPath[path] == nil {
			byPath[path] = &JobFile{Path: path, Component: component, Kind: job.Kind}
			paths = append(paths, path)
		}
		byPath[path].Jobs = append(byPath[path].Jobs, job)
	}
	slices.Sort(paths)
	files := make([]JobFile, len(paths))
	for i, path := range paths {
		files[i] = *byPath[path]
		if err := files[i].sort(); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// sort orders the jobs by name, which has to be theirs alone.
func (f *JobFile) sort() error {
	slices.SortFunc(f.Jobs, func(a, b *Job) int { return strings.Compare(a.Name, b.Name) })
	for i := 1; i < len(f.Jobs); i++ {
		if f.Jobs[i].Name == f.Jobs[i-1].Name {
			return fmt.Errorf("two jobs of %s are called %s", f.Path, f.Jobs[i].Name)
		}
	}
	return nil
}

// pathOf is the file that a job belongs to:
// org/repo/org-repo-branch-kind.yaml.
func pathOf(component string, job *Job) string {
	branch := job.Base.Branch
	if job.Kind != Periodic {
		branch = job.Branches[0]
	}
	return component + "/" + strings.ReplaceAll(component, "/", "-") + "-" + fileLabel(branch) + "-" + string(job.Kind) + ".yaml"
}

// fileLabel is what a branch, or an expression for one, is called in the names
// of files.
func fileLabel(branch string) string {
	label := strings.Map(func(r rune) rune {
		if isWordRune(r) {
			return r
		}
		return -1
	}, branch)
	return orDefault(strings.Trim(label, "-._"), "main")
}
