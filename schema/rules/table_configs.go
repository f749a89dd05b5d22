package rules

import (
	"github.com/drover-ci/drover/schema"
)

// configRules are about a configuration as a whole.
func configRules() []Rule {
	return []Rule{
		{
			ID:    RuleEmptyConfig,
			Title: "A configuration does something.",
			Why:   "It has tests, images or promotion. One that has none of these is forgotten, or misspelt: fill or remove it.",
		},
		{
			ID:    RuleMergedOnly,
			Title: "Fields that merging makes are not written by people.",
			Why:   "Lists of build commands and build roots come from several repositories' configurations being merged. Use the field without _list.",
		},
		{
			ID:    RuleCanonicalGo,
			Title: "An import path is given only where it is not the repository's address.",
			Why:   "It is github.com/ORG/REPO without saying so. Remove the field.",
		},
		{
			ID:    RuleRPMBuild,
			Title: "What needs RPMs comes with the commands that build them.",
			Why: "base_rpm_images get the RPMs that rpm_build_commands build, and rpm_build_location says where they " +
				"are. Without the commands there are none.",
		},
		{
			ID:    RuleBuildRoot,
			Title: "Images are built in a build root, which has one source.",
			Why: "The build root is the image in which the source is prepared. Without it no image can be built; with " +
				"two sources nobody could tell which.",
		},
		{
			ID:    RuleSourceBuild,
			Title: "What runs in the source has a build root.",
			Why: "The image src is made in the build root. A test in src, bin or test-bin without build_root fails " +
				"when it runs, unless something else clones the source.",
			Severity: schema.Warning,
		},
		{
			ID:    RuleReleaseConflict,
			Title: "Releases do not contradict each other.",
			Why: `tag_specification stands for the releases "initial" and "latest", so neither may be given besides; ` +
				`built images can be added to "latest" alone; and a name becomes part of a variable's, so that it has no dot.`,
		},
		{
			ID:    RuleResources,
			Title: "Resources are given for everything.",
			Why: `What is not named gets the resources of "*", which therefore must be there; an entry without requests and limits says nothing. ` +
				`Steps say theirs themselves.`,
		},
		{
			ID:    RuleResourceName,
			Title: "A resource is one that can be asked for.",
			Why:   "A cluster would never start a pod that asks for what no node has. drover.yaml lists those known under known.resources.",
		},
		{
			ID:    RuleResourceAmount,
			Title: "An amount makes sense.",
			Why:   "Nothing, less than nothing, more shared memory than a node gives, or part of a device cannot be asked for.",
		},
		{
			ID:    RuleAmbiguousBranch,
			Title: "A branch has one configuration.",
			Why: "A configuration is also used for feature branches, whose names begin with its branch's and a dash. " +
				"Where two fit, the resolver answers neither. Rename a branch, or remove a file.",
		},
		{
			ID:    RuleDuplicateJob,
			Title: "Every job has a name of its own.",
			Why: "Prow loads no job at all while two periodics have one name, or two presubmits or two postsubmits of one repository " +
				"that are for one branch have one, or are reported under one context. So it is held against jobs that people wrote, " +
				"into whatever files, and those that are made of configurations, of which a variant and a test's name are joined by " +
				"a dash, so that different pairs may give one name. Rename a test, a variant or a job, or give jobs other branches.",
		},
	}
}

// imageRules are about images.
func imageRules() []Rule {
	return []Rule{
		{
			ID:    RuleReservedImage,
			Title: "An imported image has none of the names that builds use.",
			Why:   "root, src-bundle, ci-bundle… and ci-index… are made by builds. Give the image another name.",
		},
		{
			ID:    RuleDuplicateImage,
			Title: "An image's name is its own.",
			Why: "All images that a configuration imports and builds are tags of one stream: a second would overwrite " +
				"the first, or be overwritten. Rename one.",
		},
		{
			ID:    RuleUnknownImage,
			Title: "An image that is named is built, imported or part of a release.",
			Why:   "Nothing can run in, or be built on, an image that is not there. Correct the name, or import the image under base_images.",
		},
		{
			ID:    RuleUnknownRelease,
			Title: "A release that is named is configured.",
			Why: "A step asks for an image or client of a release that the configuration does not have under releases, " +
				"nor claims with a cluster. Add it.",
		},
		{
			ID:    RuleImageInput,
			Title: "What is copied into an image's build is there.",
			Why: "A build takes files from, or replaces names by, images that must be built or imported here. The " +
				"build fails when it runs. Correct the name, or import the image.",
			Severity: schema.Warning,
		},
		{
			ID:    RuleImageCycle,
			Title: "An image is not built from itself.",
			Why:   "Neither could be built first. Take out one of the references that the message lists.",
		},
		{
			ID:    RuleImageReference,
			Title: "A reference to an image is a name, or a stream and a tag.",
			Why:   "There is one colon at most, with something on both sides.",
		},
		{
			ID:    RuleExternalRegistry,
			Title: "External images come from a registry that is allowed.",
			Why: "Clusters pull from the registries that drover.yaml lists under known.registries. Mirror the image " +
				"there, or have the registry allowed.",
		},
		{
			ID:    RuleOperatorBundle,
			Title: "An operator bundle says what its fields need.",
			Why:   "An index or a condition is for a bundle with a name, and one bundle replaces others only in an index that has some.",
		},
		{
			ID:    RuleSubstitution,
			Title: "A substitution has a text and an image that is there.",
			Why: "Pull specifications in an operator's manifests are replaced by images of this configuration. Without " +
				"the image the bundle cannot be built.",
		},
	}
}

// promotionRules are about where images are promoted to.
func promotionRules() []Rule {
	return []Rule{
		{
			ID:    RulePromotionNamespace,
			Title: "Images are not promoted to the system's namespaces.",
			Why:   "What stands there runs the cluster. drover.yaml lists them under known.protectedNamespaces.",
		},
		{
			ID:    RulePromotionRelease,
			Title: "What becomes part of a release is tested in one.",
			Why: "A pull request to a component of an official release proves that the release can still be put " +
				"together, for which it must know which. Add tag_specification or releases.latest.",
		},
		{
			ID:    RulePromotionTwice,
			Title: "A promotion target is there once.",
			Why:   "The same images would be pushed twice. Remove one.",
		},
		{
			ID:    RulePromotionImage,
			Title: "An image that is promoted is there.",
			Why:   "additional_images leads from the name to promote as to an image of this configuration. Correct the name on the right.",
		},
		{
			ID:    RuleRegistryOverride,
			Title: "Images are promoted to the usual registry.",
			Why:   "Jobs have credentials for one registry. Remove the field.",
		},
		{
			ID:    RulePromotionCollision,
			Title: "An image is promoted to a place by one configuration.",
			Why: "Whichever job ends last would win. Exclude the image in one of the two, disable one of the " +
				"promotions, or give them different names or tags.",
		},
	}
}
