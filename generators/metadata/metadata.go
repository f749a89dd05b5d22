package metadata

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/drover-ci/drover/generators"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
)

// RuleOwners is the rule that each component of the step registry has an OWNERS
// file beside it that can be read.
const RuleOwners = "registry-owners"

const ownersFile = "OWNERS"

// file is what a metadata file holds, in the order in which it is written.
type file struct {
	// Path is the component's, relative to the registry.
	Path   string `json:"path"`
	Owners owners `json:"owners"`
}

// owners are the parts of an OWNERS file that readers of the registry are told.
type owners struct {
	Approvers         []string `json:"approvers,omitempty"`
	Reviewers         []string `json:"reviewers,omitempty"`
	RequiredReviewers []string `json:"required_reviewers,omitempty"`
	Labels            []string `json:"labels,omitempty"`
}

// Files makes the metadata files of a repository's registry, their paths
// relative to the repository's root, in the order of components. A component
// without owners is a problem, and has no file; where no component has any, the
// registry is one that does without, and there are no files and no problems.
func Files(repo *repolayout.Repo) (files []generators.File, problems []schema.Problem, err error) {
	g := &generator{repo: repo, owners: map[string]*owners{}}
	for _, component := range components(repo) {
		if err := g.add(component); err != nil {
			return nil, nil, err
		}
	}
	if !g.found {
		return nil, nil, nil
	}
	generators.SortFiles(g.files)
	return g.files, schema.SortProblems(g.problems), nil
}

func components(repo *repolayout.Repo) []string {
	var all []string
	all = appendPaths(all, repo.Refs)
	all = appendPaths(all, repo.Chains)
	all = appendPaths(all, repo.Workflows)
	return appendPaths(all, repo.Observers)
}

func appendPaths[T any](all []string, docs []*repolayout.Doc[T]) []string {
	for _, doc := range docs {
		all = append(all, doc.Path)
	}
	return all
}

type generator struct {
	repo *repolayout.Repo
	// owners are those of each folder; nil where they cannot be told.
	owners map[string]*owners
	// found says that there is an OWNERS file at all.
	found    bool
	files    []generators.File
	problems []schema.Problem
}

func (g *generator) add(component string) error {
	dir := path.Dir(component)
	own, known := g.owners[dir]
	if !known {
		var err error
		if own, err = g.read(dir); err != nil {
			return err
		}
		g.owners[dir] = own
	}
	if own == nil {
		return nil
	}
	below := strings.TrimPrefix(component, g.repo.Layout.Registry+"/")
	content, err := json.MarshalIndent(file{Path: below, Owners: *own}, "", "\t")
	if err != nil {
		return fmt.Errorf("write the metadata of %s: %w", component, err)
	}
	g.files = append(g.files, generators.File{Path: strings.TrimSuffix(component, ".yaml") + ".metadata.json", Content: content})
	return nil
}

// read reads the owners of a folder. Nil with no error is a problem, noted.
func (g *generator) read(dir string) (*owners, error) {
	name := path.Join(dir, ownersFile)
	content, err := g.repo.Read(name)
	if errors.Is(err, fs.ErrNotExist) {
		g.report(name, "the folder of a component of the registry says nobody who owns it (found no file, want OWNERS with approvers)")
		return nil, nil //nolint:nilnil // noted as a problem
	}
	if err != nil {
		return nil, err
	}
	g.found = true
	var own owners
	if err := yaml.Unmarshal(content, &own); err != nil {
		g.report(name, fmt.Sprintf("the owners cannot be read (found %s, want lists of names under approvers and reviewers)", plain(err)))
		return nil, nil //nolint:nilnil // noted as a problem
	}
	return &own, nil
}

// plain is the parser's message without what it says of its own insides.
func plain(err error) string {
	text := err.Error()
	for _, own := range []string{"error converting YAML to JSON: ", "error unmarshaling JSON: ", "while decoding JSON: ", "json: ", "yaml: "} {
		text = strings.TrimPrefix(text, own)
	}
	text = strings.Replace(text, "Go struct field owners.", "", 1)
	return ofAnotherType.ReplaceAllString(text, "a $1 at $2")
}

// ofAnotherType is how the parser says that a field holds something else.
var ofAnotherType = regexp.MustCompile(`^cannot unmarshal (\w+) into (\w+) of type \S+$`)

func (g *generator) report(name, message string) {
	g.problems = append(g.problems, schema.Problem{File: name, Rule: RuleOwners, Severity: schema.Error, Message: message})
}
