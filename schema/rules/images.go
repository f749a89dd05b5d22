package rules

import (
	"maps"
	"slices"
	"strings"

	"github.com/drover-ci/drover/schema"
)

// Rules about what images are built from and where they come from.
const (
	RuleImageCycle       = "image-cycle"
	RuleImageInput       = "image-input"
	RuleExternalRegistry = "external-registry"
	RuleOperatorBundle   = "operator-bundle"
	RuleSubstitution     = "operator-substitution"
)

// images: what an image is built from is there, and not made of itself.
func (c *configCheck) images() {
	for _, name := range slices.Sorted(maps.Keys(c.config.ExternalImages)) {
		image := c.config.ExternalImages[name]
		registry := image.Registry
		at := key("external_images", name)
		if image.PullSpec != "" {
			c.reportf(at+".pull_spec", RuleExternalRegistry,
				"an imported image is named by its parts (found pull_spec %q, want registry, namespace, name and tag)", image.PullSpec)
		}
		if registry != "" && !c.world.mayImport(registry) {
			c.reportf(at+".registry", RuleExternalRegistry,
				"images may not come from this registry (found %q, want %s, or drover.yaml to allow it under known.registries)",
				registry, strings.Join(c.world.registries, " or "))
		}
	}
	if root := c.config.BuildRoot; root != nil && root.ProjectImage != nil {
		c.inputs("build_root.project_image", root.ProjectImage.Inputs)
	}
	if c.config.Images == nil {
		return
	}
	for i := range c.config.Images.Items {
		image := &c.config.Images.Items[i]
		field := item("images.items", i)
		if image.From != "" && c.names.fields[image.From] == "" {
			c.reportf(field+".from", RuleUnknownImage, "%s", c.names.unknown(image.From))
		}
		c.inputs(field, image.Inputs)
	}
	c.imageCycles()
}

// inputs: what is copied from an image needs that image.
func (c *configCheck) inputs(field string, inputs map[string]schema.ImageBuildInputs) {
	for _, input := range slices.Sorted(maps.Keys(inputs)) {
		if c.names.fields[input] == "" {
			c.reportf(key(field+".inputs", input), RuleImageInput, "%s", c.names.unknown(input))
		}
	}
}

// mayImport says whether images may come from a registry.
func (w *world) mayImport(registry string) bool {
	host, _, _ := strings.Cut(registry, "/")
	return slices.ContainsFunc(w.registries, func(allowed string) bool {
		return host == allowed || strings.HasSuffix(host, "."+allowed)
	})
}

// imageCycles: no image is built from itself.
func (c *configCheck) imageCycles() {
	w := &imageWalk{items: c.config.Images.Items, byName: map[string]int{}, state: make([]visit, len(c.config.Images.Items))}
	for i := range w.items {
		if name := w.items[i].To; name != "" {
			w.byName[name] = i
		}
	}
	for i := range w.items {
		if circle := w.visit(i); circle != nil {
			names := make([]string, 0, len(circle)+1)
			for _, image := range circle {
				names = append(names, w.items[image].To)
			}
			c.reportf(item("images.items", circle[len(circle)-1]), RuleImageCycle, "an image may not be built from itself (found %s -> %s, want one of these taken out)",
				strings.Join(names, " -> "), names[0])
		}
	}
}

// imageWalk goes from images to those that they are built from.
type imageWalk struct {
	items  []schema.Image
	byName map[string]int
	state  []visit
	path   []int
}

// visit says whether an image was visited, and whether it is still on the path.
type visit int

const (
	unvisited visit = iota
	visiting
	visited
)

// visit gives the images of a circle that an image leads to, or nil. It goes
// to every image once.
func (w *imageWalk) visit(image int) []int {
	switch w.state[image] {
	case visiting:
		return slices.Clone(w.path[slices.Index(w.path, image):])
	case visited:
		return nil
	case unvisited:
	}
	w.state[image] = visiting
	w.path = append(w.path, image)
	defer func() { w.path, w.state[image] = w.path[:len(w.path)-1], visited }()
	from := append([]string{w.items[image].From}, slices.Sorted(maps.Keys(w.items[image].Inputs))...)
	for _, name := range from {
		next, ok := w.byName[name]
		if !ok {
			continue
		}
		if circle := w.visit(next); circle != nil {
			return circle
		}
	}
	return nil
}

// operator: an index needs a bundle with a name, and what replaces a pull
// specification is there.
func (c *configCheck) operator() {
	operator := c.config.Operator
	if operator == nil {
		return
	}
	for i := range operator.Bundles {
		c.bundle(item("operator.bundles", i), &operator.Bundles[i])
	}
	for i, substitution := range operator.Substitutions {
		field := item("operator.substitutions", i)
		if substitution.Pullspec == "" || substitution.With == "" {
			c.reportf(field, RuleSubstitution, "a substitution needs both the text to replace and the image to put there (found pullspec %q and with %q, want both)",
				substitution.Pullspec, substitution.With)
			continue
		}
		if _, why := c.names.reference(substitution.With, ""); why != "" {
			c.reportf(field+".with", RuleSubstitution, "%s", why)
		}
	}
}

func (c *configCheck) bundle(field string, bundle *schema.Bundle) {
	for name, set := range map[string]bool{
		"base_index":           bundle.BaseIndex != "",
		"skip_building_index":  bundle.SkipBuildingIndex,
		"run_if_changed":       bundle.RunIfChanged != "",
		"skip_if_only_changed": bundle.SkipIfOnlyChanged != "",
	} {
		if set && bundle.As == "" {
			c.reportf(field+"."+name, RuleOperatorBundle, `only a bundle with a name may have the field (found %s without "as", want a name, or no %s)`, name, name)
		}
	}
	if bundle.UpdateGraph != "" && bundle.BaseIndex == "" {
		c.reportf(field+".update_graph", RuleOperatorBundle,
			"a bundle replaces others only in an index that has some (found update_graph without base_index, want both or neither)")
	}
	if bundle.BaseIndex != "" && c.names.fields[bundle.BaseIndex] == "" {
		c.reportf(field+".base_index", RuleUnknownImage, "%s", c.names.unknown(bundle.BaseIndex))
	}
}
