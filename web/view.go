package web

import (
	"errors"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/drover-ci/drover/generators/render"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema/rules"
)

var errNothingInForce = errors.New("no revision is in force")

// view is a snapshot with what pages need besides. It is immutable; its parts
// are made when they are first needed, and once.
type view struct {
	*rules.Snapshot

	// made is the view's index or, until that is made, an earlier one to take
	// from; nil where there was none.
	made atomic.Pointer[index]

	files func() map[resolver.Component]string
	jobs  func() (*render.Maker, error)
	index func() *index
}

// currentView gives the view of the snapshot in force, or nil.
func (s *Site) currentView() *view {
	snapshot := s.current()
	s.mu.Lock()
	defer s.mu.Unlock()
	if snapshot == nil || s.view != nil && s.view.Snapshot == snapshot {
		return s.view
	}
	s.view = newView(snapshot, s.view)
	return s.view
}

func newView(snapshot *rules.Snapshot, last *view) *view {
	v := &view{Snapshot: snapshot}
	v.files = sync.OnceValue(func() map[resolver.Component]string { return filesOf(snapshot.Repo) })
	v.jobs = sync.OnceValues(func() (*render.Maker, error) {
		maker, _, err := render.NewMaker(snapshot.Repo) // what is wrong with clusters is shown with the revision
		return maker, err
	})
	if last != nil {
		v.made.Store(last.made.Load())
	}
	v.index = sync.OnceValue(func() *index {
		made := newIndex(v, v.made.Load())
		v.made.Store(made)
		return made
	})
	return v
}

// prepare makes what is slow to make.
func (v *view) prepare() {
	v.index()
	v.Catalog.Dependents()
}

// inForce gives the view, or says that there is none.
func (r *request) inForce() (*view, error) {
	if r.view == nil {
		return nil, errNothingInForce
	}
	return r.view, nil
}

// filesOf lists which file each component of the registry is in.
func filesOf(repo *repolayout.Repo) map[resolver.Component]string {
	files := map[resolver.Component]string{}
	addFiles(files, resolver.KindStep, "-ref.yaml", repo.Refs)
	addFiles(files, resolver.KindChain, "-chain.yaml", repo.Chains)
	addFiles(files, resolver.KindWorkflow, "-workflow.yaml", repo.Workflows)
	addFiles(files, resolver.KindObserver, "-observer.yaml", repo.Observers)
	for doc := range repo.Configs.All() {
		files[resolver.Component{Kind: resolver.KindConfig, Name: doc.Value.Metadata.String()}] = doc.Path
	}
	for i := range repo.Profiles.Value.ClusterProfiles {
		files[resolver.Component{Kind: resolver.KindProfile, Name: repo.Profiles.Value.ClusterProfiles[i].Name}] = repo.Profiles.Path
	}
	return files
}

func addFiles[T any](files map[resolver.Component]string, kind resolver.Kind, suffix string, docs []*repolayout.Doc[T]) {
	for _, doc := range docs {
		files[resolver.Component{Kind: kind, Name: strings.TrimSuffix(path.Base(doc.Path), suffix)}] = doc.Path
	}
}

// names lists the names of a kind of component, sorted.
func (v *view) names(kind resolver.Kind) []string {
	var names []string
	for component := range v.files() {
		if component.Kind == kind {
			names = append(names, component.Name)
		}
	}
	slices.Sort(names)
	return names
}
