package prowjobs

import (
	"encoding/json"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	yamllibrary "sigs.k8s.io/yaml"

	"github.com/drover-ci/drover/generators/yamlwriter"
)

// What follows reads job files of which the YAML is known already, at ten times
// the speed of sigs.k8s.io/yaml, and gives what that would. It is false wherever
// it cannot tell, and where anything is wrong: the library then has the word.

// fileOf reads a job file.
func fileOf(root *yaml.Node) (*JobFile, bool) {
	f := &JobFile{others: map[string]any{}}
	ok := eachField(root, func(key string, value *yaml.Node) bool {
		switch kind := Kind(key); kind {
		case Periodic:
			jobs, ok := jobsOf(kind, value)
			f.Groups = append(f.Groups, Group{Kind: kind, Jobs: jobs})
			return ok
		case Presubmit, Postsubmit:
			return eachField(value, func(repo string, list *yaml.Node) bool {
				jobs, ok := jobsOf(kind, list)
				f.Groups = append(f.Groups, Group{Kind: kind, Repo: strings.Clone(repo), Jobs: jobs})
				return ok
			})
		default:
			other, ok := valueOf(value)
			f.others[strings.Clone(key)] = other
			return ok
		}
	})
	slices.SortFunc(f.Groups, compareGroups)
	return f, ok
}

func compareGroups(a, b Group) int {
	if a.Kind != b.Kind {
		return strings.Compare(string(a.Kind), string(b.Kind))
	}
	return strings.Compare(a.Repo, b.Repo)
}

func jobsOf(kind Kind, list *yaml.Node) ([]*Job, bool) {
	if list.Kind != yaml.SequenceNode {
		return nil, false
	}
	jobs := make([]*Job, len(list.Content))
	for i, item := range list.Content {
		if jobs[i] = jobOf(kind, item); jobs[i] == nil {
			return nil, false
		}
	}
	return jobs, true
}

// jobOf reads a job. Of one that was generated nothing stays but what people
// may set, and so nothing else is read.
func jobOf(kind Kind, node *yaml.Node) *Job {
	isOurs := false
	ok := eachField(node, func(key string, value *yaml.Node) bool {
		if key == "labels" && value.Kind == yaml.MappingNode {
			isOurs = textAt(value, labelGenerator) == generatorName
		}
		return true
	})
	if !ok {
		return nil
	}
	raw := make(map[string]any, len(node.Content)/2)
	ok = eachField(node, func(key string, value *yaml.Node) (ok bool) {
		if isOurs && !isKept(key) {
			return isSound(value)
		}
		raw[strings.Clone(key)], ok = valueOf(value)
		return ok
	})
	if !ok {
		return nil
	}
	return existingJob(kind, raw)
}

// isKept says whether a field of a generated job matters when it is made anew:
// people may set it, or it says which job it is.
func isKept(field string) bool {
	switch field {
	case "cluster", "labels", "max_concurrency", "name", "reporter_config", "skip_report":
		return true
	}
	return false
}

func textAt(mapping *yaml.Node, field string) string {
	for i := 0; i < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == field {
			return mapping.Content[i+1].Value
		}
	}
	return ""
}

// eachField calls a function for each field of a mapping as long as it gives
// true. It is false for what is no mapping, or one with a key that is there
// twice or may be no text.
func eachField(node *yaml.Node, do func(key string, value *yaml.Node) bool) bool {
	if node.Kind != yaml.MappingNode || hasRepeated(node) {
		return false
	}
	for i := 0; i < len(node.Content); i += 2 {
		if key := node.Content[i]; !isText(key) || !do(key.Value, node.Content[i+1]) {
			return false
		}
	}
	return true
}

// fewFields is how many are best compared with each other.
const fewFields = 40

// hasRepeated says whether a mapping has a key twice.
func hasRepeated(node *yaml.Node) bool {
	if len(node.Content) > 2*fewFields {
		seen := make(map[string]bool, len(node.Content)/2)
		for i := 0; i < len(node.Content); i += 2 {
			if seen[node.Content[i].Value] {
				return true
			}
			seen[node.Content[i].Value] = true
		}
		return false
	}
	for i := 2; i < len(node.Content); i += 2 {
		for j := 0; j < i; j += 2 {
			if node.Content[i].Value == node.Content[j].Value {
				return true
			}
		}
	}
	return false
}

// isText says whether a scalar is text, for certain.
func isText(node *yaml.Node) bool {
	return node.Kind == yaml.ScalarNode && (node.Style != 0 || node.Tag == "" && yamlwriter.IsPlain(node.Value))
}

// isSound says whether there is nothing to say against a value.
func isSound(node *yaml.Node) bool {
	switch node.Kind {
	case yaml.MappingNode:
		return eachField(node, func(_ string, value *yaml.Node) bool { return isSound(value) })
	case yaml.SequenceNode:
		return !slices.ContainsFunc(node.Content, func(item *yaml.Node) bool { return !isSound(item) })
	default:
		return true
	}
}

// valueOf gives a node's value, in memory of its own.
func valueOf(node *yaml.Node) (any, bool) {
	switch node.Kind {
	case yaml.MappingNode:
		fields := make(map[string]any, len(node.Content)/2)
		ok := eachField(node, func(key string, value *yaml.Node) (ok bool) {
			fields[strings.Clone(key)], ok = valueOf(value)
			return ok
		})
		return fields, ok
	case yaml.SequenceNode:
		items := make([]any, len(node.Content))
		for i, item := range node.Content {
			var ok bool
			if items[i], ok = valueOf(item); !ok {
				return nil, false
			}
		}
		return items, true
	case yaml.ScalarNode:
		return scalarOf(node)
	default:
		return nil, false
	}
}

func scalarOf(node *yaml.Node) (any, bool) {
	text := node.Value
	switch {
	case isText(node), strings.Contains(text, "\n"):
		return strings.Clone(text), true
	case node.Tag != "":
		return nil, node.Tag == "!!null"
	case text == "true" || text == "false":
		return text == "true", true
	case isSmallNumber(text):
		return json.Number(strings.Clone(text)), true
	}
	var fields map[string]any
	err := yamllibrary.UnmarshalStrict([]byte("value: "+text), &fields, exactNumbers)
	return fields["value"], err == nil
}

// isSmallNumber says whether a text is a decimal number that every reader takes
// for one.
func isSmallNumber(text string) bool {
	if text == "" || len(text) > 9 || text[0] == '0' && len(text) > 1 {
		return false
	}
	return strings.Trim(text, "0123456789") == ""
}
