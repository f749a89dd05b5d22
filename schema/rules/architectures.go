package rules

import (
	"maps"
	"slices"
	"strings"

	"github.com/drover-ci/drover/schema"
)

// RuleUnknownArchitecture is the rule that an architecture is one that there is.
const RuleUnknownArchitecture = "unknown-architecture"

// allArchitectures is what a release for all of them says.
const allArchitectures = "multi"

// architecture: it is one of those that the settings list, or of others that
// hold in its place alone.
func (c *collector) architecture(field, name string, w *world, others ...string) {
	known := slices.Concat(w.known.Architectures, others)
	if name == "" || slices.Contains(known, name) {
		return
	}
	c.reportf(field, RuleUnknownArchitecture, "there is no such architecture (found %q, want one of %s, or drover.yaml to list it under known.architectures)%s",
		name, strings.Join(known, ", "), schema.DidYouMean(name, known))
}

// nodeArchitecture is as architecture, where none may be given.
func (c *collector) nodeArchitecture(field string, name *schema.NodeArchitecture, w *world) {
	if name != nil {
		c.architecture(field+".node_architecture", string(*name), w)
	}
}

// architectures: those of releases and of images.
func (c *configCheck) architectures() {
	for _, name := range slices.Sorted(maps.Keys(c.config.Releases)) {
		release := c.config.Releases[name]
		c.releaseArchitecture(key("releases", name), release.Candidate, release.Prerelease, release.Release)
	}
	if c.config.Images != nil {
		for i := range c.config.Images.Items {
			c.additional(item("images.items", i), c.config.Images.Items[i].AdditionalArchitectures) //nolint:staticcheck // older files have them
		}
	}
	for i := range c.config.RawSteps {
		field := item("raw_steps", i)
		if step := c.config.RawSteps[i].ResolvedReleaseImagesStep; step != nil {
			c.releaseArchitecture(field+".resolved_release_images_step", step.Candidate, step.Prerelease, step.Release)
		}
		if step := c.config.RawSteps[i].ProjectDirectoryImageBuildStep; step != nil {
			c.additional(field+".project_directory_image_build_step", step.AdditionalArchitectures) //nolint:staticcheck // as above
		}
	}
}

func (c *configCheck) releaseArchitecture(field string, candidate *schema.Candidate, prerelease *schema.Prerelease, release *schema.ReleaseVersion) {
	if candidate != nil {
		c.architecture(field+".candidate.architecture", string(candidate.Architecture), c.world, allArchitectures)
	}
	if prerelease != nil {
		c.architecture(field+".prerelease.architecture", string(prerelease.Architecture), c.world, allArchitectures)
	}
	if release != nil {
		c.architecture(field+".release.architecture", string(release.Architecture), c.world, allArchitectures)
	}
}

func (c *configCheck) additional(field string, architectures []string) {
	for i, name := range architectures {
		c.architecture(item(field+".additional_architectures", i), name, c.world)
	}
}
