package rules

import (
	"maps"
	"slices"
	"strings"

	"github.com/drover-ci/drover/schema"
)

// Rules about one configuration.
const (
	RuleEmptyConfig     = "empty-config"
	RuleMergedOnly      = "merged-only-field"
	RuleCanonicalGo     = "canonical-go-repository"
	RuleRPMBuild        = "rpm-build"
	RuleBuildRoot       = "build-root"
	RuleSourceBuild     = "source-without-build-root"
	RuleReleaseConflict = "release-conflict"
)

// configCheck collects the problems of one configuration.
type configCheck struct {
	collector

	world  *world
	config *schema.Config
	names  *imageNames
}

// checkConfig checks one configuration by itself.
func checkConfig(w *world, names *imageNames, doc *ConfigDoc) []schema.Problem {
	c := &configCheck{collector: collector{file: doc.Path}, world: w, config: doc.Value, names: names}
	c.content()
	c.mergedOnly()
	c.commands()
	c.resources("resources", c.config.Resources)
	c.buildRoot()
	c.imageNames()
	c.images()
	c.operator()
	c.releases()
	c.architectures()
	c.promotion()
	c.tests()
	return unaffected(c.problems, doc.Problems)
}

// content: a configuration is for something.
func (c *configCheck) content() {
	images := c.config.Images != nil && len(c.config.Images.Items) > 0
	promotion := c.config.Promotion != nil && len(c.config.Promotion.To) > 0
	if len(c.config.Tests) == 0 && !images && !promotion {
		c.reportf("", RuleEmptyConfig, "the configuration does nothing (found no tests, images or promotion, want at least one of them)")
	}
}

// mergedOnly: what merging configurations makes is not for people to write.
func (c *configCheck) mergedOnly() {
	for field, set := range map[string]bool{
		"binary_build_commands_list":      len(c.config.BinaryBuildCommandsList) > 0,
		"test_binary_build_commands_list": len(c.config.TestBinaryBuildCommandsList) > 0,
		"rpm_build_commands_list":         len(c.config.RPMBuildCommandsList) > 0,
		"rpm_build_location_list":         len(c.config.RPMBuildLocationList) > 0,
		"canonical_go_repository_list":    len(c.config.CanonicalGoRepositoryList) > 0,
		"build_roots":                     len(c.config.BuildRoots) > 0,
	} {
		if set {
			single := strings.TrimSuffix(strings.TrimSuffix(field, "_list"), "s")
			if field != "build_roots" {
				single = strings.TrimSuffix(field, "_list")
			}
			c.reportf(field, RuleMergedOnly, "only Drover sets the field, when it merges configurations (found %s, want %s)", field, single)
		}
	}
}

// commands: RPMs come from the commands that build them, and an import path is
// given only where it is not the repository's address.
func (c *configCheck) commands() {
	if c.config.RPMBuildCommands == "" {
		for field, set := range map[string]bool{
			"rpm_build_location": c.config.RPMBuildLocation != "",
			"base_rpm_images":    len(c.config.BaseRPMImages) > 0,
		} {
			if set {
				c.reportf(field, RuleRPMBuild, "no RPMs are built (found no rpm_build_commands, want the commands that build them, or no %s)", field)
			}
		}
	}
	usual := "github.com/" + c.config.Metadata.Component()
	if path := c.config.CanonicalGoRepository; path != nil && *path == usual {
		c.reportf("canonical_go_repository", RuleCanonicalGo,
			"the import path is the repository's address, as it is without saying so (found %q, want no canonical_go_repository)", usual)
	}
}

// buildRoot: one source of the image that the code is built in, and images
// need one.
func (c *configCheck) buildRoot() {
	root := c.config.BuildRoot
	if root == nil {
		if c.config.Images != nil && len(c.config.Images.Items) > 0 {
			c.reportf("images", RuleBuildRoot, "images are built from source, and nothing says in which image that is prepared (found no build_root, want one)")
		}
		return
	}
	sources := countTrue(root.ImageStreamTag != nil, root.ProjectImage != nil, root.FromRepository)
	if sources != 1 {
		c.reportf("build_root", RuleBuildRoot,
			"the image to build in must have one source (found %d of image_stream_tag, project_image and from_repository, want 1)", sources)
	}
}

// releases: a tag specification stands for the releases "initial" and
// "latest", and built images are added to the latter alone.
func (c *configCheck) releases() {
	for _, name := range slices.Sorted(maps.Keys(c.config.Releases)) {
		field := key("releases", name)
		if c.config.TagSpecification != nil && (name == "initial" || name == latestRelease) {
			c.alsof([]schema.Place{place(c.file, "tag_specification")}, field, RuleReleaseConflict,
				"tag_specification says what this release is already (found both, want either releases.%s or tag_specification)", name)
		}
		if strings.Contains(name, ".") {
			c.reportf(field, RuleReleaseConflict, `a release's name becomes part of a variable's (found %q, want a name without ".")`, name)
		}
		integration := c.config.Releases[name].Integration
		if integration != nil && integration.IncludeBuiltImages && name != latestRelease {
			c.reportf(field+".integration.include_built_images", RuleReleaseConflict,
				`images built here can only be added to the release "latest" (found it for %q, want it there or nowhere)`, name)
		}
	}
}

// unaffected leaves out problems that may only be there because a field could
// not be read: those of the mapping that the field stands in, of all in it, and
// of all around it.
func unaffected(problems, unread []schema.Problem) []schema.Problem {
	if !schema.HasErrors(unread) {
		return problems
	}
	return slices.DeleteFunc(problems, func(p schema.Problem) bool {
		return slices.ContainsFunc(unread, func(u schema.Problem) bool {
			around := parent(u.Path)
			return around == "" || p.Path == "" || within(p.Path, around) || within(around, p.Path)
		})
	})
}

// parent is the field that a field stands in.
func parent(field string) string {
	return field[:max(0, strings.LastIndexAny(field, ".["))]
}

// within says whether a field is another, or in it.
func within(field, outer string) bool {
	rest, ok := strings.CutPrefix(field, outer)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}
