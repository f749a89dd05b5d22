package render

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/generators/boskos"
	"github.com/drover-ci/drover/generators/configmaps"
	"github.com/drover-ci/drover/generators/dispatch"
	"github.com/drover-ci/drover/generators/manifests"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
)

// jobConfig is the name of the ConfigMaps that hold the Prow jobs.
const jobConfig = "job-config"

// Rules about job files: that they have names of their own, because Prow finds
// them side by side, and that they can be read.
const (
	RuleJobFile     = "job-file-name"
	RuleJobFileRead = "job-file"
)

// Problem is the error as a problem of the component's folder.
func (e *JobsError) Problem(repo *repolayout.Repo) schema.Problem {
	folder, message := repo.Layout.Jobs, fmt.Sprintf("what people wrote into job files cannot be kept (found: %v, want files of jobs that can be read)", e.Err)
	if e.Rule == dispatch.RuleJobCluster {
		folder, message = repo.Layout.Config, e.Error()
	}
	return schema.Problem{File: path.Join(folder, e.Component), Rule: e.Rule, Severity: schema.Error, Message: message}
}

// Rendering is what a revision wants of a cluster. It is immutable.
type Rendering struct {
	// Objects are those of the home of the jobs, sorted.
	Objects []generators.Object
	// Elsewhere are those of the other targets that the settings name.
	Elsewhere map[string][]generators.Object
	// Jobs counts the files with jobs.
	Jobs int

	settings [3]repolayout.ID
	registry *resolver.Registry
	jobs     map[string]componentJobs
}

// componentJobs are the job files made of some configurations.
type componentJobs struct {
	component Component
	files     []configmaps.Compressed
}

// sameAs says whether a component is what jobs were made of. Job files without
// an id may have changed.
func (j componentJobs) sameAs(component Component) bool {
	unknown := func(file repolayout.Raw) bool { return file.ID == (repolayout.ID{}) }
	return slices.Equal(j.component.Docs, component.Docs) && slices.Equal(j.component.Jobs, component.Jobs) &&
		!slices.ContainsFunc(component.Jobs, unknown)
}

// Render makes a revision's objects. What depends on nothing that changed
// since last, an earlier Rendering or nil, is taken from it. Problems are
// those that only making the objects shows; with them there is no result.
func Render(ctx context.Context, valid *rules.Valid, last *Rendering) (*Rendering, []schema.Problem, error) {
	r := &Rendering{settings: settingsOf(valid.Repo), registry: valid.Catalog.Registry(), jobs: map[string]componentJobs{}}
	if last == nil || last.settings != r.settings || last.registry != r.registry {
		last = &Rendering{}
	}
	jobs, problems, err := r.renderJobs(ctx, valid.Repo, last)
	if err != nil {
		return nil, nil, err
	}
	if r.Objects, err = r.objects(valid.Repo, home(valid.Repo), jobs, &problems); err != nil {
		return nil, nil, err
	}
	r.Elsewhere = map[string][]generators.Object{}
	for _, target := range targets(valid.Repo)[1:] {
		if r.Elsewhere[target], err = r.objects(valid.Repo, target, nil, &problems); err != nil {
			return nil, nil, err
		}
	}
	problems = located(valid.Repo, problems)
	if schema.HasErrors(problems) {
		return nil, problems, nil
	}
	return r, problems, nil
}

// home is what the settings call the target that the jobs are on; it may have
// no name.
func home(repo *repolayout.Repo) string {
	for _, target := range repo.Settings.Value.Targets {
		if rules.IsHome(target) {
			return target.Name
		}
	}
	return ""
}

// isFor says whether what is published to targets is for one of them.
func isFor(targets []string, target, home string) bool {
	if targets == nil {
		return target == home
	}
	return slices.Contains(targets, target)
}

// objects are those of one target.
func (r *Rendering) objects(
	repo *repolayout.Repo, target string, jobs []generators.Object, problems *[]schema.Problem,
) ([]generators.Object, error) {
	published, found, err := publish(repo, target)
	if err != nil {
		return nil, err
	}
	*problems = append(*problems, found...)
	declared, found := manifests.Build(manifests.Files{Paths: paths(repo.Files), Read: repo.Read}, folders(repo, target))
	*problems = append(*problems, found...)
	configMaps := slices.Concat(jobs, published)
	objects := slices.Concat(declared, configMaps, configmaps.Namespaces(configMaps, declared))
	*problems = append(*problems, generators.Clashes(objects)...)
	generators.SortObjects(objects)
	return objects, nil
}

// settingsOf are the files that decide about every job.
func settingsOf(repo *repolayout.Repo) [3]repolayout.ID {
	return [3]repolayout.ID{repo.Settings.ID, repo.Dispatch.ID, repo.Clusters.ID}
}

// renderJobs makes the ConfigMaps of all job files: those generated, and those
// written by hand.
func (r *Rendering) renderJobs(ctx context.Context, repo *repolayout.Repo, last *Rendering) ([]generators.Object, []schema.Problem, error) {
	var fresh []Component
	for _, component := range Components(repo) {
		if before, ok := last.jobs[component.Name]; ok && before.sameAs(component) {
			r.jobs[component.Name] = before
			continue
		}
		fresh = append(fresh, component)
	}
	maker, problems, err := NewMaker(repo)
	if err != nil || len(problems) > 0 {
		return nil, problems, err
	}
	var mu sync.Mutex
	err = maker.All(ctx, fresh, func(component Component, files []generators.File) error {
		compressed, err := compressAll(files)
		mu.Lock()
		defer mu.Unlock()
		r.jobs[component.Name] = componentJobs{component: component, files: compressed}
		return err
	})
	if wrong, ok := errors.AsType[*JobsError](err); ok {
		return nil, []schema.Problem{wrong.Problem(repo)}, nil
	}
	if err != nil {
		return nil, nil, err
	}
	written, err := handWritten(repo)
	if err != nil {
		return nil, nil, err
	}
	all := written
	for _, component := range r.jobs {
		all = append(all, component.files...)
	}
	slices.SortFunc(all, func(a, b configmaps.Compressed) int { return strings.Compare(a.Key, b.Key) })
	r.Jobs = len(all)
	return configmaps.Partition(configmaps.DefaultNamespace, jobConfig, all), sameNames(repo, all), nil
}

func compressAll(files []generators.File) ([]configmaps.Compressed, error) {
	all := make([]configmaps.Compressed, 0, len(files))
	for _, file := range files {
		compressed, err := configmaps.Compress(path.Base(file.Path), file.Content)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file.Path, err)
		}
		all = append(all, compressed)
	}
	return all, nil
}

// handWritten are the job files that are not of a component.
func handWritten(repo *repolayout.Repo) ([]configmaps.Compressed, error) {
	var all []configmaps.Compressed
	for _, file := range repo.Jobs {
		if _, ok := componentOfJobs(repo, file.Path); ok || path.Ext(file.Path) != ".yaml" {
			continue
		}
		content, err := repo.Read(file.Path)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", file.Path, err)
		}
		compressed, err := configmaps.Compress(path.Base(file.Path), content)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file.Path, err)
		}
		all = append(all, compressed)
	}
	return all, nil
}

// sameNames finds job files of one name in sorted files.
func sameNames(repo *repolayout.Repo, sorted []configmaps.Compressed) []schema.Problem {
	var problems []schema.Problem
	for i := 1; i < len(sorted); i++ {
		if sorted[i].Key == sorted[i-1].Key {
			problems = append(problems, schema.Problem{
				File: repo.Layout.Jobs, Rule: RuleJobFile, Severity: schema.Error,
				Message: fmt.Sprintf("two job files have one name, and Prow reads one of them (found %q twice, want another name for one)", sorted[i].Key),
			})
		}
	}
	return problems
}

// publish makes the ConfigMaps that the settings ask for on a target.
func publish(repo *repolayout.Repo, target string) ([]generators.Object, []schema.Problem, error) {
	current, err := repo.Read(repo.Layout.Boskos)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	leases, err := boskos.New(repo.Quotas.Value).Render(current)
	if err != nil {
		return nil, nil, err
	}
	publication := publicationFor(repo, target, leases)
	objects, problems := publication.Publish(publishRules(repo))
	return objects, problems, nil
}

// publishable are the files that may be published, the Boskos configuration even
// where it is yet to be made.
func publishable(repo *repolayout.Repo) []string {
	available := paths(repo.Files)
	if !slices.Contains(available, repo.Layout.Boskos) {
		available = append(available, repo.Layout.Boskos)
		slices.Sort(available)
	}
	return available
}

// publishRules are the settings', or for a repository without settings the one
// that nothing works without: what leases there are.
func publishRules(repo *repolayout.Repo) []schema.Publish {
	if repo.Settings.Value.Publish != nil {
		return repo.Settings.Value.Publish
	}
	return []schema.Publish{{ConfigMap: "resources", Files: []string{repo.Layout.Boskos}, As: "boskos.yaml"}}
}

func paths(files []repolayout.Raw) []string {
	all := make([]string, 0, len(files))
	for _, file := range files {
		all = append(all, file.Path)
	}
	return all
}

func folders(repo *repolayout.Repo, target string) []schema.ManifestFolder {
	var all []schema.ManifestFolder
	for _, folder := range repo.Settings.Value.Manifests {
		if isFor(folder.Targets, target, home(repo)) {
			all = append(all, folder)
		}
	}
	return all
}
