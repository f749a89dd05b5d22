package repolayout

import (
	"path"
	"slices"
	"strings"

	"github.com/drover-ci/drover/schema"
)

// listing is the documents of an area's folder, each kind in the order of paths.
type listing struct {
	configs   ordered[*Doc[schema.Config]]
	prowgen   ordered[*ProwgenDoc]
	refs      ordered[*Doc[schema.RegistryRef]]
	chains    ordered[*Doc[schema.RegistryChain]]
	workflows ordered[*Doc[schema.RegistryWorkflow]]
	observers ordered[*Doc[schema.RegistryObserver]]
	metadata  ordered[*Doc[schema.RegistryMetadata]]
	judged    ordered[*Judged]
	strays    []schema.Problem
	// problems are those of the documents.
	problems []schema.Problem
}

// list lists the documents of a folder and of those below it. That is done once:
// what a revision leaves as it is has the same folder, so that only those above a
// change are listed anew, out of what those below them hold.
func (f *folder) list() *listing {
	f.once.Do(func() {
		l := &listing{strays: slices.Clone(f.problems)}
		f.inOrder(l.add, func(below *folder) { l.include(below.list()) })
		l.configs.join()
		l.prowgen.join()
		l.refs.join()
		l.chains.join()
		l.workflows.join()
		l.observers.join()
		l.metadata.join()
		l.judged.join()
		f.listed = l
	})
	return f.listed
}

// listFiles lists the files of a folder and of those below it, as list lists the
// documents. Few areas are asked for both.
func (f *folder) listFiles() []Raw {
	f.onceFiles.Do(func() {
		var files ordered[Raw]
		own := make([]Raw, len(f.files))
		for i, each := range f.files {
			own[i] = Raw{Path: each.path(), ID: each.id}
		}
		f.inOrder(
			func(*file) { files.include(own[:1]); own = own[1:] },
			func(below *folder) { files.include(below.listFiles()) })
		f.listedFiles = files.join()
	})
	return f.listedFiles
}

// inOrder goes through the files of a folder and the folders in it, in the order
// of paths if the entries were listed as Git lists them: a folder's name with a
// slash.
func (f *folder) inOrder(file func(*file), folder func(*folder)) {
	files := f.files
	for _, each := range f.folders {
		for len(files) > 0 && path.Base(files[0].path()) < each.name+"/" {
			file(files[0])
			files = files[1:]
		}
		folder(each.folder)
	}
	for _, each := range files {
		file(each)
	}
}

// include adds all that a folder below holds.
func (l *listing) include(below *listing) {
	l.configs.include(below.configs.all)
	l.prowgen.include(below.prowgen.all)
	l.refs.include(below.refs.all)
	l.chains.include(below.chains.all)
	l.workflows.include(below.workflows.all)
	l.observers.include(below.observers.all)
	l.metadata.include(below.metadata.all)
	l.judged.include(below.judged.all)
	l.strays = append(l.strays, below.strays...)
	l.problems = append(l.problems, below.problems...)
}

// found are what is wrong with a document.
func (d *Doc[T]) found() []schema.Problem { return d.Problems }

func (l *listing) add(f *file) {
	if doc, ok := f.doc.(interface{ found() []schema.Problem }); ok {
		l.problems = append(l.problems, doc.found()...)
	}
	switch doc := f.doc.(type) {
	case *Doc[schema.Config]:
		l.configs.add(doc)
	case *ProwgenDoc:
		l.prowgen.add(doc)
	case *Doc[schema.RegistryRef]:
		l.refs.add(doc)
	case *Doc[schema.RegistryChain]:
		l.chains.add(doc)
	case *Doc[schema.RegistryWorkflow]:
		l.workflows.add(doc)
	case *Doc[schema.RegistryObserver]:
		l.observers.add(doc)
	case *Judged:
		l.judged.add(doc)
	case *Doc[schema.RegistryMetadata]:
		l.metadata.add(doc)
	}
}

// ordered is a list in the order of paths, put together from others that are.
type ordered[T interface{ path() string }] struct {
	// all is the list, once joined.
	all []T
	// pieces are what it will be put together from.
	pieces [][]T
}

func (o *ordered[T]) add(each T) { o.pieces = append(o.pieces, []T{each}) }

func (o *ordered[T]) include(piece []T) {
	if len(piece) > 0 {
		o.pieces = append(o.pieces, piece)
	}
}

// join makes the list out of its pieces. Those of a commit mostly follow on each
// other, so that where they meet is all that is looked at; and a single one, which
// is what many folders above a change hold, is the list.
func (o *ordered[T]) join() []T {
	if len(o.pieces) == 1 {
		o.all = o.pieces[0]
	} else {
		o.all = slices.Concat(o.pieces...)
	}
	o.all = slices.Clip(o.all) // others share it
	for i, piece := range o.pieces {
		if i > 0 && o.pieces[i-1][len(o.pieces[i-1])-1].path() > piece[0].path() {
			sortByPath(o.all)
			break
		}
	}
	o.pieces = nil
	return o.all
}

func sortByPath[T interface{ path() string }](list []T) {
	slices.SortFunc(list, func(a, b T) int { return strings.Compare(a.path(), b.path()) })
}
