package manifests

import (
	"path"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/api/types"
)

// runtimeObject shortens the signature of a list's visitor.
type runtimeObject = runtime.Object

// kustomizations gives the outermost folders that have a kustomization.
func kustomizations(files []string) []string {
	var roots []string
	for _, file := range files {
		dir := path.Dir(file)
		if !slices.Contains(konfig.RecognizedKustomizationFileNames(), path.Base(file)) {
			continue
		}
		roots = append(roots, dir)
	}
	slices.SortFunc(roots, func(a, b string) int { return len(a) - len(b) })
	var outermost []string
	for _, root := range roots {
		inside := slices.ContainsFunc(outermost, func(outer string) bool { return strings.HasPrefix(root+"/", outer+"/") })
		if !inside {
			outermost = append(outermost, root)
		}
	}
	slices.Sort(outermost)
	return outermost
}

// kustomize builds one folder, which may refer to others of the repository.
func (b *builder) kustomize(root string) {
	options := krusty.MakeDefaultOptions()
	options.PluginConfig = types.DisabledPluginConfig()
	files := b.newSandbox()
	built, err := krusty.MakeKustomizer(options).Run(files, "/"+root)
	if remote := files.remote; remote != nil {
		b.report(remote.file, remote.line, RuleKustomization,
			"the kustomization refers to what is not in the repository (found "+remote.value+", want a path within it)")
		return
	}
	if err != nil {
		b.report(root, 0, RuleKustomization, "kustomize cannot build the folder (found "+err.Error()+
			", want what `kustomize build` takes; what lies elsewhere in the repository stands under uses in drover.yaml)")
		return
	}
	for _, made := range built.Resources() {
		object, err := objectIn(made)
		if err != nil {
			b.report(root, 0, RuleKustomization, err.Error())
			return
		}
		b.add(root, 0, object)
	}
}

// objectIn is a resource as objects are. Its own way to JSON is by YAML, which takes
// as long as all the rest.
func objectIn(made *resource.Resource) (*unstructured.Unstructured, error) {
	fields, err := made.Map()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	return objectOf(text)
}
