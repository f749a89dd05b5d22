package configmaps

import (
	"cmp"
	"fmt"
	"path"
	"slices"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/schema"
)

// Rules that publishing checks.
const (
	RulePublishKey   = "publish-key"
	RulePublishEmpty = "publish-empty"
	RulePublishGlob  = "publish-glob"
	RulePublishSize  = "publish-size"
)

// DefaultNamespace is where ConfigMaps go unless the settings say otherwise.
const DefaultNamespace = "ci"

// maxContent is how many bytes a published ConfigMap's contents may have.
const maxContent = 1 << 20

// Publication is the files that may be published.
type Publication struct {
	// Settings is the file that says what to publish, for problems.
	Settings string
	// Paths are the files, sorted.
	Paths []string
	// Read gives a file's content.
	Read func(path string) ([]byte, error)
	// Wanted chooses among the rules; nil takes all.
	Wanted func(rule schema.Publish) bool
}

// Publish makes a ConfigMap of each wanted rule, and the namespaces that they are in.
func (p Publication) Publish(rules []schema.Publish) ([]generators.Object, []schema.Problem) {
	var objects []generators.Object
	var problems []schema.Problem
	for i, rule := range rules {
		if p.Wanted != nil && !p.Wanted(rule) {
			continue
		}
		object, problem := p.configMap(fmt.Sprintf("publish[%d]", i), rule)
		if problem != nil {
			problem.File, problem.Severity = p.Settings, schema.Error
			problems = append(problems, *problem)
			continue
		}
		objects = append(objects, object)
	}
	return objects, problems
}

func (p Publication) configMap(field string, rule schema.Publish) (generators.Object, *schema.Problem) {
	files, problem := p.match(field, rule)
	if problem != nil {
		return generators.Object{}, problem
	}
	contents := map[string][]byte{}
	size := 0
	for _, file := range files {
		key := path.Base(file)
		if rule.As != "" && len(files) == 1 {
			key = rule.As
		}
		if _, taken := contents[key]; taken {
			return generators.Object{}, &schema.Problem{
				Path: field, Rule: RulePublishKey,
				Message: fmt.Sprintf("two files get the same key (found %q, for %s and another)", key, file),
			}
		}
		content, err := p.content(file, rule)
		if err != nil {
			return generators.Object{}, &schema.Problem{Path: field, Rule: RulePublishGlob, Message: err.Error()}
		}
		contents[key] = content
		size += len(key) + len(content)
	}
	if size > maxContent {
		return generators.Object{}, &schema.Problem{
			Path: field, Rule: RulePublishSize,
			Message: fmt.Sprintf("the ConfigMap is too large (found %d bytes, want at most %d); publish fewer files, or set gzip", size, maxContent),
		}
	}
	object := newConfigMap(cmp.Or(rule.Namespace, DefaultNamespace), rule.ConfigMap, contents)
	object.Source = files[0]
	return object, nil
}

// match gives the files that a rule publishes, which must be at least one: a
// misspelt glob must not empty a ConfigMap.
func (p Publication) match(field string, rule schema.Publish) ([]string, *schema.Problem) {
	var files []string
	for i, glob := range rule.Files {
		if !doublestar.ValidatePattern(glob) {
			return nil, &schema.Problem{
				Path: fmt.Sprintf("%s.files[%d]", field, i), Rule: RulePublishGlob,
				Message: fmt.Sprintf("the pattern is not valid (found %q)", glob),
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
			Message: fmt.Sprintf("no file is published (found none that matches %q)", rule.Files),
		}
	}
	return files, nil
}

// content is a file as a rule publishes it.
func (p Publication) content(file string, rule schema.Publish) ([]byte, error) {
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
