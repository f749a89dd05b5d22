package rules

import (
	"path"
	"strings"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
)

// problem is one that is not located yet.
func problem(file, field, rule, message string) schema.Problem {
	return schema.Problem{File: file, Path: field, Rule: rule, Severity: schema.Error, Message: message}
}

// position gives problems, and the places that they name, their lines and
// columns. Rules keep none, for problems are rare; each file that has some is
// read once.
func position(repo *repolayout.Repo, problems []schema.Problem) []schema.Problem {
	files := map[string]*schema.Locator{}
	for i := range problems {
		p := &problems[i]
		p.Line, p.Column = find(repo, files, p.File, p.Path)
		for j := range p.Related {
			related := &p.Related[j]
			related.Line, related.Column = find(repo, files, related.File, related.Path)
		}
	}
	return problems
}

func find(repo *repolayout.Repo, files map[string]*schema.Locator, file, field string) (line, column int) {
	if files[file] == nil {
		data, err := repo.Read(file)
		if err != nil {
			return 0, 0
		}
		files[file] = schema.NewLocator(data)
	}
	return files[file].Locate(field)
}

// locate makes problems of what the resolver found: it knows components by
// name, people look for files. The config is the file of the configuration
// that was resolved, or nil.
func locate(repo *repolayout.Repo, config *string, findings []resolver.Finding) []schema.Problem {
	problems := make([]schema.Problem, 0, len(findings))
	for _, finding := range findings {
		problems = append(problems, problem(fileOf(repo, config, finding.Component), finding.Path, finding.Rule, finding.Message+way(finding)))
	}
	return problems
}

// configFile is the file of a configuration of the catalog.
func configFile(repo *repolayout.Repo, entry *resolver.Entry) string {
	return path.Join(repo.Layout.Config, entry.Config.Metadata.Path())
}

// way tells how a mistake was reached, where it was not where people looked.
func way(finding resolver.Finding) string {
	names := make([]string, 0, len(finding.Trail))
	for _, component := range finding.Trail {
		if component.Kind != resolver.KindConfig {
			names = append(names, component.String())
		}
	}
	if len(names) < 2 {
		return ""
	}
	return " (by way of " + strings.Join(names, ", ") + ")"
}

// fileOf is the file that a component is in. A component's name is its folders
// joined by "-", which cannot be undone, so the documents are searched.
func fileOf(repo *repolayout.Repo, config *string, component resolver.Component) string {
	switch component.Kind {
	case resolver.KindProfile:
		return repo.Profiles.Path
	case resolver.KindStep:
		return search(repo.Refs, component.Name+"-ref.yaml")
	case resolver.KindChain:
		return search(repo.Chains, component.Name+"-chain.yaml")
	case resolver.KindWorkflow:
		return search(repo.Workflows, component.Name+"-workflow.yaml")
	case resolver.KindObserver:
		return search(repo.Observers, component.Name+"-observer.yaml")
	case resolver.KindConfig, resolver.KindTest:
	}
	if config == nil {
		return ""
	}
	return *config
}

// search gives the path of the document whose file has a name, or "".
func search[T any](docs []*repolayout.Doc[T], name string) string {
	for _, doc := range docs {
		if path.Base(doc.Path) == name {
			return doc.Path
		}
	}
	return ""
}
