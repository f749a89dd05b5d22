package repolayout

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/drover-ci/drover/schema"
)

// decodeAll reads and decodes the fresh files on all processors.
func (l *loader) decodeAll() error {
	group, ctx := errgroup.WithContext(l.ctx)
	work := make(chan *file)
	group.Go(func() error {
		defer close(work)
		return feed(ctx, l.fresh, work)
	})
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() error {
			for f := range work {
				if err := l.decodeOne(f); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

func feed(ctx context.Context, files []*file, work chan<- *file) error {
	for _, f := range files {
		select {
		case work <- f:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// decodeOne reads a file's parts. Where the tree knew no id but the content is
// what it was, the earlier document is taken.
func (l *loader) decodeOne(f *file) error {
	before := f.before
	f.before = nil // a chain of earlier revisions must not be kept alive
	contents := make([][]byte, 0, len(f.parts))
	ids := make([]ID, 0, len(f.parts))
	for _, part := range f.parts {
		content, problem, err := readFile(l.tree, part)
		if err != nil && f.linked { // it is a link to a link, and those lead astray
			lost := fileProblem(part, RuleLinkBroken, fmt.Sprintf("the link cannot be followed (found: %v)", err))
			problem, err = &lost, nil
		}
		if err != nil {
			return err
		}
		if problem != nil {
			f.problems = append(f.problems, *problem)
		}
		contents = append(contents, content)
		ids = append(ids, BlobID(content))
	}
	f.id = combine(ids...)
	if before != nil && before.id == f.id {
		f.doc, f.problems = before.doc, before.problems
		return nil
	}
	f.decode(f, contents)
	return nil
}

// readFile reads a file. What its author has to mend is a problem; all else is
// an error.
func readFile(tree Tree, file string) ([]byte, *schema.Problem, error) {
	content, err := tree.ReadFile(file)
	if tooLarge, ok := errors.AsType[*TooLargeError](err); ok {
		problem := schema.TooLarge(file, tooLarge.Size)
		return nil, &problem, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", file, err)
	}
	return content, nil, nil
}

// loadSingle reads a file that stands alone, or takes over the last document
// (or nil) where the content is the same. An absent one is an empty value.
func loadSingle[T any](tree Tree, file string, last *Doc[T]) (*Doc[T], error) {
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
