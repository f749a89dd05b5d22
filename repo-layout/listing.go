package repolayout

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/drover-ci/drover/schema"
)

// listing is the documents of an area's folder but for configurations, of which
// there are many, each kind in the order of paths.
type listing struct {
	prowgen   ordered[*ProwgenDoc]
	refs      ordered[*Doc[schema.RegistryRef]]
	chains    ordered[*Doc[schema.RegistryChain]]
	workflows ordered[*Doc[schema.RegistryWorkflow]]
	observers ordered[*Doc[schema.RegistryObserver]]
	metadata  ordered[*Doc[schema.RegistryMetadata]]
	judged    ordered[*Judged]
	strays    []schema.Problem
	// problems are those of all documents.
	problems []schema.Problem
	// empty says that there is nothing of all that.
	empty bool
}

// nothingListed is the listing of each of the many folders that hold configurations or
// jobs alone.
var nothingListed = &listing{empty: true} //nolint:gochecknoglobals // it never changes

func (l *listing) isEmpty() bool {
	return len(l.prowgen.all)+len(l.refs.all)+len(l.chains.all)+len(l.workflows.all)+len(l.observers.all)+
		len(l.metadata.all)+len(l.judged.all)+len(l.strays)+len(l.problems) == 0
}

// list lists the documents of a folder and of those below it, of which before is an
// earlier one, or nil. That is done once: what a revision leaves as it is has the same
// folder, so that only those above a change are listed anew, out of what those below
// them hold. And what lies in an organization's folder are mostly configurations.
func (f *folder) list(before *folder) *listing {
	f.once.Do(func() {
		if f.listed = f.listedBefore(before); f.listed == nil {
			f.listed = f.listAnew()
		}
	})
	return f.listed
}

func (f *folder) listAnew() *listing {
	l := &listing{strays: slices.Clone(f.problems)}
	f.inOrder(l.add, func(below *folder) { l.include(below.list(nil)) })
	l.prowgen.join()
	l.refs.join()
	l.chains.join()
	l.workflows.join()
	l.observers.join()
	l.metadata.join()
	l.judged.join()
	if l.isEmpty() {
		return nothingListed
	}
	return l
}

// listedBefore is what an earlier folder lists, if only such folders in it are others
// of which nothing is listed, now as then; nil if not.
func (f *folder) listedBefore(before *folder) *listing {
	if before == nil || before.listed == nil || len(f.problems)+len(before.problems) > 0 || !slices.Equal(f.files, before.files) {
		return nil
	}
	olds, youngs := unshared(before.folders, f.folders)
	same := foldersByName(olds)
	isNothing := true
	for _, each := range youngs {
		isNothing = each.list(same[each.name]).empty && isNothing
	}
	if !isNothing || slices.ContainsFunc(olds, func(old child) bool { return !old.list(nil).empty }) {
		return nil
	}
	return before.listed
}

func foldersByName(folders []child) map[string]*folder {
	byName := make(map[string]*folder, len(folders))
	for _, each := range folders {
		byName[each.name] = each.folder
	}
	return byName
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

// include adds all that a folder below holds. Most hold configurations alone.
func (l *listing) include(below *listing) {
	if below.empty {
		return
	}
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

// configsSince gives the configurations that a folder does not have in common with
// an earlier one of the same place, which may be nil: those that are gone or were
// others, and those that have come. Folders that both share are not looked into.
func (f *folder) configsSince(before *folder) (gone, come []*Doc[schema.Config]) {
	compareFolders(before, f, func(each *file, isGone bool) {
		doc, ok := each.doc.(*Doc[schema.Config])
		switch {
		case !ok:
		case isGone:
			gone = append(gone, doc)
		default:
			come = append(come, doc)
		}
	})
	return gone, come
}

// compareFolders finds the files that only one of two folders has, each of which
// may be nil.
func compareFolders(before, after *folder, found func(f *file, isGone bool)) {
	if before == after {
		return
	}
	old, young := cmp.Or(before, &folder{}), cmp.Or(after, &folder{})
	for _, f := range old.files {
		if !slices.Contains(young.files, f) {
			found(f, true)
		}
	}
	for _, f := range young.files {
		if !slices.Contains(old.files, f) {
			found(f, false)
		}
	}
	olds, youngs := unshared(old.folders, young.folders)
	same := foldersByName(olds)
	for _, each := range youngs {
		compareFolders(same[each.name], each.folder, found)
		delete(same, each.name)
	}
	for _, gone := range same {
		compareFolders(gone, nil, found)
	}
}

// unshared leaves out what two lists of folders begin and end with alike, which
// after a commit is nearly all. A folder that was loaded has one name.
func unshared(before, after []child) (old, young []child) {
	for len(before) > 0 && len(after) > 0 && before[0].folder == after[0].folder {
		before, after = before[1:], after[1:]
	}
	for len(before) > 0 && len(after) > 0 && before[len(before)-1].folder == after[len(after)-1].folder {
		before, after = before[:len(before)-1], after[:len(after)-1]
	}
	return before, after
}
