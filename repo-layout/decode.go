package repolayout

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/sync/errgroup"

	"github.com/drover-ci/drover/internal/workers"
	"github.com/drover-ci/drover/schema"
)

// newLoader starts workers on all processors, which [loader.wait] ends.
func newLoader(ctx context.Context, tree Tree, memory *Memory) *loader {
	group, ctx := errgroup.WithContext(ctx)
	l := &loader{ctx: ctx, tree: tree, memory: memory, fresh: make(chan []*file, 64), work: group}
	for range workers.Count() {
		group.Go(func() error {
			r := reader{tree: tree, memory: memory}
			for some := range l.fresh {
				for _, f := range some {
					if err := r.decode(f); err != nil {
						return err
					}
					workers.GiveWay()
				}
			}
			return nil
		})
	}
	return l
}

// wait says that there are no more fresh files, and waits until all are
// decoded.
func (l *loader) wait() error {
	close(l.fresh)
	return l.work.Wait()
}

// reader reads and decodes files one after the other, into the same memory:
// half of a repository is files of which nothing is kept.
type reader struct {
	tree    Tree
	memory  *Memory
	buffers [][]byte
	room    packing
	// decoding is there as long as the reader, whatever is collected meanwhile: so it
	// knows all that its files have said before.
	decoding schema.Memory
}

// blobReader is a tree that reads into given memory, or new memory where that is
// too small, and knows the id of what it read.
type blobReader interface {
	readBlob(file string, buffer []byte) ([]byte, ID, error)
}

// read reads one part of a file, with its id where the tree tells. The content is
// gone with the next file.
func (r *reader) read(part int, name string) (content []byte, id ID, err error) {
	tree, ok := r.tree.(blobReader)
	if !ok {
		content, err = r.tree.ReadFile(name)
		return content, ID{}, err
	}
	if part == len(r.buffers) {
		r.buffers = append(r.buffers, nil)
	}
	content, id, err = tree.readBlob(name, r.buffers[part])
	if cap(content) > cap(r.buffers[part]) {
		r.buffers[part] = content
	}
	return content, id, err
}

// decode reads a file's parts. Where the tree knew no id but the content is
// what it was, the earlier document is taken.
func (r *reader) decode(f *file) error {
	before, decode := f.before, f.decode
	f.before, f.decode, f.with = nil, nil, &r.decoding // a chain of earlier revisions must not be kept alive, nor what decodes
	defer func() { f.with = nil }()
	if contents, ok := r.memory.read(f, &r.room); ok {
		decode(f, contents)
		return nil
	}
	known := f.id != (ID{})
	contents, err := r.contents(f)
	if err != nil {
		return err
	}
	if before != nil && before.id == f.id {
		f.doc, f.problems = before.doc, before.problems
		return nil
	}
	problems := len(f.problems)
	decode(f, contents)
	if problems == 0 && known {
		r.memory.note(f, contents, &r.room)
	}
	return nil
}

// contents reads a file's parts, and gives it an id where it has none.
func (r *reader) contents(f *file) ([][]byte, error) {
	contents := make([][]byte, 0, f.parts())
	var ids []ID
	unknown := f.id == (ID{})
	for i := range f.parts() {
		part := f.part(i)
		content, id, err := r.read(i, part)
		problem, err := problemOf(part, err)
		if err != nil && f.linked { // it is a link to a link, and those lead astray
			problem, err = astray(part, err), nil
		}
		if err != nil {
			return nil, err
		}
		if problem != nil {
			f.problems = append(f.problems, *problem)
		}
		contents = append(contents, content)
		if unknown && id == (ID{}) {
			id = BlobID(content)
		}
		ids = append(ids, id)
	}
	if unknown {
		f.id = combine(ids...)
	}
	return contents, nil
}

// readFile reads a file. What its author has to mend is a problem; all else is
// an error.
func readFile(tree Tree, file string) ([]byte, *schema.Problem, error) {
	content, err := tree.ReadFile(file)
	if err == nil {
		return content, nil, nil
	}
	problem, err := problemOf(file, err)
	if err != nil {
		// A link that leads to nothing is not the same as no file.
		if _, noLink := tree.ReadLink(file); noLink == nil {
			problem, err = astray(file, err), nil
		}
	}
	return nil, problem, err
}

// astray is the problem of a link that leads astray.
func astray(file string, err error) *schema.Problem {
	problem := fileProblem(file, RuleLinkBroken,
		fmt.Sprintf("the link cannot be followed (found: %v, want the path of a file, from the folder of the link)", cause(err)))
	return &problem
}

// cause is why a file could not be read, without its path, which whoever tells of
// it names.
func cause(err error) error {
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		return failed.Err
	}
	return err
}

func problemOf(file string, err error) (*schema.Problem, error) {
	if tooLarge, ok := errors.AsType[*TooLargeError](err); ok {
		problem := schema.TooLarge(file, tooLarge.Size)
		return &problem, nil
	}
	return nil, err
}

// loadSingle reads a file that stands alone, or takes over the last document
// (or nil) where the content is the same. An absent one is an empty value.
func loadSingle[T any](tree Tree, file string, last *Doc[T]) (*Doc[T], error) {
	if last != nil && last.Path == file && last.ID != (ID{}) && last.ID == idIn(tree, file, File) {
		return last, nil
	}
	doc := &Doc[T]{Path: file, Value: new(T)}
	content, problem, err := readFile(tree, file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return doc, nil
	case err != nil:
		return nil, err
	case problem != nil:
		doc.Problems = []schema.Problem{*problem}
	default:
		doc.ID = BlobID(content)
		if last != nil && last.ID == doc.ID && last.Path == file {
			return last, nil
		}
		doc.Problems = schema.Decode(file, content, doc.Value)
	}
	return doc, nil
}
