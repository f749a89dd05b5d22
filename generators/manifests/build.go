package manifests

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/json"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/drover-ci/drover/generators"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
)

// Rules that reading manifests checks.
const (
	RuleManifest      = "manifest"
	RuleKustomization = "kustomization"
)

// Files are the files that manifests may be read from.
type Files struct {
	// Paths are the files, sorted.
	Paths []string
	// Read gives a file's content.
	Read func(path string) ([]byte, error)
	// ID identifies a file's content; zero where it is only known once it is read. It
	// may be nil.
	ID func(path string) repolayout.ID
}

// has says whether there is such a file.
func (f Files) has(file string) bool {
	_, found := slices.BinarySearch(f.Paths, file)
	return found
}

// below are the files below a folder.
func (f Files) below(folder string) []string {
	from, _ := slices.BinarySearch(f.Paths, folder+"/")
	rest := f.Paths[from:]
	end, _ := slices.BinarySearchFunc(rest, folder+"/", func(file, prefix string) int {
		if strings.HasPrefix(file, prefix) {
			return -1
		}
		return 1
	})
	return rest[:end]
}

// hasBelow says whether there are files below a folder, or the root, which has no
// name.
func (f Files) hasBelow(folder string) bool { return folder == "" || len(f.below(folder)) > 0 }

// Build gives the objects of folders. The objects of parts that are as they were
// are those that they were, which nobody may change.
func Build(files Files, folders []schema.ManifestFolder, parts *Parts) ([]generators.Object, []schema.Problem) {
	b := &builder{files: files, parts: parts, ids: map[string]repolayout.ID{}}
	for _, folder := range folders {
		b.parameters, b.given = folder.Parameters, map[string]bool{}
		b.folder(path.Clean(folder.Folder))
		for _, name := range slices.Sorted(maps.Keys(folder.Parameters)) {
			if !b.given[name] {
				b.report(folder.Folder, 0, RuleTemplate, fmt.Sprintf(
					"no template of the folder has such a parameter (found %q, want the name of one that a template declares)", name))
			}
		}
	}
	return b.objects, b.problems
}

type builder struct {
	files    Files
	objects  []generators.Object
	problems []schema.Problem

	// parts are known from before, and to be known from now on. ids are those of
	// files that were read for them.
	parts *Parts
	ids   map[string]repolayout.ID
	// looks are what the part was made by that is recorded; nil where none is.
	looks map[look]bool

	// parameters are those of the folder that is read, and given the ones that a
	// template had.
	parameters map[string]string
	given      map[string]bool
}

func (b *builder) report(file string, line int, rule, message string) {
	column := 0
	if line > 0 {
		column = 1
	}
	b.problems = append(b.problems, schema.Problem{
		File: file, Line: line, Column: column, Rule: rule, Severity: schema.Error, Message: message,
	})
}

// folder reads a folder: its kustomizations first, and then the files that are
// in none of them.
func (b *builder) folder(folder string) {
	below := slices.Clone(b.files.below(folder))
	if len(below) == 0 {
		b.report(folder, 0, RuleManifest, "the folder has no files (found nothing, want cluster objects, or no such folder in drover.yaml)")
		return
	}
	below = slices.DeleteFunc(below, func(file string) bool { return isSkipped(folder, file) })
	roots := kustomizations(below)
	for _, root := range roots {
		b.part(kindKustomization, root, func() { b.kustomize(root) })
	}
	for _, file := range below {
		inside := slices.ContainsFunc(roots, func(root string) bool { return strings.HasPrefix(file, root+"/") })
		if !inside && isManifest(file) {
			b.part(kindFile, file, func() { b.plain(file) })
		}
	}
}

// isSkipped says whether a file's name, or that of a folder on the way to it,
// starts with "_". Kustomizations may refer to such a file all the same.
func isSkipped(folder, file string) bool {
	return strings.Contains(strings.TrimPrefix(file, folder), "/_")
}

// isManifest says whether a plain file is taken.
func isManifest(file string) bool {
	switch path.Ext(file) {
	case ".yaml", ".yml", ".json":
		return true
	default:
		return false
	}
}

// plain reads a file of one or more documents.
func (b *builder) plain(file string) {
	content, err := b.files.Read(file)
	if err != nil {
		b.report(file, 0, RuleManifest, fmt.Sprintf("the file cannot be read (found: %v, want a file, or a link to one)", err))
		return
	}
	documents := yaml.NewDecoder(bytes.NewReader(content))
	for {
		var document yaml.Node
		err := documents.Decode(&document)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			line, message := yamlError(err)
			b.report(file, line, RuleManifest, schema.NotYAML(message))
			return
		}
		b.document(file, document.Content[0])
	}
}

func (b *builder) document(file string, document *yaml.Node) {
	if document.Kind != yaml.MappingNode && document.Tag != "!!null" {
		b.report(file, document.Line, RuleManifest, "the document is no cluster object (found a list or text, want a mapping with apiVersion, kind and metadata)")
		return
	}
	text, err := yaml.Marshal(document)
	if err != nil {
		b.report(file, document.Line, RuleManifest, err.Error())
		return
	}
	var object *unstructured.Unstructured
	if text, err = sigsyaml.YAMLToJSON(text); err == nil {
		object, err = objectOf(text)
	}
	if err != nil {
		b.report(file, document.Line, RuleManifest, "the document is no cluster object (found "+err.Error()+", want a mapping with apiVersion, kind and metadata)")
		return
	}
	if len(object.Object) == 0 {
		return // nothing but a comment
	}
	if path.Ext(file) == ".json" && object.Object["apiVersion"] == nil && object.Object["kind"] == nil {
		return // other tools' data, as jsonnetfile.json
	}
	b.add(file, document.Line, object)
}

// objectOf reads JSON as all who copy objects want it: whole numbers are int64, and
// of any other kind of integer a copy panics.
func objectOf(text []byte) (*unstructured.Unstructured, error) {
	var object map[string]any
	if err := json.Unmarshal(text, &object); err != nil {
		return nil, err
	}
	return &unstructured.Unstructured{Object: object}, nil
}

// yamlError takes the line out of the parser's message.
func yamlError(err error) (line int, message string) {
	message = strings.TrimPrefix(err.Error(), "yaml: ")
	if _, scanErr := fmt.Sscanf(message, "line %d: ", &line); scanErr == nil {
		_, message, _ = strings.Cut(message, ": ")
	}
	return line, message
}

// add takes an object, or the objects of a list or of a template.
func (b *builder) add(file string, line int, object *unstructured.Unstructured) {
	if object.IsList() {
		err := object.EachListItem(func(item runtimeObject) error {
			if each, ok := item.(*unstructured.Unstructured); ok {
				b.add(file, line, each)
			}
			return nil
		})
		if err != nil {
			b.report(file, line, RuleManifest, err.Error())
		}
		return
	}
	if isTemplate(object) {
		b.process(file, line, object)
		return
	}
	if missing := missingField(object); missing != "" {
		b.report(file, line, RuleManifest, fmt.Sprintf("the object has no %s (found nothing, want %s)", missing, identity[missing]))
		return
	}
	b.objects = append(b.objects, generators.Object{Unstructured: object, Source: file})
}

// identity is what makes an object one of its own, with examples.
//
//nolint:gochecknoglobals // a table
var identity = map[string]string{
	"apiVersion":    "the group and version of its kind, such as v1 or apps/v1",
	"kind":          "one such as ConfigMap",
	"metadata.name": "a name",
}

// missingField names the first part of an object's identity that it lacks.
func missingField(object *unstructured.Unstructured) string {
	switch {
	case object.GetAPIVersion() == "":
		return "apiVersion"
	case object.GetKind() == "":
		return "kind"
	case object.GetName() == "":
		return "metadata.name"
	default:
		return ""
	}
}
