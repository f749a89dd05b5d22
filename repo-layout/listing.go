package repolayout

import (
	"path"
	"slices"
	"strings"

	"github.com/drover-ci/drover/schema"
)

// listing is all that an area's folder holds, each kind in the order of paths.
type listing struct {
	configs   []*Doc[schema.Config]
	prowgen   []*ProwgenDoc
	refs      []*Doc[schema.RegistryRef]
	chains    []*Doc[schema.RegistryChain]
	workflows []*Doc[schema.RegistryWorkflow]
	observers []*Doc[schema.RegistryObserver]
	metadata  []*Doc[schema.RegistryMetadata]
	judged    []*Judged
	files     []Raw
	strays    []schema.Problem
}

// list lists what a folder and those below it hold, in the order of paths if the
// entries were listed as Git lists them: a folder's name with a slash. That is
// done once: what a revision leaves as it is has the same folder, so that only
// those above a change are listed anew, out of what those below them hold.
func (f *folder) list() *listing {
	f.once.Do(func() {
		l := &listing{strays: slices.Clone(f.problems)}
		files := f.files
		for _, name := range f.order {
			for len(files) > 0 && path.Base(files[0].path()) < name+"/" {
				l.add(files[0])
				files = files[1:]
			}
			l.include(f.folders[name].list())
		}
		for _, each := range files {
			l.add(each)
		}
		sortDocs(l.configs)
		sortDocs(l.prowgen)
		sortDocs(l.refs)
		sortDocs(l.chains)
		sortDocs(l.workflows)
		sortDocs(l.observers)
		sortDocs(l.metadata)
		sortRaw(l.files)
		f.listed = l
	})
	return f.listed
}

// include adds all that a folder below holds.
func (l *listing) include(below *listing) {
	l.configs = append(l.configs, below.configs...)
	l.prowgen = append(l.prowgen, below.prowgen...)
	l.refs = append(l.refs, below.refs...)
	l.chains = append(l.chains, below.chains...)
	l.workflows = append(l.workflows, below.workflows...)
	l.observers = append(l.observers, below.observers...)
	l.metadata = append(l.metadata, below.metadata...)
	l.judged = append(l.judged, below.judged...)
	l.files = append(l.files, below.files...)
	l.strays = append(l.strays, below.strays...)
}

func (l *listing) add(f *file) {
	l.files = append(l.files, Raw{Path: f.path(), ID: f.id})
	switch doc := f.doc.(type) {
	case *Doc[schema.Config]:
		l.configs = append(l.configs, doc)
	case *ProwgenDoc:
		l.prowgen = append(l.prowgen, doc)
	case *Doc[schema.RegistryRef]:
		l.refs = append(l.refs, doc)
	case *Doc[schema.RegistryChain]:
		l.chains = append(l.chains, doc)
	case *Doc[schema.RegistryWorkflow]:
		l.workflows = append(l.workflows, doc)
	case *Doc[schema.RegistryObserver]:
		l.observers = append(l.observers, doc)
	case *Judged:
		l.judged = append(l.judged, doc)
	case *Doc[schema.RegistryMetadata]:
		l.metadata = append(l.metadata, doc)
	}
}

// sortDocs sorts documents by path. Those of a commit mostly are already.
func sortDocs[T any](docs []*Doc[T]) {
	byPath := func(a, b *Doc[T]) int { return strings.Compare(a.Path, b.Path) }
	if !slices.IsSortedFunc(docs, byPath) {
		slices.SortFunc(docs, byPath)
	}
}

func sortRaw(files []Raw) {
	byPath := func(a, b Raw) int { return strings.Compare(a.Path, b.Path) }
	if !slices.IsSortedFunc(files, byPath) {
		slices.SortFunc(files, byPath)
	}
}
