package manifests

import (
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/konfig"
)

// remoteReferences gives what a folder's kustomizations would fetch from
// elsewhere: a revision says everything, so nothing may come from outside it.
func (b *builder) remoteReferences(root string) (file string, reference *yaml.Node) {
	for _, file := range b.below(root) {
		if !slices.Contains(konfig.RecognizedKustomizationFileNames(), path.Base(file)) {
			continue
		}
		content, err := b.files.Read(file)
		var document yaml.Node
		if err != nil || yaml.Unmarshal(content, &document) != nil {
			continue // kustomize will say so
		}
		if found := findRemote(&document); found != nil {
			return file, found
		}
	}
	return "", nil
}

func findRemote(node *yaml.Node) *yaml.Node {
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

// isRemote says whether kustomize would take a reference for a URL or for a
// repository.
func isRemote(reference string) bool {
	return strings.Contains(reference, "://") || strings.HasPrefix(reference, "git@") || strings.HasPrefix(reference, "git::") ||
		strings.HasPrefix(reference, "github.com") || strings.Contains(reference, "?ref=")
}
