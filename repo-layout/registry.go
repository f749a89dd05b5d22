package repolayout

import (
	"fmt"
	"iter"
	"path"
	"strings"

	"github.com/drover-ci/drover/schema"
)

// RuleCommands is the rule that a step's commands are in the file beside it.
const RuleCommands = "step-commands"

// registrySorter takes the components of the step registry.
type registrySorter struct{ root string }

func (s registrySorter) sort(dir string, entries []Entry) (files []file, problems []schema.Problem) {
	below := strings.TrimPrefix(strings.TrimPrefix(dir, s.root), "/")
	if below == clusterProfiles {
		return nil, nil
	}
	paths := pathsIn(dir, entries)
	for file, entry := range paths {
		name, kind, err := parseComponent(path.Join(below, entry.Name))
		if err != nil {
			problems = append(problems, fileProblem(file, RuleFileName, err.Error()))
			continue
		}
		if kind != "" {
			files = append(files, componentFile(file, entry, paths, name, kind))
		}
	}
	return files, problems
}

// componentFile is a component. A step or observer is made of two files: its
// own, and its commands beside it.
func componentFile(own string, entry Entry, paths iter.Seq2[string, Entry], name string, kind componentKind) file {
	var f file
	switch kind {
	case refFile:
		f = newFile(entry, func(f *file, contents [][]byte) { decodeRef(f, name, contents) }, own)
	case chainFile:
		return newFile(entry, func(f *file, contents [][]byte) { decodeChain(f, name, contents) }, own)
	case workflowFile:
		return newFile(entry, func(f *file, contents [][]byte) { decodeWorkflow(f, name, contents) }, own)
	case metadataFile:
		return newFile(entry, func(f *file, contents [][]byte) { decodeMetadata(f, contents) }, own)
	case observerFile:
		f = newFile(entry, func(f *file, contents [][]byte) { decodeObserver(f, name, contents) }, own)
	}
	for path, other := range paths {
		if isCommands(other.Name, name) {
			f.addPart(path, other)
		}
	}
	return f
}

func isCommands(base, component string) bool {
	rest, ok := strings.CutPrefix(base, component+"-commands")
	return ok && (rest == "" || strings.HasPrefix(rest, "."))
}

// addPart makes another file part of this one.
func (f *file) addPart(path string, entry Entry) {
	f.others = append(f.others, path)
	f.linked = f.linked || entry.Kind == Link
	if f.linked || f.id == (ID{}) || entry.ID == (ID{}) {
		f.id = ID{}
		return
	}
	f.id = combine(f.id, entry.ID)
}

func decodeRef(f *file, name string, contents [][]byte) {
	var whole schema.RefFile
	problems := decodePart(f, contents, &whole)
	problems = append(problems, wrongName(f, contents, "ref.as", &whole.Ref.As, name)...)
	problems = append(problems, inlineCommands(f, contents, "ref.commands", &whole.Ref.Commands)...)
	doc := &Doc[schema.RegistryRef]{Path: f.path(), ID: f.id, Value: &whole.Ref, Problems: problems}
	f.finish(doc, &doc.Problems)
}

// inlineCommands puts the text of the commands' file in the place of its name.
func inlineCommands(f *file, contents [][]byte, field string, commands *string) []schema.Problem {
	if *commands == "" {
		return nil
	}
	wanted := path.Join(path.Dir(f.path()), *commands)
	for i, part := range f.others {
		if part == wanted {
			*commands = string(contents[i+1])
			return nil
		}
	}
	return []schema.Problem{at(contents[0], f.path(), field, RuleCommands,
		fmt.Sprintf("the commands' file is not there "+
			`(found %q, want the name of a file beside this one that begins with the component's name and "-commands")`, *commands))}
}

func decodeChain(f *file, name string, contents [][]byte) {
	var whole schema.ChainFile
	problems := decodePart(f, contents, &whole)
	problems = append(problems, wrongName(f, contents, "chain.as", &whole.Chain.As, name)...)
	doc := &Doc[schema.RegistryChain]{Path: f.path(), ID: f.id, Value: &whole.Chain, Problems: problems}
	f.finish(doc, &doc.Problems)
}

func decodeWorkflow(f *file, name string, contents [][]byte) {
	var whole schema.WorkflowFile
	problems := decodePart(f, contents, &whole)
	problems = append(problems, wrongName(f, contents, "workflow.as", &whole.Workflow.As, name)...)
	doc := &Doc[schema.RegistryWorkflow]{Path: f.path(), ID: f.id, Value: &whole.Workflow, Problems: problems}
	f.finish(doc, &doc.Problems)
}

func decodeObserver(f *file, name string, contents [][]byte) {
	var whole schema.ObserverFile
	problems := decodePart(f, contents, &whole)
	problems = append(problems, wrongName(f, contents, "observer.name", &whole.Observer.Name, name)...)
	problems = append(problems, inlineCommands(f, contents, "observer.commands", &whole.Observer.Commands)...)
	doc := &Doc[schema.RegistryObserver]{Path: f.path(), ID: f.id, Value: &whole.Observer, Problems: problems}
	f.finish(doc, &doc.Problems)
}

func decodeMetadata(f *file, contents [][]byte) {
	doc := &Doc[schema.RegistryMetadata]{Path: f.path(), ID: f.id, Value: new(schema.RegistryMetadata)}
	doc.Problems = decodePart(f, contents, doc.Value)
	f.finish(doc, &doc.Problems)
}

func decodePart(f *file, contents [][]byte, into any) []schema.Problem {
	if len(f.problems) > 0 {
		return nil
	}
	return f.with.Decode(f.path(), contents[0], into)
}

// wrongName holds a component's name against its file's. It goes by that from
// then on: who names it so is not wrong too.
func wrongName(f *file, contents [][]byte, field string, name *string, want string) []schema.Problem {
	found := *name
	*name = want
	if found == want || found == "" {
		return nil
	}
	return []schema.Problem{at(contents[0], f.path(), field, RuleFileName,
		fmt.Sprintf("the name does not fit the file's (found %q, want %q)", found, want))}
}
