package older

import "go.yaml.in/yaml/v3"

// Prowgen is the definition of a file that is an older form as a whole.
const Prowgen = "ProwgenFile"

// prowgen notes that the file is an older form, and what in it has no new one.
func prowgen(root *yaml.Node) (*yaml.Node, []Finding) {
	if root.Kind != yaml.MappingNode {
		return root, nil
	}
	e := &editor{root: root}
	e.note(root, "the file is an older form (found .config.prowgen, want its options in the configurations)")
	for _, name := range []string{"additional_architectures", "multi_arch"} {
		if key, _ := Get(e.root, name); key != nil {
			e.fail(Removed, key, "jobs for other architectures are gone and have no new form "+
				"(found "+name+", want capabilities or node_architecture in the images and tests that need them)", name)
			e.drop(name)
		}
	}
	return e.root, e.found
}
