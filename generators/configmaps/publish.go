package configmaps

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/schema"
)

// Rules that publishing checks.
const (
	RulePublishKey   = "publish-key"
	RulePublishEmpty = "publish-empty"
	RulePublishGlob  = "publish-glob"
	RulePublishName  = "publish-name"
	RulePublishPlace = "publish-place"
	RulePublishSize  = "publish-size"
)

// DefaultNamespace is where ConfigMaps go unless the settings say otherwise.
const DefaultNamespace = "ci"

// maxContent is how many bytes a published ConfigMap's contents may have.
const maxContent = 1 << 20

// maxKey is how long a key may be.
const maxKey = 253

// Publication is the files that may be published.
type Publication struct {
	// Settings is the file that says what to publish, for problems.
	Settings string
	// Paths are the files, sorted.
	Paths []string
	// Read gives a file's content.
	Read func(path string) ([]byte, error)
	// Groups are the places that rules may name.
	Groups map[string]schema.PublishGroup
	// Target is the one to make ConfigMaps for, Home the one that rules mean which
	// name none.
	Target, Home string
}

// Publish makes the ConfigMaps of each rule, once for each namespace on the
// target that it names.
func (p Publication) Publish(rules []schema.Publish) ([]generators.Object, []schema.Problem) {
	var objects []generators.Object
	var problems []schema.Problem
	for i := range rules {
		made, problem := p.configMaps(fmt.Sprintf("publish[%d]", i), &rules[i])
		if problem != nil {
			problem.File, problem.Severity = p.Settings, schema.Error
			problems = append(problems, *problem)
			continue
		}
		objects = append(objects, made...)
	}
	return objects, problems
}

// Check gives the problems of rules as far as they show without reading files,
// and the ConfigMaps that they make, without contents. How many one is split
// into only its contents say, so such are left out.
func (p Publication) Check(rules []schema.Publish) ([]generators.Object, []schema.Problem) {
	var objects []generators.Object
	var problems []schema.Problem
	for i := range rules {
		made, problem := p.outline(fmt.Sprintf("publish[%d]", i), &rules[i])
		if problem != nil {
			problem.File, problem.Severity = p.Settings, schema.Error
			problems = append(problems, *problem)
		}
		objects = append(objects, made...)
	}
	return objects, problems
}

// places are the namespaces that a rule's ConfigMaps are for on the target; none
// where they are for another.
func (p Publication) places(field string, rule *schema.Publish) ([]string, *schema.Problem) {
	if problem := checkNames(field, rule); problem != nil {
		return nil, problem
	}
	return p.namespaces(field, rule)
}

// outline makes the ConfigMaps of a rule without contents.
func (p Publication) outline(field string, rule *schema.Publish) ([]generators.Object, *schema.Problem) {
	namespaces, problem := p.places(field, rule)
	if problem != nil || len(namespaces) == 0 {
		return nil, problem
	}
	if _, problem := p.keys(field, rule); problem != nil || rule.Split {
		return nil, problem
	}
	return p.objects(namespaces, divide(rule, nil)), nil
}

// objects are the ConfigMaps of parts in namespaces.
func (p Publication) objects(namespaces []string, parts []part) []generators.Object {
	var objects []generators.Object
	for _, namespace := range namespaces {
		for _, part := range parts {
			object := newConfigMap(namespace, part.name, part.files)
			object.Source = p.Settings
			objects = append(objects, object)
		}
	}
	return objects
}

// configMaps makes the ConfigMaps of a rule.
func (p Publication) configMaps(field string, rule *schema.Publish) ([]generators.Object, *schema.Problem) {
	namespaces, problem := p.places(field, rule)
	if problem != nil || len(namespaces) == 0 {
		return nil, problem
	}
	files, problem := p.contents(field, rule)
	if problem != nil {
		return nil, problem
	}
	parts := divide(rule, files)
	for _, part := range parts {
		if size := part.size(); size > maxContent {
			return nil, &schema.Problem{
				Path: field, Rule: RulePublishSize,
				Message: fmt.Sprintf("the ConfigMap %s is too large (found %d bytes, want at most %d: publish fewer files, or set gzip or split)",
					part.name, size, maxContent),
			}
		}
	}
	return p.objects(namespaces, parts), nil
}

// checkNames checks that a rule says what its ConfigMaps are called.
func checkNames(field string, rule *schema.Publish) *schema.Problem {
	switch {
	case (rule.ConfigMap == "") == (len(rule.Parts) == 0):
		return &schema.Problem{
			Path: field, Rule: RulePublishName,
			Message: fmt.Sprintf("a ConfigMap has a name, or parts that do (found %s, want either configMap or parts)", nameOrParts(rule)),
		}
	case rule.Split && rule.ConfigMap == "":
		return &schema.Problem{
			Path: field + ".split", Rule: RulePublishName,
			Message: "parts that have names are not split further (found split beside parts, want one of the two)",
		}
	default:
		return nil
	}
}

// nameOrParts says which of the two a rule has, where it does not have one.
func nameOrParts(rule *schema.Publish) string {
	if rule.ConfigMap == "" {
		return "none of them"
	}
	return "both"
}

// contents are a rule's files as they are published, by their keys, which
// differ.
func (p Publication) contents(field string, rule *schema.Publish) ([]keyed, *schema.Problem) {
	files, problem := p.keys(field, rule)
	if problem != nil {
		return nil, problem
	}
	all := make([]keyed, 0, len(files))
	for _, file := range files {
		content, err := p.content(file, rule)
		if err != nil {
			return nil, &schema.Problem{Path: field, Rule: RulePublishGlob, Message: err.Error()}
		}
		all = append(all, keyed{key: keyOf(rule, file), content: content})
	}
	return all, nil
}

// keys are the files of a rule, whose keys differ.
func (p Publication) keys(field string, rule *schema.Publish) ([]string, *schema.Problem) {
	files, problem := p.match(field, rule)
	if problem != nil {
		return nil, problem
	}
	if rule.As != "" && len(files) > 1 {
		return nil, &schema.Problem{
			Path: field + ".as", Rule: RulePublishKey,
			Message: fmt.Sprintf("only a single file has a key of its own (found %q for %d files, want a glob that matches one, or no as)", rule.As, len(files)),
		}
	}
	taken := make(map[string]string, len(files))
	for _, file := range files {
		key := keyOf(rule, file)
		if other, ok := taken[key]; ok {
			return nil, &schema.Problem{
				Path: field, Rule: RulePublishKey,
				Message: fmt.Sprintf("two files get the same key (found %q for %s and %s, want fullPath, which gives each its own)", key, other, file),
			}
		}
		taken[key] = file
		if !isKey(key) {
			return nil, &schema.Problem{
				Path: field, Rule: RulePublishKey,
				Message: fmt.Sprintf("the file's name cannot be a key (found %q, want letters, digits, \"-\", \"_\" and \".\", or as for a single file)", key),
			}
		}
	}
	return files, nil
}

// isKey says whether the API server takes a key.
func isKey(key string) bool {
	return !strings.HasPrefix(key, "..") && key != "." && len(key) <= maxKey && !strings.ContainsFunc(key, func(r rune) bool {
		return r != '-' && r != '_' && r != '.' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}

// keyOf is what a file is called in its ConfigMap, as Prow's config-updater
// says it.
func keyOf(rule *schema.Publish, file string) string {
	switch {
	case rule.As != "":
		return rule.As
	case rule.FullPath:
		return strings.ReplaceAll(file, "/", "-")
	default:
		return path.Base(file)
	}
}

// match gives the files that a rule publishes, which must be at least one: a
// misspelt glob must not empty a ConfigMap.
func (p Publication) match(field string, rule *schema.Publish) ([]string, *schema.Problem) {
	var files []string
	for i, glob := range rule.Files {
		if !doublestar.ValidatePattern(glob) {
			return nil, &schema.Problem{
				Path: fmt.Sprintf("%s.files[%d]", field, i), Rule: RulePublishGlob,
				Message: fmt.Sprintf("the glob cannot be read (found %q, want brackets and braces in pairs)", glob),
			}
		}
		for _, file := range p.Paths {
			if doublestar.MatchUnvalidated(glob, file) {
				files = append(files, file)
			}
		}
	}
	slices.Sort(files)
	files = slices.Compact(files)
	if len(files) == 0 {
		return nil, &schema.Problem{
			Path: field + ".files", Rule: RulePublishEmpty,
			Message: fmt.Sprintf("no file is published (found none that matches %q, want globs of files from the root of the repository)", rule.Files),
		}
	}
	return files, nil
}

// content is a file as a rule publishes it.
func (p Publication) content(file string, rule *schema.Publish) ([]byte, error) {
	content, err := p.Read(file)
	if err != nil || !rule.Gzip {
		return content, err
	}
	return compress(content)
}

// Namespaces makes the namespaces of ConfigMaps that are not among those
// declared.
func Namespaces(configMaps []generators.Object, declared []generators.Object) []generators.Object {
	known := map[string]bool{}
	for _, object := range declared {
		if object.GetKind() == "Namespace" {
			known[object.GetName()] = true
		}
	}
	var namespaces []generators.Object
	for _, object := range configMaps {
		if name := object.GetNamespace(); !known[name] {
			known[name] = true
			namespaces = append(namespaces, newNamespace(name))
		}
	}
	return namespaces
}
