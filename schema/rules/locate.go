package rules

import (
	"fmt"
	"path"
	"slices"
	"strings"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
)

// fieldFinder finds lines and columns of fields. Rules keep none, for problems are
// rare; each file that has some is read once, and in a later revision only if it
// has changed.
type fieldFinder struct {
	repo *repolayout.Repo
	// files are those that were read; nil for one that cannot be.
	files map[string]*schema.Locator
	// found are all that were asked for, and last those of the last revision.
	found, last map[fieldOf]position
}

// fieldOf is a field of a file.
type fieldOf struct{ file, field string }

// position is where a field is in a content.
type position struct {
	content      repolayout.ID
	line, column int
}

func newFieldFinder(repo *repolayout.Repo, last map[fieldOf]position) *fieldFinder {
	return &fieldFinder{repo: repo, files: map[string]*schema.Locator{}, found: map[fieldOf]position{}, last: last}
}

// addTo gives problems, and the places that they name, their lines and columns.
func (f *fieldFinder) addTo(problems []schema.Problem) []schema.Problem {
	for i := range problems {
		problem := &problems[i]
		problem.Line, problem.Column = f.find(problem.File, problem.Path)
		problem.Related = slices.Clone(problem.Related) // others may be reading the last revision's
		for j := range problem.Related {
			related := &problem.Related[j]
			before := unlocated(*related)
			related.Line, related.Column = f.find(related.File, related.Path)
			problem.Message = strings.ReplaceAll(problem.Message, before, unlocated(*related))
		}
		problem.Message += schema.ByWayOf(problem.Related) // known only now that the places have their lines
	}
	return problems
}

// unlocated is a place for a message, file:line:column, to which the place's line and
// column are given with the problem's.
func unlocated(p schema.Place) string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column) }

func (f *fieldFinder) find(file, path string) (line, column int) {
	field := fieldOf{file, path}
	at, known := f.found[field]
	if !known {
		at = f.last[field]
		if content := f.repo.IDOf(file); content == (repolayout.ID{}) || at.content != content {
			at.content = content
			at.line, at.column = f.locate(field)
		}
		f.found[field] = at
	}
	return at.line, at.column
}

func (f *fieldFinder) locate(field fieldOf) (line, column int) {
	locator, known := f.files[field.file]
	if !known {
		if data, err := f.repo.Read(field.file); err == nil {
			locator = schema.NewLocator(data)
		}
		f.files[field.file] = locator
	}
	if locator == nil {
		return 0, 0
	}
	return locator.Locate(field.field)
}

// locate makes problems of what the resolver found: it knows components by
// name, people look for files. The document is the configuration that was
// resolved, or nil.
func (w *world) locate(doc *ConfigDoc, findings []resolver.Finding) []schema.Problem {
	problems := make([]schema.Problem, 0, len(findings))
	for _, finding := range findings {
		if finding.Rule == resolver.RuleDuplicateName {
			problems = append(problems, w.duplicates(finding)...)
			continue
		}
		file := w.fileOf(pathOf(doc), finding.Component)
		found := problem(file, finding.Path, finding.Rule, finding.Message)
		found.Related = w.way(doc, finding)
		problems = append(problems, found)
	}
	return problems
}

// duplicates reports every component after the first of its name.
func (w *world) duplicates(finding resolver.Finding) []schema.Problem {
	var places []schema.Place
	for _, file := range w.files()[finding.Component] {
		places = append(places, place(file, finding.Path))
	}
	if finding.Component.Kind == resolver.KindProfile {
		for i := range w.repo.Profiles.Value.ClusterProfiles {
			if w.repo.Profiles.Value.ClusterProfiles[i].Name == finding.Component.Name {
				places = append(places, place(w.repo.Profiles.Path, item("cluster_profiles", i)+".name"))
			}
		}
	}
	var problems []schema.Problem
	for _, again := range places[min(1, len(places)):] {
		found := problem(again.File, again.Path, finding.Rule, finding.Message+", at first in "+places[0].File)
		found.Related = places[:1]
		problems = append(problems, found)
	}
	return problems
}

// configFile is the file of a configuration of the catalog.
func configFile(repo *repolayout.Repo, entry *resolver.Entry) string {
	return path.Join(repo.Layout.Config, entry.Config.Metadata.Path())
}

// pathOf is the file of a configuration, if there is one.
func pathOf(doc *ConfigDoc) *string {
	if doc == nil {
		return nil
	}
	return &doc.Path
}

// fileOf is the file that a component is in.
func (w *world) fileOf(config *string, component resolver.Component) string {
	if component.Kind == resolver.KindProfile {
		return w.repo.Profiles.Path
	}
	if files := w.files()[component]; len(files) > 0 {
		return files[0]
	}
	if config != nil && (component.Kind == resolver.KindConfig || component.Kind == resolver.KindTest) {
		return *config
	}
	return ""
}

// componentFiles lists the files of the step registry's components. A
// component's name is its folders joined by "-", which cannot be undone, so
// two folders may give one name.
func componentFiles(repo *repolayout.Repo) map[resolver.Component][]string {
	files := map[resolver.Component][]string{}
	addFiles(files, repo.Refs, resolver.KindStep, "-ref.yaml")
	addFiles(files, repo.Chains, resolver.KindChain, "-chain.yaml")
	addFiles(files, repo.Workflows, resolver.KindWorkflow, "-workflow.yaml")
	addFiles(files, repo.Observers, resolver.KindObserver, "-observer.yaml")
	return files
}

func addFiles[T any](files map[resolver.Component][]string, docs []*repolayout.Doc[T], kind resolver.Kind, end string) {
	for _, doc := range docs {
		component := resolver.Component{Kind: kind, Name: strings.TrimSuffix(path.Base(doc.Path), end)}
		files[component] = append(files[component], doc.Path)
	}
}
