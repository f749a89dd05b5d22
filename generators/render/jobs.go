package render

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"sync"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/generators/configmaps"
	"github.com/drover-ci/drover/generators/prowjobs"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
)

// jobsPlace is the namespace and the name of the ConfigMaps that hold the Prow
// jobs.
func jobsPlace(template *schema.JobTemplate) (namespace, name string) {
	namespace, name = configmaps.DefaultNamespace, "job-config"
	if template != nil {
		namespace, name = cmp.Or(template.Namespace, namespace), cmp.Or(template.ConfigMap, name)
	}
	return namespace, name
}

// RuleJobFile is the rule that job files have names of their own, because Prow
// finds them side by side.
const RuleJobFile = "job-file-name"

// jobs are the ConfigMaps of a revision's job files. They are immutable.
type jobs struct {
	// settings and registry decide about every job.
	settings [3]repolayout.ID
	registry prowjobs.Registry
	maker    *Maker
	// components are what the files were made of, by name.
	components map[string]Component
	// committed are the files of jobs that the repository has.
	committed *jobFiles
	// files are those of all components, in the order of keys.
	files []*jobFile
	parts *configmaps.Partition
}

// jobFile is a file as it is published, with the component that it is of.
type jobFile struct {
	configmaps.Compressed

	component string
	// path is where the file is, or would be, in the jobs' folder.
	path string
}

func compareFiles(a, b *jobFile) int {
	return cmp.Or(cmp.Compare(a.Key(), b.Key()), cmp.Compare(a.component, b.component), cmp.Compare(a.path, b.path))
}

// settingsOf are the files that decide about every job.
func settingsOf(repo *repolayout.Repo) [3]repolayout.ID {
	return [3]repolayout.ID{repo.Settings.ID, repo.Dispatch.ID, repo.Clusters.ID}
}

// renderJobs makes the ConfigMaps of all job files: those generated, and those
// written by hand. Files of components that are as they were are the last ones.
func renderJobs(ctx context.Context, repo *repolayout.Repo, last *jobs) (*jobs, []schema.Problem, error) {
	j := &jobs{settings: settingsOf(repo), registry: registryOf(repo)}
	if last.maker == nil || last.settings != j.settings || !last.registry.Equal(j.registry) {
		namespace, name := jobsPlace(repo.Settings.Value.Jobs)
		last = &jobs{parts: configmaps.NewPartition(namespace, name)}
	}
	var problems []schema.Problem
	var err error
	if j.maker, problems, err = last.makerOf(repo); err != nil || len(problems) > 0 {
		return j, problems, err
	}
	fresh, changed := j.changes(repo, last)
	before := filesOf(last.files, changed)
	made, problems, err := j.make(ctx, fresh, before)
	if err != nil || len(problems) > 0 {
		return j, problems, err
	}
	j.files = merged(last.files, before, made)
	j.parts = last.parts.Next(compressedOf(j.files))
	return j, sameNames(repo, j.files), nil
}

// changes takes the components of a revision. It gives those to make anew, and
// the names of all whose last files do not count any more.
func (j *jobs) changes(repo *repolayout.Repo, last *jobs) (fresh []Component, changed []string) {
	j.committed = jobFilesOf(repo, last.committed)
	all := append(components(repo, j.committed), j.committed.elsewhere())
	j.components = make(map[string]Component, len(all))
	for _, component := range all {
		j.components[component.Name] = component
		if before, ok := last.components[component.Name]; !ok || !component.sameAs(before) {
			fresh, changed = append(fresh, component), append(changed, component.Name)
		}
	}
	for name := range last.components {
		if _, stays := j.components[name]; !stays {
			changed = append(changed, name)
		}
	}
	return fresh, changed
}

// objects are the ConfigMaps.
func (j *jobs) objects() []generators.Object {
	if j.parts == nil {
		return nil // there are problems
	}
	objects := slices.Clone(j.parts.Objects())
	for i := range objects {
		objects[i].Source = j.maker.Folder
	}
	return objects
}

// makerOf is the last maker, for another revision, or a new one.
func (j *jobs) makerOf(repo *repolayout.Repo) (*Maker, []schema.Problem, error) {
	if j.maker == nil {
		return NewMaker(repo)
	}
	again := *j.maker
	again.Configs, again.Folder, again.Read = repo.Layout.Config, repo.Layout.Jobs, repo.ReadInto
	return &again, nil, nil
}

// make makes the files of components, of which there were some before.
func (j *jobs) make(ctx context.Context, components []Component, before []*jobFile) ([]*jobFile, []schema.Problem, error) {
	known := make(map[string]*jobFile, len(before))
	for _, file := range before {
		known[file.path] = file
	}
	var mu sync.Mutex
	var all []*jobFile
	problems, err := j.maker.All(ctx, components, func(made Made) error {
		files, err := published(made, known)
		mu.Lock()
		defer mu.Unlock()
		all = append(all, files...)
		return err
	})
	return all, problems, err
}

// published are the files of a component as they are published. Those that are as
// they were are compressed already.
func published(made Made, before map[string]*jobFile) ([]*jobFile, error) {
	all := make([]*jobFile, 0, len(made.Files))
	for _, file := range made.Files {
		if last := before[file.Path]; last != nil && last.component == made.Component.Name && last.Holds(file.Content) {
			all = append(all, last)
			continue
		}
		compressed, err := configmaps.Compress(path.Base(file.Path), file.Content)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file.Path, err)
		}
		all = append(all, &jobFile{compressed, made.Component.Name, file.Path})
	}
	return all, nil
}

// fewComponents is how many names are looked at one by one.
const fewComponents = 16

// filesOf are the files of some components.
func filesOf(files []*jobFile, components []string) []*jobFile {
	isOf := func(name string) bool { return slices.Contains(components, name) }
	if len(components) > fewComponents {
		names := make(map[string]bool, len(components))
		for _, name := range components {
			names[name] = true
		}
		isOf = func(name string) bool { return names[name] }
	}
	var some []*jobFile
	for _, file := range files {
		if isOf(file.component) {
			some = append(some, file)
		}
	}
	return some
}

// merged are sorted files without some of them and with others.
func merged(sorted, without, with []*jobFile) []*jobFile {
	slices.SortFunc(with, compareFiles)
	all := make([]*jobFile, 0, len(sorted)-len(without)+len(with))
	rest := func(until int) {
		for ; len(without) > 0; without = without[1:] {
			at, _ := slices.BinarySearchFunc(sorted[:until], without[0], compareFiles)
			if at == until {
				break
			}
			all, sorted, until = append(all, sorted[:at]...), sorted[at+1:], until-at-1
		}
		all, sorted = append(all, sorted[:until]...), sorted[until:]
	}
	for _, file := range with {
		at, _ := slices.BinarySearchFunc(sorted, file, compareFiles)
		rest(at)
		all = append(all, file)
	}
	rest(len(sorted))
	return all
}

func compressedOf(files []*jobFile) []*configmaps.Compressed {
	all := make([]*configmaps.Compressed, len(files))
	for i, file := range files {
		all[i] = &file.Compressed
	}
	return all
}

// sameNames finds job files of one name in sorted files.
func sameNames(repo *repolayout.Repo, sorted []*jobFile) []schema.Problem {
	var problems []schema.Problem
	for i := 1; i < len(sorted); i++ {
		if sorted[i].Key() == sorted[i-1].Key() {
			problems = append(problems, schema.Problem{
				File: repo.Layout.Jobs, Rule: RuleJobFile, Severity: schema.Error,
				Message: fmt.Sprintf("two job files have one name, and Prow reads one of them (found %q for %s and %s, want another name for one)",
					sorted[i].Key(), path.Join(repo.Layout.Jobs, sorted[i-1].path), path.Join(repo.Layout.Jobs, sorted[i].path)),
			})
		}
	}
	return problems
}
