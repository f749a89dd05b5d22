package render

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/generators/boskos"
	"github.com/drover-ci/drover/generators/configmaps"
	"github.com/drover-ci/drover/generators/manifests"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
)

// Rendering is what a revision wants of a cluster. It is immutable.
type Rendering struct {
	// Objects are those of the home of the jobs, sorted.
	Objects []generators.Object
	// Elsewhere are those of the other targets that the settings name.
	Elsewhere map[string][]generators.Object
	// Jobs counts the files with jobs.
	Jobs int

	jobs *jobs
	// shared is what all targets' objects but the jobs' are made of, and plain
	// those objects, by target.
	shared shared
	plain  map[string]plain
	// parts are what the manifests among them were made of.
	parts *manifests.Parts
}

// Render makes a revision's objects. What depends on nothing that changed
// since last, an earlier Rendering or nil, is taken from it. Problems are
// those that only making the objects shows; with them there is no result.
func Render(ctx context.Context, valid *rules.Valid, last *Rendering) (*Rendering, []schema.Problem, error) {
	if last == nil {
		last = &Rendering{jobs: &jobs{}}
	}
	jobs, problems, err := renderJobs(ctx, valid, last.jobs)
	if err != nil {
		return nil, nil, err
	}
	r := &Rendering{Jobs: jobs.files.Len(), jobs: jobs, Elsewhere: map[string][]generators.Object{}, plain: map[string]plain{}}
	if r.shared, err = newShared(valid.Repo, last.shared); err != nil {
		return nil, nil, err
	}
	r.shared.jobs = jobs.published(valid.Repo)
	r.parts = last.parts
	if !r.shared.equal(last.shared) {
		r.parts = last.parts.Next()
		if last.parts == nil {
			r.parts = recallParts(valid.Repo)
		}
		last = &Rendering{}
	}
	r.Objects = r.objects(home(valid.Repo), last, jobs.objects(), &problems)
	for _, target := range targets(valid.Repo)[1:] {
		r.Elsewhere[target] = r.objects(target, last, nil, &problems)
	}
	noteParts(valid.Repo, r.parts)
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
func (r *Rendering) objects(target string, last *Rendering, jobs []generators.Object, problems *[]schema.Problem) []generators.Object {
	made, known := last.plain[target]
	if !known {
		made = r.shared.make(target, r.parts)
	}
	r.plain[target] = made
	*problems = append(*problems, made.problems...)
	configMaps := slices.Concat(jobs, made.published)
	objects := slices.Concat(made.declared, configMaps, configmaps.Namespaces(configMaps, made.declared))
	*problems = append(*problems, generators.Clashes(objects)...)
	generators.SortObjects(objects)
	return objects
}

// shared is what the objects of all targets are made of, but for jobs.
type shared struct {
	repo *repolayout.Repo
	// boskos is the Boskos configuration as the repository has it, leases as the
	// quotas say it.
	boskos, leases []byte
	// jobs are the job files that the settings publish.
	jobs []publishedJob
}

func newShared(repo *repolayout.Repo, last shared) (s shared, err error) {
	s.repo = repo
	if s.boskos, err = repo.Read(repo.Layout.Boskos); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return s, err
	}
	if last.repo != nil && repo.Quotas == last.repo.Quotas && bytes.Equal(s.boskos, last.boskos) {
		s.leases = last.leases
		return s, nil
	}
	s.leases, err = boskos.New(repo.Quotas.Value).Render(s.boskos)
	return s, err
}

// equal says whether the same objects follow. Files without an id may have
// changed.
func (s shared) equal(last shared) bool {
	unknown := func(file repolayout.Raw) bool { return file.ID == (repolayout.ID{}) }
	return last.repo != nil && s.repo.Settings.ID == last.repo.Settings.ID && s.repo.Layout == last.repo.Layout &&
		bytes.Equal(s.boskos, last.boskos) && bytes.Equal(s.leases, last.leases) &&
		slices.Equal(s.jobs, last.jobs) && slices.Equal(s.repo.Files, last.repo.Files) && !slices.ContainsFunc(s.repo.Files, unknown)
}

// plain are a target's objects that are no jobs.
type plain struct {
	published, declared []generators.Object
	problems            []schema.Problem
}

func (s shared) make(target string, parts *manifests.Parts) plain {
	publication := publicationFor(s.repo, target, s.leases)
	s.publishAsMade(&publication)
	published, problems := publication.Publish(publishRules(s.repo))
	declared, found := manifests.Build(manifestFiles(s.repo), folders(s.repo, target), parts)
	return plain{published: published, declared: declared, problems: slices.Concat(problems, found)}
}

// publishAsMade has job files published as they are made: with their clusters, and
// without those that go.
func (s shared) publishAsMade(publication *configmaps.Publication) {
	if len(s.jobs) == 0 {
		return
	}
	made := make(map[string]*jobFile, len(s.jobs))
	for _, job := range s.jobs {
		made[job.path] = job.made
	}
	publication.Paths = slices.DeleteFunc(publication.Paths, func(file string) bool {
		job, isJob := made[file]
		return isJob && job == nil
	})
	read := publication.Read
	publication.Read = func(file string) ([]byte, error) {
		if job := made[file]; job != nil {
			return job.Content()
		}
		return read(file)
	}
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

// partsNote is the name of what is noted for the next process of what manifests are
// made of.
const partsNote = "manifests"

// recallParts gives what an earlier process noted of manifests.
func recallParts(repo *repolayout.Repo) *manifests.Parts {
	parts := (*manifests.Parts)(nil).Next()
	parts.Recall(repo.Recall(partsNote))
	return parts
}

// noteParts notes for the next process what manifests were made of.
func noteParts(repo *repolayout.Repo, parts *manifests.Parts) {
	repo.Note(partsNote, parts.Made(), parts.Note)
	parts.Forget()
}

// manifestFiles are the files that manifests are read from.
func manifestFiles(repo *repolayout.Repo) manifests.Files {
	return manifests.Files{Paths: paths(repo.Files), Read: repo.Read, ID: func(file string) (id repolayout.ID) {
		i, ok := slices.BinarySearchFunc(repo.Files, file, func(f repolayout.Raw, path string) int { return strings.Compare(f.Path, path) })
		if ok {
			id = repo.Files[i].ID
		}
		return id
	}}
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
