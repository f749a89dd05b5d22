package repolayout

import (
	"github.com/drover-ci/drover/internal/longlist"
	"github.com/drover-ci/drover/schema"
)

// Doc is a decoded file.
type Doc[T any] struct {
	// Path is the file's, relative to the repository's root.
	Path string
	// ID identifies the content. A step's covers its commands too.
	ID ID
	// Value is what was decoded: never nil, and never to be changed. Where there
	// are problems it holds what could be read.
	Value *T
	// Problems are those of the file alone.
	Problems []schema.Problem
}

// Raw is a file that is kept as it is.
type Raw struct {
	// Path is the file's, relative to the repository's root.
	Path string
	// ID identifies the content; zero where the tree does not know it.
	ID ID
}

// Repo is a release repository at one revision: its decoded documents, each
// kind in the order of paths. It is immutable.
type Repo struct {
	Layout   Layout
	Settings *Doc[schema.Settings]

	// Configs have what .config.prowgen files say of them in them. There are so many
	// that revisions share what they can of the list.
	Configs   longlist.List[*Doc[schema.Config]]
	Refs      []*Doc[schema.RegistryRef]
	Chains    []*Doc[schema.RegistryChain]
	Workflows []*Doc[schema.RegistryWorkflow]
	Observers []*Doc[schema.RegistryObserver]
	// Metadata say who owns the components above.
	Metadata []*Doc[schema.RegistryMetadata]
	// What follows has empty values, and no id, where the repository has none.
	Profiles *Doc[schema.ClusterProfilesFile]
	Quotas   *Doc[schema.QuotasFile]
	Dispatch *Doc[schema.DispatcherConfig]
	Clusters *Doc[schema.ClustersFile]
	// ClaimOwners say who may claim clusters.
	ClaimOwners *Doc[schema.ClaimOwnersFile]

	// Prowgen are the files .config.prowgen, an older form.
	Prowgen []*ProwgenDoc
	// Judged are the files that are not read here and judged all the same, in the
	// order of paths: Prow's configuration, job files that people wrote, who owns
	// what in the step registry.
	Judged []*Judged
	// Jobs are the files of the jobs' folder.
	Jobs []Raw
	// Files are those that the settings publish or apply as manifests.
	Files []Raw

	// Strays are problems of files that have no document, such as a wrong name.
	Strays []schema.Problem

	tree    Tree
	folders map[string]*folder
	// loaded is all that the folders hold; nil where other units were put in.
	loaded *listing
	// plain are the configurations as they were loaded, and changed those that
	// .config.prowgen files say something of.
	plain   longlist.List[*Doc[schema.Config]]
	changed map[string]changedConfig
	units   *unitList
	// memory is what the first one was loaded with.
	memory *Memory
}

// Read gives a file's content at this revision.
func (r *Repo) Read(path string) ([]byte, error) { return r.tree.ReadFile(path) }

// IDOf is the id of a file's content at this revision; zero where that is only
// known once it is read.
func (r *Repo) IDOf(path string) ID {
	if r.loaded == nil {
		return ID{} // files are from several revisions
	}
	return idIn(r.tree, path, File)
}

// ReadInto is [Repo.Read] into the memory of a buffer where the tree can, for
// whoever reads many files and keeps none.
func (r *Repo) ReadInto(path string, buffer []byte) ([]byte, error) {
	if tree, ok := r.tree.(intoReader); ok {
		content, _, err := tree.readInto(path, buffer)
		return content, err
	}
	return r.tree.ReadFile(path)
}

// intoReader is a tree that reads into given memory, or new memory where that is
// too small, and tells how the file looked.
type intoReader interface {
	readInto(file string, buffer []byte) ([]byte, stat, error)
}

// Problems are those found in each file by itself, sorted.
func (r *Repo) Problems() []schema.Problem {
	all := append([]schema.Problem(nil), r.Strays...)
	all = append(all, r.Settings.Problems...)
	all = append(all, r.Profiles.Problems...)
	all = append(all, r.Quotas.Problems...)
	all = append(all, r.Dispatch.Problems...)
	all = append(all, r.Clusters.Problems...)
	all = append(all, r.ClaimOwners.Problems...)
	return schema.SortProblems(r.appendDocuments(all))
}

// appendDocuments adds the problems of all documents that there may be many of.
// Where they are as they were loaded, that takes no look at each.
func (r *Repo) appendDocuments(all []schema.Problem) []schema.Problem {
	if r.loaded != nil {
		return append(all, r.loaded.problems...)
	}
	for doc := range r.Configs.All() {
		all = append(all, doc.Problems...)
	}
	all = appendProblems(all, r.Prowgen)
	all = appendProblems(all, r.Refs)
	all = appendProblems(all, r.Chains)
	all = appendProblems(all, r.Workflows)
	all = appendProblems(all, r.Observers)
	for _, judged := range r.Judged {
		all = append(all, judged.Problems...)
	}
	return appendProblems(all, r.Metadata)
}

func appendProblems[T any](all []schema.Problem, docs []*Doc[T]) []schema.Problem {
	for _, doc := range docs {
		all = append(all, doc.Problems...)
	}
	return all
}

// Documents counts the files that were judged.
func (r *Repo) Documents() int {
	return r.Settings.count() + r.Profiles.count() + r.Quotas.count() + r.Dispatch.count() + r.Clusters.count() + r.ClaimOwners.count() +
		r.Configs.Len() + len(r.Prowgen) + len(r.Refs) + len(r.Chains) + len(r.Workflows) + len(r.Observers) + len(r.Metadata) + len(r.Judged)
}

// count is 1 for a file that is there.
func (d *Doc[T]) count() int {
	if d.ID == (ID{}) && len(d.Problems) == 0 {
		return 0
	}
	return 1
}

// Problem makes a problem of a field of a document, at its line and column.
func (r *Repo) Problem(file, field, rule, message string) schema.Problem {
	problem := schema.Problem{File: file, Path: field, Rule: rule, Severity: schema.Error, Message: message}
	if data, err := r.Read(file); err == nil {
		problem.Line, problem.Column = schema.Locate(data, field)
	}
	return problem
}
