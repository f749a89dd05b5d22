package repolayout

import (
	"fmt"
	"iter"
	"path"
	"strings"

	"github.com/drover-ci/drover/schema"
)

// configSorter takes the configurations.
type configSorter struct{ root string }

func (s configSorter) sort(dir string, entries []Entry) (files []file, problems []schema.Problem) {
	files = make([]file, 0, len(entries))
	for name, entry := range pathsIn(dir, entries) {
		if entry.Name == ProwgenName {
			f, problem := s.prowgenFile(name, entry)
			if problem != nil {
				problems = append(problems, *problem)
				continue
			}
			files = append(files, f)
			continue
		}
		if !strings.HasSuffix(entry.Name, ".yaml") || strings.HasPrefix(entry.Name, ".") {
			continue
		}
		if _, err := s.parse(name); err != nil {
			problems = append(problems, fileProblem(name, RuleFileName, err.Error()))
			continue
		}
		files = append(files, newFile(entry, s.decode, name))
	}
	return files, problems
}

// parse reads which configuration a file is.
func (s configSorter) parse(name string) (schema.Metadata, error) {
	return ParseConfigPath(strings.TrimPrefix(name, s.root+"/"))
}

// pathsIn gives the entries of a folder with their paths, which are parts of one text:
// a repository has tens of thousands.
func pathsIn(dir string, entries []Entry) iter.Seq2[string, Entry] {
	folder := strings.TrimSuffix(path.Join(dir, "-"), "-")
	size := 0
	for _, entry := range entries {
		size += len(folder) + len(entry.Name)
	}
	var all strings.Builder
	all.Grow(size)
	for _, entry := range entries {
		all.WriteString(folder)
		all.WriteString(entry.Name)
	}
	return func(yield func(string, Entry) bool) {
		rest := all.String()
		for _, entry := range entries {
			size := len(folder) + len(entry.Name)
			if !yield(rest[:size], entry) {
				return
			}
			rest = rest[size:]
		}
	}
}

// newFile is a file at a path. One that is a link has no id until it is read, for
// the link's own id does not change with the content.
func newFile(entry Entry, decode func(*file, [][]byte), name string) file {
	f := file{name: name, decode: decode, linked: entry.Kind == Link}
	if !f.linked && entry.ID != (ID{}) {
		f.id = combine(entry.ID)
	}
	return f
}

func (s configSorter) decode(f *file, contents [][]byte) {
	want, _ := s.parse(f.path()) // it could be read before
	doc := &Doc[schema.Config]{Path: f.path(), ID: f.id, Value: new(schema.Config)}
	if len(f.problems) == 0 {
		doc.Problems = f.with.Decode(f.path(), contents[0], doc.Value)
		if found := doc.Value.Metadata; !schema.HasErrors(doc.Problems) && found != want {
			doc.Problems = append(doc.Problems, at(contents[0], f.path(), "zz_generated_metadata", RuleFileName,
				fmt.Sprintf("the metadata does not fit the file's name (found %s, want %s)", found, want)))
		}
		doc.Value.Metadata = want
	}
	f.finish(doc, &doc.Problems)
}

// rawFile is a file that is kept as it is.
func rawFile(entry Entry, name string) file {
	f := newFile(entry, nil, name)
	f.id = entry.ID
	return f
}

// finish hands a document to its file, with the problems of reading it.
func (f *file) finish(doc any, problems *[]schema.Problem) {
	*problems = append(f.problems, *problems...)
	f.doc, f.problems = doc, nil
}

func at(content []byte, file, field, rule, message string) schema.Problem {
	line, column := schema.Locate(content, field)
	return schema.Problem{File: file, Line: line, Column: column, Path: field, Rule: rule, Severity: schema.Error, Message: message}
}

// rawSorter takes every file as it is.
type rawSorter struct{}

func (rawSorter) sort(dir string, entries []Entry) ([]file, []schema.Problem) {
	files := make([]file, 0, len(entries))
	for name, entry := range pathsIn(dir, entries) {
		files = append(files, rawFile(entry, name))
	}
	return files, nil
}
