package render

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/generators/configmaps"
	"github.com/drover-ci/drover/generators/prowjobs"
	"github.com/drover-ci/drover/internal/longlist"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
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
// takes no two of one name, in whatever folders they are.
const RuleJobFile = "job-file-name"

// jobs are the ConfigMaps of a revision's job files. They are immutable.
type jobs struct {
	// repo is what they were made of, and known says that it has an id for each job
	// file: without one it may have changed.
	repo  *repolayout.Repo
	known bool
	// settings decide about every job, and registry about those that use something of it.
	settings [3]repolayout.ID
	registry prowjobs.Registry
	maker    *Maker
	// files are those of all components, in the order of keys; byComponent are the
	// same in the order of components. Both share with the last ones all but what
	// changed.
	files, byComponent longlist.List[*jobFile]
	parts              *configmaps.Partition
}

// jobFile is a file as it is published, with the component that it is of.
type jobFile struct {
	configmaps.Compressed

	component string
	// path is where the file is, or would be, in the jobs' folder.
	path string
}

func compareKeys(a, b *jobFile) int {
	return cmp.Or(cmp.Compare(a.Key(), b.Key()), compareComponents(a, b))
}

func compareComponents(a, b *jobFile) int {
	return cmp.Or(cmp.Compare(a.component, b.component), cmp.Compare(a.path, b.path))
}

// settingsOf are the files that decide about every job.
func settingsOf(repo *repolayout.Repo) [3]repolayout.ID {
	return [3]repolayout.ID{repo.Settings.ID, repo.Dispatch.ID, repo.Clusters.ID}
}

// renderJobs makes the ConfigMaps of all job files: those generated, and those
// written by hand. Files of components that are as they were are the last ones.
func renderJobs(ctx context.Context, valid *rules.Valid, last *jobs) (*jobs, []schema.Problem, error) {
	repo := valid.Repo
	j := &jobs{repo: repo, settings: settingsOf(repo), registry: last.registryOf(repo)}
	if last.maker == nil || last.settings != j.settings {
		namespace, name := jobsPlace(repo.Settings.Value.Jobs)
		last = &jobs{
			parts: configmaps.NewPartition(namespace, name),
			files: longlist.Of(compareKeys), byComponent: longlist.Of(compareComponents),
		}
	}
	var problems []schema.Problem
	var err error
	if j.maker, problems, err = last.makerOf(repo, j.registry); err != nil || len(problems) > 0 {
		return j, problems, err
	}
	var components []Component
	var before []*jobFile
	files := last.differences(repo)
	if j.known = last.allKnown(repo, files); j.known && last.repo != nil {
		names := last.changed(valid, j.registry, files)
		before = last.filesOf(names)
		for _, name := range names {
			components = append(components, componentNamed(repo, name))
		}
	} else {
		before = slices.Collect(last.byComponent.All())
		components = append(Components(repo), Elsewhere(repo))
	}
	components = slices.DeleteFunc(components, Component.isEmpty)
	made, problems, err := j.make(ctx, components, before)
	if err != nil || len(problems) > 0 {
		return j, problems, err
	}
	gone, come := without(before, made), without(made, before)
	j.files, j.byComponent = last.files.Next(gone, come), last.byComponent.Next(gone, come)
	j.parts = last.parts.Next(compressedOf(gone), compressedOf(come))
	problems = j.sameNames(repo, come)
	return j, problems, nil
}

// differences are where a repository has other job files.
func (j *jobs) differences(repo *repolayout.Repo) []longlist.Difference[repolayout.Raw] {
	if j.repo == nil {
		return nil
	}
	return repolayout.Differences(j.repo.Jobs, repo.Jobs)
}

// allKnown says whether a repository has an id for each job file. If it was so, the
// files that differ say it.
func (j *jobs) allKnown(repo *repolayout.Repo, differences []longlist.Difference[repolayout.Raw]) bool {
	isUnknown := func(file repolayout.Raw) bool { return file.ID == (repolayout.ID{}) }
	if !j.known {
		return !slices.ContainsFunc(repo.Jobs, isUnknown)
	}
	return !slices.ContainsFunc(differences, func(each longlist.Difference[repolayout.Raw]) bool {
		return each.After != (repolayout.Raw{}) && isUnknown(each.After)
	})
}

// changed names the components of which something changed since, or that depend on
// something of the step registry that did, in order.
func (j *jobs) changed(valid *rules.Valid, registry prowjobs.Registry, files []longlist.Difference[repolayout.Raw]) []string {
	repo := valid.Repo
	var names []string
	if used := differing(j.registry, registry); len(used) > 0 {
		for config := range valid.Catalog.Dependents().Naming(used...) {
			names = append(names, config.Metadata.Component())
		}
	}
	for _, each := range longlist.Differences(j.repo.Configs, repo.Configs) {
		names = append(names, nameIn(repo.Layout.Config, cmp.Or(each.Before, each.After).Path))
	}
	for _, each := range files {
		names = append(names, nameIn(repo.Layout.Jobs, cmp.Or(each.Before, each.After).Path))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// differing are the components of the step registry from which other jobs follow
// than with another.
func differing(a, b prowjobs.Registry) []resolver.Component {
	var all []resolver.Component
	profiles, workflows := a.Differing(b)
	for _, name := range profiles {
		all = append(all, resolver.Component{Kind: resolver.KindProfile, Name: name})
	}
	for _, name := range workflows {
		all = append(all, resolver.Component{Kind: resolver.KindWorkflow, Name: name})
	}
	return all
}

// filesOf are the files of some components.
func (j *jobs) filesOf(components []string) []*jobFile {
	var some []*jobFile
	for _, name := range components {
		for file := range j.byComponent.From(func(file *jobFile) int { return cmp.Compare(file.component, name) }) {
			if file.component != name {
				break
			}
			some = append(some, file)
		}
	}
	return some
}

// registryOf is what jobs depend on of the step registry; that of the last ones
// where it is made of the same.
func (j *jobs) registryOf(repo *repolayout.Repo) prowjobs.Registry {
	if j.repo != nil && j.repo.Profiles == repo.Profiles && slices.Equal(j.repo.Workflows, repo.Workflows) {
		return j.registry
	}
	return registryOf(repo)
}

// publishedJob is a job file that the settings publish besides, with what is made
// of it: nil if it goes.
type publishedJob struct {
	path string
	made *jobFile
}

// published are the job files among those that the settings publish.
func (j *jobs) published(repo *repolayout.Repo) []publishedJob {
	if j.parts == nil {
		return nil // there are problems
	}
	var all []publishedJob
	for _, raw := range repo.Files {
		below, isJob := strings.CutPrefix(raw.Path, repo.Layout.Jobs+"/")
		if !isJob || path.Ext(below) != ".yaml" {
			continue
		}
		key := path.Base(below)
		job := publishedJob{path: raw.Path}
		if made, ok := j.files.Find(withKey(key)); ok && made.path == below { // names are unique
			job.made = made
		}
		all = append(all, job)
	}
	return all
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
func (j *jobs) makerOf(repo *repolayout.Repo, registry prowjobs.Registry) (*Maker, []schema.Problem, error) {
	if j.maker == nil {
		return NewMaker(repo)
	}
	again := *j.maker
	again.Configs, again.Folder, again.Read = repo.Layout.Config, repo.Layout.Jobs, repo.ReadInto
	var err error
	if len(differing(j.registry, registry)) > 0 {
		again.Generator, err = newGenerator(repo, registry)
	}
	return &again, nil, err
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
		files, err := compress(made, known)
		mu.Lock()
		defer mu.Unlock()
		all = append(all, files...)
		return err
	})
	return all, problems, err
}

// compress makes the files of a component ready to be published. Those that are as
// they were are compressed already.
func compress(made Made, before map[string]*jobFile) ([]*jobFile, error) {
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

// without are the files that others are not.
func without(files, others []*jobFile) []*jobFile {
	are := make(map[*jobFile]bool, len(others))
	for _, file := range others {
		are[file] = true
	}
	return slices.DeleteFunc(slices.Clone(files), func(file *jobFile) bool { return are[file] })
}

func compressedOf(files []*jobFile) []*configmaps.Compressed {
	all := make([]*configmaps.Compressed, len(files))
	for i, file := range files {
		all[i] = &file.Compressed
	}
	return all
}

// sameNames finds job files of one name: those that came, which had none of their
// name before.
func (j *jobs) sameNames(repo *repolayout.Repo, come []*jobFile) []schema.Problem {
	var problems []schema.Problem
	reported := map[string]bool{}
	for _, file := range slices.SortedFunc(slices.Values(come), compareKeys) {
		key := file.Key()
		if reported[key] {
			continue
		}
		reported[key] = true
		var last *jobFile
		for each := range j.files.From(withKey(key)) {
			if each.Key() != key {
				break
			}
			if last != nil {
				problems = append(problems, sameFileName(repo.Layout, last.path, each.path))
			}
			last = each
		}
	}
	return problems
}

// sameFileName is the problem of two job files, relative to the jobs' folder.
func sameFileName(layout repolayout.Layout, one, other string) schema.Problem {
	return schema.Problem{
		File: layout.Jobs, Rule: RuleJobFile, Severity: schema.Error,
		Message: fmt.Sprintf("two job files have one name, which Prow refuses (found %q for %s and %s, want another name for one)",
			path.Base(one), path.Join(layout.Jobs, one), path.Join(layout.Jobs, other)),
	}
}

// checkFileNames finds job files of one name without making any: among those that
// people wrote, and those that configurations are made into.
func checkFileNames(repo *repolayout.Repo) []schema.Problem {
	var problems []schema.Problem
	first := map[string]string{}
	add := func(file string) {
		key := path.Base(file)
		if other, taken := first[key]; taken && other != file {
			problems = append(problems, sameFileName(repo.Layout, min(other, file), max(other, file)))
			return
		}
		first[key] = file
	}
	for _, doc := range repo.Judged {
		below, isJobs := strings.CutPrefix(doc.Path, repo.Layout.Jobs+"/")
		if isJobs && (len(doc.Jobs) > 0 || nameIn(repo.Layout.Jobs, doc.Path) == elsewhere) {
			add(below)
		}
	}
	type place struct {
		component, branch string
		kind              schema.JobKind
	}
	seen := map[place]bool{}
	for doc := range repo.Configs.All() {
		metadata := doc.Value.Metadata
		component := metadata.Component()
		for job := range doc.Value.Jobs() {
			if at := (place{component, metadata.Branch, job.Kind}); !seen[at] {
				seen[at] = true
				add(schema.JobFile(component, metadata.Branch, job.Kind))
			}
		}
	}
	return problems
}

// withKey is the place of the files with a key, in the order of keys.
func withKey(key string) func(*jobFile) int {
	return func(file *jobFile) int { return cmp.Compare(file.Key(), key) }
}
