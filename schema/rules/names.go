package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/drover-ci/drover/schema"
)

// Rules about the names of images.
const (
	RuleReservedImage  = "reserved-image-name"
	RuleDuplicateImage = "duplicate-image-name"
	RuleUnknownImage   = "unknown-image"
	RuleUnknownRelease = "unknown-release"
)

// imageNames are the images that a configuration makes, each by the field that
// makes it.
type imageNames struct {
	fields map[string]string
	// twice are further fields of names that are taken.
	twice []namedField
	// releases are the names of the releases that there are.
	releases map[string]bool
}

type namedField struct{ name, field string }

// namesOf goes through all fields that make images.
func namesOf(config *schema.Config) *imageNames {
	n := &imageNames{fields: map[string]string{}, releases: map[string]bool{}}
	n.built(config)
	n.operator(config.Operator)
	for name := range config.BaseImages { // a mapping has no name twice, so any order will do
		n.add(name, key("base_images", name))
	}
	for _, name := range slices.Sorted(maps.Keys(config.BaseRPMImages)) {
		n.add(name, key("base_rpm_images", name))
		n.add(name+"-without-rpms", key("base_rpm_images", name))
	}
	for name := range config.ExternalImages {
		n.add(name, key("external_images", name))
	}
	if config.Images != nil {
		for i := range config.Images.Items {
			n.add(config.Images.Items[i].To, item("images.items", i)+".to")
		}
	}
	n.raw(config.RawSteps)
	for name := range config.Releases {
		n.releases[name] = true
	}
	if config.TagSpecification != nil {
		n.releases["initial"], n.releases[latestRelease] = true, true
	}
	return n
}

// built are the images made from the source before any other.
func (n *imageNames) built(config *schema.Config) {
	n.add("src", "build_root") // without a build root it is not made, which is a rule of its own
	if config.BuildRoot != nil {
		n.add("root", "build_root")
	}
	for _, made := range []struct{ name, field, commands string }{
		{"bin", "binary_build_commands", config.BinaryBuildCommands},
		{"test-bin", "test_binary_build_commands", config.TestBinaryBuildCommands},
		{"rpms", "rpm_build_commands", config.RPMBuildCommands},
	} {
		if made.commands != "" {
			n.add(made.name, made.field)
		}
	}
}

func (n *imageNames) operator(operator *schema.Operator) {
	if operator == nil {
		return
	}
	n.add("src-bundle", "operator")
	unnamed := false
	for i, bundle := range operator.Bundles {
		field := item("operator.bundles", i)
		if bundle.As == "" {
			unnamed = true
			n.add(fmt.Sprintf("ci-bundle%d", i), field)
			continue
		}
		n.add(bundle.As, field+".as")
		if !bundle.SkipBuildingIndex {
			n.add("ci-index-"+bundle.As, field+".as")
		}
	}
	if unnamed {
		n.add("ci-index", "operator.bundles")
	}
}

// raw are the images of steps that are spelled out.
func (n *imageNames) raw(steps []schema.RawStep) {
	for i, step := range steps {
		field := item("raw_steps", i)
		switch {
		case step.InputImageTagStep != nil:
			n.add(step.InputImageTagStep.To, field+".input_image_tag_step.to")
		case step.PipelineImageCacheStep != nil:
			n.add(step.PipelineImageCacheStep.To, field+".pipeline_image_cache_step.to")
		case step.SourceStep != nil:
			n.add(step.SourceStep.To, field+".source_step.to")
		case step.IndexGeneratorStep != nil:
			n.add(step.IndexGeneratorStep.To, field+".index_generator_step.to")
		case step.ProjectDirectoryImageBuildStep != nil:
			n.add(step.ProjectDirectoryImageBuildStep.To, field+".project_directory_image_build_step.to")
		case step.RPMImageInjectionStep != nil:
			n.add(step.RPMImageInjectionStep.To, field+".rpm_image_injection_step.to")
		}
	}
}

func (n *imageNames) add(name, field string) {
	if name == "" {
		return
	}
	if _, taken := n.fields[name]; taken {
		n.twice = append(n.twice, namedField{name, field})
		return
	}
	n.fields[name] = field
}

// latestRelease is the release whose images a name alone may stand for.
const latestRelease = "latest"

// makers are the fields that make the images with fixed names.
//
//nolint:gochecknoglobals // a table
var makers = map[string]string{
	"root":       "build_root",
	"bin":        "binary_build_commands",
	"test-bin":   "test_binary_build_commands",
	"rpms":       "rpm_build_commands",
	"src-bundle": "operator",
}

// unknown says why there is no image of a name, and what to do.
func (n *imageNames) unknown(name string) string {
	if field, ok := makers[name]; ok {
		return fmt.Sprintf("there is no such image (found %q, want %s, which makes it)", name, field)
	}
	return fmt.Sprintf("there is no such image (found %q, want the name of one that the configuration builds or imports)", name) +
		schema.DidYouMean(name, slices.Sorted(maps.Keys(n.fields)))
}

// reference checks what a step names an image by: an image of the
// configuration, or one of a release, as stream:tag or by its name alone. It
// gives the rule that is broken and why, or nothing. The claimed release is
// that of the cluster that a test claims, or empty.
func (n *imageNames) reference(name, claimed string) (rule, why string) {
	stream, tag, explicit := strings.Cut(name, ":")
	if !explicit {
		if n.fields[name] != "" {
			return "", ""
		}
		if _, fixed := makers[name]; fixed {
			return RuleUnknownImage, n.unknown(name)
		}
		if why := n.release(latestRelease, claimed); why != "" {
			return RuleUnknownImage, fmt.Sprintf("there is no such image (found %q, want the name of one that the configuration builds or imports, "+
				`or the release "latest", which may have it)`, name) + schema.DidYouMean(name, slices.Sorted(maps.Keys(n.fields)))
		}
		return "", ""
	}
	if stream == "pipeline" {
		if n.fields[tag] != "" {
			return "", ""
		}
		return RuleUnknownImage, n.unknown(tag)
	}
	release, ok := releaseOf(stream, tag)
	if !ok {
		return RuleUnknownImage, fmt.Sprintf("there is no such image stream (found %q, want pipeline, stable, stable-RELEASE or release before the colon)", name) +
			schema.DidYouMean(stream, []string{"pipeline", "stable", "release"})
	}
	if why := n.release(release, claimed); why != "" {
		return RuleUnknownRelease, why
	}
	return "", ""
}

// releaseOf is the release that has a stream, or whose payload a tag is.
func releaseOf(stream, tag string) (release string, ok bool) {
	if stream == "release" {
		return tag, true
	}
	if stream == "stable" {
		return latestRelease, true
	}
	return strings.CutPrefix(stream, "stable-")
}

// release says why there is no release of a name, or nothing.
func (n *imageNames) release(name, claimed string) string {
	if n.releases[name] || name == claimed || claimed != "" && name == latestRelease {
		return ""
	}
	return fmt.Sprintf("there is no such release (found %q, want the name of one of those under releases)", name) +
		schema.DidYouMean(name, slices.Sorted(maps.Keys(n.releases)))
}

// imageNames: each image has a name of its own, and none that is kept for
// others.
func (c *configCheck) imageNames() {
	for _, twice := range c.names.twice {
		if isInput(twice.field) && matchesAny(c.world.reservedImages, twice.name) { // which says more
			continue
		}
		first := c.names.fields[twice.name]
		c.alsof([]schema.Place{place(c.file, first)}, twice.field, RuleDuplicateImage,
			"the image's name is taken (found %q, which %s makes too, want another name)", twice.name, first)
	}
	for field, images := range map[string][]string{
		"base_images":     slices.Collect(maps.Keys(c.config.BaseImages)),
		"base_rpm_images": slices.Collect(maps.Keys(c.config.BaseRPMImages)),
		"external_images": slices.Collect(maps.Keys(c.config.ExternalImages)),
	} {
		for _, name := range images {
			if matchesAny(c.world.reservedImages, name) {
				c.reportf(key(field, name), RuleReservedImage,
					"the name is kept for an image that is built (found %q, want one that matches none of %s)", name, strings.Join(c.world.known.ReservedImages, ", "))
			}
		}
	}
}

// isInput says whether a field is of an image that is imported.
func isInput(field string) bool {
	return strings.HasPrefix(field, "base_") || strings.HasPrefix(field, "external_images")
}
