package manifests

import (
	"regexp"

	"go.yaml.in/yaml/v3"
)

// A remoteReference is what a kustomization would fetch from elsewhere: a
// revision says everything, so nothing may come from outside it.
type remoteReference struct {
	file  string
	line  int
	value string
}

// remoteIn finds what a kustomization would fetch.
func remoteIn(content []byte) *yaml.Node {
	var document yaml.Node
	if yaml.Unmarshal(content, &document) != nil {
		return nil // kustomize will say so
	}
	return findRemote(&document)
}

func findRemote(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode && node.Alias.Kind == yaml.ScalarNode {
		node = node.Alias
	}
	if node.Kind == yaml.ScalarNode && isRemote(node.Value) {
		return node
	}
	for i, child := range node.Content {
		if node.Kind == yaml.MappingNode && (i%2 == 0 || holdsContent(node.Content[i-1].Value)) {
			continue
		}
		if found := findRemote(child); found != nil {
			return found
		}
	}
	return nil
}

// holdsContent says whether a field of a kustomization holds content. What all
// others hold may be a place, and kustomize would fetch it.
func holdsContent(field string) bool {
	switch field {
	case "commonAnnotations", "commonLabels", "labels", "literals", "patch", "options", "images", "replacements", "vars", "value":
		return true
	default:
		return false
	}
}

// elsewhere is how references look that kustomize takes for a URL or a
// repository.
var elsewhere = regexp.MustCompile(`(?i)^(git::|https?:|ssh:|file:|github\.com[/:]|[a-z][a-z0-9-]*@)|://|\?ref=`)

// isRemote says whether kustomize would take a reference for a URL or for a
// repository.
func isRemote(reference string) bool { return elsewhere.MatchString(reference) }
