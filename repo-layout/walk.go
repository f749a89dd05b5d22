package repolayout

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/drover-ci/drover/internal/workers"
	"github.com/drover-ci/drover/schema"
)

// Rules that walking a repository checks.
const (
	RuleFileName    = "file-name"
	RuleLinkOutside = "link-outside"
	RuleLinkFolder  = "link-folder"
	RuleLinkBroken  = "link-broken"
)

// folder is a folder as it was loaded. It is immutable once its files are
// decoded, and shared by all revisions that have it.
type folder struct {
	id ID
	// folders are those in it, in the order of the tree's entries.
	folders  []child
	files    []*file
	problems []schema.Problem
	// linked says that a file below is a link: then the folder's id does not
	// cover all of its content.
	linked bool

	// listed and listedFiles are what it and those below hold, once listed.
	once, onceFiles sync.Once
	listed          *listing
	listedFiles     []Raw
}

// child is a folder in another.
type child struct {
	name string
	*folder
}

// file is a file as it was loaded. One without a decode is kept raw.
type file struct {
	// name is its path, and others are those of further files that it is made of.
	name   string
	others []string
	id     ID
	linked bool
	// jobs says that it is a file of jobs, and where; of nearly all of them no document
	// is made.
	jobs jobPlace
	// before is the same file of an earlier revision, if there was one.
	before *file
	// decode makes the document, until it is made, and with is what it is made with.
	decode   func(f *file, contents [][]byte)
	with     *schema.Memory
	doc      any
	problems []schema.Problem
}

// sorter says what the files of an area are: those that count, and the
// problems of those that should not be there. Links are given as files.
type sorter interface {
	sort(dir string, entries []Entry) ([]file, []schema.Problem)
}

// loader walks the folders of a tree and hands the files that are new to
// workers, which read and decode them meanwhile. Those of one folder go to one of
// them, some at a time: they say nearly the same, and what a worker has read before
// in the same words it shares.
type loader struct {
	ctx    context.Context //nolint:containedctx // lives as long as one Load
	tree   Tree
	memory *Memory
	fresh  chan []*file
	work   *errgroup.Group
}

// atOnce is how many files a worker gets at once: not so many that the others run out.
const atOnce = 32

// area loads a folder with all below it. What does not exist is empty.
func (l *loader) area(dir string, sort sorter, last *folder) (*folder, error) {
	loaded, err := l.folder(dir, idIn(l.tree, dir, Folder), sort, last)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return cmp.Or(loaded, &folder{}), nil
	}
	if _, readErr := l.tree.ReadFile(dir); readErr == nil {
		return &folder{}, nil // a file, which has none below it
	}
	return nil, err
}

// idIn is the id of a folder or file; zero where it is not there or something
// else, or the tree does not know it.
func idIn(tree Tree, name string, kind Kind) ID {
	siblings, _ := tree.ReadDir(path.Dir(name)) // what cannot be read has none
	for _, entry := range siblings {
		if entry.Name == path.Base(name) && entry.Kind == kind {
			return entry.ID
		}
	}
	return ID{}
}

// folder loads one folder. Git gives equal ids only to equal trees, so a
// folder whose id is known is not even listed.
func (l *loader) folder(dir string, id ID, sort sorter, last *folder) (*folder, error) {
	if last.is(id) {
		return last, nil
	}
	workers.GiveWay()
	if last == nil {
		last = &folder{}
	}
	if err := l.ctx.Err(); err != nil {
		return nil, err
	}
	entries, err := l.tree.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", dir, err)
	}
	loaded := &folder{id: id, folders: make([]child, 0, len(last.folders))}
	files, linkProblems := l.links(dir, entries)
	sorted, nameProblems := sort.sort(dir, files)
	loaded.problems = slices.Concat(linkProblems, nameProblems)
	if err := l.addFiles(loaded, sorted, last); err != nil {
		return nil, err
	}
	known := last.folders
	for _, entry := range entries {
		if entry.Kind != Folder || strings.HasPrefix(entry.Name, "..") {
			continue
		}
		var before *folder
		before, known = last.child(entry.Name, known)
		if !before.is(entry.ID) {
			if before, err = l.folder(path.Join(dir, entry.Name), entry.ID, sort, before); err != nil {
				return nil, err
			}
		}
		loaded.add(entry.Name, before)
	}
	return loaded, nil
}

// child gives the folder of a name in it, and those that come after. It is mostly
// the first of those that come next: an organization has more than a thousand
// repositories, and a commit rarely adds one.
func (f *folder) child(name string, next []child) (found *folder, after []child) {
	if len(next) > 0 && next[0].name == name {
		return next[0].folder, next[1:]
	}
	at := slices.IndexFunc(f.folders, func(each child) bool { return each.name == name })
	if at < 0 {
		return nil, next
	}
	return f.folders[at].folder, f.folders[at+1:]
}

// is says whether a folder of that id holds the same.
func (f *folder) is(id ID) bool { return f != nil && id != (ID{}) && id == f.id && !f.linked }

// addFiles takes files over from the last revision where their content is the
// same, and hands on the others.
func (l *loader) addFiles(loaded *folder, sorted []file, last *folder) error {
	before := make(map[string]*file, len(last.files))
	for _, f := range last.files {
		before[f.path()] = f
	}
	loaded.files = make([]*file, 0, len(sorted))
	var fresh []*file
	for i := range sorted {
		f := &sorted[i]
		known := before[f.path()]
		switch {
		case known != nil && f.id != (ID{}) && known.id == f.id:
			f = known
		case len(before) > 0:
			f = f.alone()
			fallthrough
		default:
			if f.decode != nil && !l.memory.judged(f) {
				f.before = known
				fresh = append(fresh, f)
			}
		}
		loaded.linked = loaded.linked || f.linked
		loaded.files = append(loaded.files, f)
	}
	for some := range slices.Chunk(fresh, atOnce) {
		select {
		case l.fresh <- some:
		case <-l.ctx.Done():
			return l.ctx.Err()
		}
	}
	return nil
}

func (f *folder) add(name string, below *folder) {
	f.folders = append(f.folders, child{name, below})
	f.linked = f.linked || below.linked
}

func (f *file) path() string { return f.name }

// alone is the file without what it has in common with those of its folder: where most
// are taken over from an earlier revision, one that is new must not keep that.
func (f *file) alone() *file {
	own := *f
	own.name = strings.Clone(f.name)
	own.others = slices.Clone(f.others)
	for i, other := range own.others {
		own.others[i] = strings.Clone(other)
	}
	return &own
}

// parts counts the files that it is made of.
func (f *file) parts() int { return 1 + len(f.others) }

// part is the path of one of them, its own first.
func (f *file) part(i int) string {
	if i == 0 {
		return f.name
	}
	return f.others[i-1]
}

// links gives a folder's files, and its links to files as such. A link that
// leads out of the repository, to a folder or to nothing is a problem.
func (l *loader) links(dir string, entries []Entry) (files []Entry, problems []schema.Problem) {
	for _, entry := range entries {
		if entry.Kind == File && !strings.HasPrefix(entry.Name, "..") {
			files = append(files, entry)
		}
		if entry.Kind != Link || strings.HasPrefix(entry.Name, "..") {
			continue
		}
		name := path.Join(dir, entry.Name)
		target, err := l.tree.ReadLink(name)
		resolved, ok := followed(dir, target)
		if err != nil || !ok {
			problems = append(problems, fileProblem(name, RuleLinkOutside,
				fmt.Sprintf("the link leads out of the repository (found %q, want a path within it)", target)))
			continue
		}
		_, err = l.tree.ReadDir(resolved)
		switch {
		case err == nil:
			problems = append(problems, fileProblem(name, RuleLinkFolder,
				fmt.Sprintf("the link leads to a folder, and such links are not followed (found %q, want the folder itself, or links to its files)", target)))
			continue
		case errors.Is(err, fs.ErrNotExist):
			problems = append(problems, fileProblem(name, RuleLinkBroken,
				fmt.Sprintf("the link leads to nothing (found %q, want the path of a file, from the folder of the link)", target)))
			continue
		}
		files = append(files, Entry{Name: entry.Name, Kind: Link})
	}
	return files, problems
}

func fileProblem(file, rule, message string) schema.Problem {
	return schema.Problem{File: file, Rule: rule, Severity: schema.Error, Message: message}
}
