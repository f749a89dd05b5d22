package rules

import (
	"cmp"
	"slices"
	"sync"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
)

// Rule is what people are told of a rule.
type Rule struct {
	// ID is what problems say in brackets, and the name of the rule's folder in
	// fixtures/bad.
	ID string
	// Title says in a sentence what must hold.
	Title string
	// Why says what goes wrong otherwise, and how to mend it.
	Why string
	// Severity is that of its problems; empty for [schema.Error].
	Severity schema.Severity
}

// Table lists every rule that [Check] goes by, ordered by id.
func Table() []Rule { return slices.Clone(table()) }

// Find gives the rule with an id.
func Find(id string) (Rule, bool) {
	i, found := slices.BinarySearchFunc(table(), id, func(r Rule, id string) int { return cmp.Compare(r.ID, id) })
	if !found {
		return Rule{}, false
	}
	return table()[i], true
}

// severity is that of a rule's problems.
func severity(id string) schema.Severity {
	rule, _ := Find(id)
	return cmp.Or(rule.Severity, schema.Error)
}

//nolint:gochecknoglobals // sorted once, never changed
var table = sync.OnceValue(func() []Rule {
	all := slices.Concat(fileRules(), registryRules(), configRules(), imageRules(), promotionRules(), testRules(), stepRules(), shareRules())
	slices.SortFunc(all, func(a, b Rule) int { return cmp.Compare(a.ID, b.ID) })
	return all
})

// fileRules are about a file by itself, whatever its kind.
func fileRules() []Rule {
	return []Rule{
		{ID: schema.RuleSyntax, Title: "A file is valid YAML.",
			Why: "What cannot be read says nothing. The message is the parser's; look at the line, and at the indentation of those before it."},
		{ID: schema.RuleTooLarge, Title: "A file is at most 8 MiB.",
			Why: "Such a file is not what it seems to be, and would not fit into a cluster either. Split it, or keep it elsewhere."},
		{ID: schema.RuleAliases, Title: "A file's aliases stay within bounds.",
			Why: "A few lines of YAML aliases can stand for more values than a machine can hold. Write the values out, or use fewer aliases."},
		{ID: schema.RuleUnknownField, Title: "Every field is one that there is.",
			Why: "A misspelt field would be ignored, and what it was to do would silently not be done. Correct its name or its indentation; `drover explain` lists the fields."},
		{ID: schema.RuleDuplicateField, Title: "A field is given once.",
			Why: "Of two values one would win, and nobody reading the file could tell which. Keep one."},
		{ID: schema.RuleMissingField, Title: "A required field is there.",
			Why: "Nothing sensible can stand in for it. Add it."},
		{ID: schema.RuleWrongType, Title: "A value is of its field's type.",
			Why: "Text, number, list and mapping are not exchangeable. `drover explain` says what a field wants."},
		{ID: schema.RuleWrongValue, Title: "A value has the form, or is one of the values, that its field allows.",
			Why: "Other values have no meaning, or are refused when a job runs. The message says what is allowed."},
		{ID: schema.RuleDeprecated, Title: "A file is written in today's form.", Severity: schema.Warning,
			Why: "Older forms are read, but today's tools may not know them any more. `drover migrate` rewrites them, and keeps comments."},
		{ID: schema.RuleRemoved, Title: "A file has no form that is gone.",
			Why: "What the field asked for cannot be had any more, so it must be said in another way: the message says in which."},
		{ID: repolayout.RuleFileName, Title: "A file's name says what it is, and fits its folder and its content.",
			Why: "Files of all repositories end up side by side, and components are found by their names alone. Rename the file, or correct what it says of itself."},
		{ID: repolayout.RuleLinkOutside, Title: "A link stays in the repository.",
			Why: "Where a repository is checked out, other files may be read that are nobody's business. Put the file itself there."},
		{ID: repolayout.RuleLinkFolder, Title: "A link does not lead to a folder.",
			Why: "Such links can go round in circles, and are not followed. Link the files, or move the folder."},
		{ID: repolayout.RuleLinkBroken, Title: "A link leads to a file.",
			Why: "What is not there cannot be read. Correct the link's target, or remove it."},
		{ID: repolayout.RuleCommands, Title: "The commands of a step are in a file beside it.",
			Why: "A step names its script, which must be there and be named after the step. Add the file, or correct the name."},
		{ID: RuleSettings, Title: "The settings can be used.",
			Why: "drover.yaml says what the other rules go by. Correct the expression."},
	}
}

// registryRules are about how the step registry fits together.
func registryRules() []Rule {
	return []Rule{
		{ID: resolver.RuleDuplicateName, Title: "A component's name is its own.",
			Why: "A name is its folders joined by dashes, so that two folders may give one. Tests refer to components by name: rename one of the two."},
		{ID: resolver.RuleUnknownStep, Title: "A step that is named exists.",
			Why: "A test cannot run a step that is not in the registry. Correct the name, or add the step."},
		{ID: resolver.RuleUnknownChain, Title: "A chain that is named exists.",
			Why: "A test cannot run a chain that is not in the registry. Correct the name, or add the chain."},
		{ID: resolver.RuleUnknownWorkflow, Title: "A workflow that is named exists.",
			Why: "A test cannot start from a workflow that is not in the registry. Correct the name, or add the workflow."},
		{ID: resolver.RuleUnknownObserver, Title: "An observer that is named exists.",
			Why: "An observer that is not in the registry cannot run. Correct the name, or add the observer."},
		{ID: resolver.RuleUnknownProfile, Title: "A cluster profile that is named exists.",
			Why: "A profile says which cloud account a test uses. Correct the name, or declare the profile."},
		{ID: resolver.RuleNestedWorkflow, Title: "A workflow does not start from another.",
			Why: "Which of several values wins would be anybody's guess. Put what both share into a chain."},
		{ID: resolver.RuleChainCycle, Title: "A chain does not contain itself.",
			Why: "It would never end. Take out one of the references that the message lists."},
		{ID: resolver.RuleDuplicateStep, Title: "A phase has a step once.",
			Why: "A step's name is that of its pod, of which there can only be one. Take one out, or put it into another phase."},
		{ID: resolver.RuleUnresolved, Title: "Every parameter has a value.",
			Why: "A step's parameter without default must be given one by the chain, the workflow or the test: under env."},
		{ID: resolver.RuleUnusedParameter, Title: "A value is for a parameter that some step has.",
			Why: "Nothing would read the value, which most likely means that its name is misspelt."},
		{ID: resolver.RuleUnusedDependency, Title: "An image is for a dependency that some step has.",
			Why: "Nothing would use the image, which most likely means that the variable's name is misspelt."},
		{ID: resolver.RuleLeaseConflict, Title: "Of a test's leases each has a variable of its own.",
			Why: "Test, workflow and chains each may lease something. One variable cannot hold the names of two leases: give one of them another."},
		{ID: RuleRegistryMetadata, Title: "Metadata are those of the component beside them.",
			Why: "Metadata say who owns a component, and are found by the path in them. After a component was moved they must be made anew."},
	}
}

// configRules are about a configuration as a whole.
func configRules() []Rule {
	return []Rule{
		{ID: RuleEmptyConfig, Title: "A configuration does something.",
			Why: "It has tests, images or promotion. One that has none of these is forgotten, or misspelt: fill or remove it."},
		{ID: RuleMergedOnly, Title: "Fields that merging makes are not written by people.",
			Why: "Lists of build commands and build roots come from several repositories' configurations being merged. Use the field without _list."},
		{ID: RuleCanonicalGo, Title: "An import path is given only where it is not the repository's address.",
			Why: "It is github.com/ORG/REPO without saying so. Remove the field."},
		{ID: RuleRPMBuild, Title: "What needs RPMs comes with the commands that build them.",
			Why: "base_rpm_images get the RPMs that rpm_build_commands build, and rpm_build_location says where they are. Without the commands there are none."},
		{ID: RuleBuildRoot, Title: "Images are built in a build root, which has one source.",
			Why: "The build root is the image in which the source is prepared. Without it no image can be built; with two sources nobody could tell which."},
		{ID: RuleSourceBuild, Title: "What runs in the source has a build root.", Severity: schema.Warning,
			Why: "The image src is made in the build root. A test in src, bin or test-bin without build_root fails when it runs, unless something else clones the source."},
		{ID: RuleReleaseConflict, Title: "Releases do not contradict each other.",
			Why: `tag_specification stands for the releases "initial" and "latest", so neither may be given besides; built images can be added to "latest" alone; and a name becomes part of a variable's, so that it has no dot.`},
		{ID: RuleResources, Title: "Resources are given for everything.",
			Why: `What is not named gets the resources of "*", which therefore must be there; an entry without requests and limits says nothing.`},
		{ID: RuleResourceName, Title: "A resource is one that can be asked for.",
			Why: "A cluster would never start a pod that asks for what no node has. drover.yaml lists those known under known.resources."},
		{ID: RuleResourceAmount, Title: "An amount makes sense.",
			Why: "Nothing, less than nothing, more shared memory than a node gives, or part of a device cannot be asked for."},
		{ID: RuleAmbiguousBranch, Title: "A branch has one configuration.",
			Why: "A configuration is also used for feature branches, whose names begin with its branch's and a dash. Where two fit, the resolver answers neither. Rename a branch, or remove a file."},
		{ID: RuleDuplicateJob, Title: "Every test has a job name of its own.",
			Why: "A variant and a test's name are joined by a dash, so that different pairs may give one name, of which Prow would run one job only. Rename a test or a variant."},
	}
}

// imageRules are about images.
func imageRules() []Rule {
	return []Rule{
		{ID: RuleReservedImage, Title: "An imported image has none of the names that builds use.",
			Why: "root, src-bundle, ci-bundle… and ci-index… are made by builds. Give the image another name."},
		{ID: RuleDuplicateImage, Title: "An image's name is its own.",
			Why: "All images that a configuration imports and builds are tags of one stream: a second would overwrite the first, or be overwritten. Rename one."},
		{ID: RuleUnknownImage, Title: "An image that is named is built, imported or part of a release.",
			Why: "Nothing can run in, or be built on, an image that is not there. Correct the name, or import the image under base_images."},
		{ID: RuleUnknownRelease, Title: "A release that is named is configured.",
			Why: "A step asks for an image or client of a release that the configuration does not have under releases, nor claims with a cluster. Add it."},
		{ID: RuleImageInput, Title: "What is copied into an image's build is there.", Severity: schema.Warning,
			Why: "A build takes files from, or replaces names by, images that must be built or imported here. The build fails when it runs. Correct the name, or import the image."},
		{ID: RuleImageCycle, Title: "An image is not built from itself.",
			Why: "Neither could be built first. Take out one of the references that the message lists."},
		{ID: RuleImageReference, Title: "A reference to an image is a name, or a stream and a tag.",
			Why: "There is one colon at most, with something on both sides."},
		{ID: RuleExternalRegistry, Title: "External images come from a registry that is allowed.",
			Why: "Clusters pull from the registries that drover.yaml lists under known.registries. Mirror the image there, or have the registry allowed."},
		{ID: RuleOperatorBundle, Title: "An operator bundle says what its fields need.",
			Why: "An index or a condition is for a bundle with a name, and one bundle replaces others only in an index that has some."},
		{ID: RuleSubstitution, Title: "A substitution has a text and an image that is there.",
			Why: "Pull specifications in an operator's manifests are replaced by images of this configuration. Without the image the bundle cannot be built."},
	}
}

// promotionRules are about where images are promoted to.
func promotionRules() []Rule {
	return []Rule{
		{ID: RulePromotionNamespace, Title: "Images are not promoted to the system's namespaces.",
			Why: "What stands there runs the cluster. drover.yaml lists them under known.protectedNamespaces."},
		{ID: RulePromotionRelease, Title: "What becomes part of a release is tested in one.",
			Why: "A pull request to a component of an official release proves that the release can still be put together, for which it must know which. Add tag_specification or releases.latest."},
		{ID: RulePromotionTwice, Title: "A promotion target is there once.",
			Why: "The same images would be pushed twice. Remove one."},
		{ID: RulePromotionImage, Title: "An image that is promoted is there.",
			Why: "additional_images leads from the name to promote as to an image of this configuration. Correct the name on the right."},
		{ID: RuleRegistryOverride, Title: "Images are promoted to the usual registry.",
			Why: "Jobs have credentials for one registry. Remove the field."},
		{ID: RulePromotionCollision, Title: "An image is promoted to a place by one configuration.",
			Why: "Whichever job ends last would win. Exclude the image in one of the two, disable one of the promotions, or give them different names or tags."},
	}
}

// testRules are about a test.
func testRules() []Rule {
	return []Rule{
		{ID: RuleTestName, Title: "A test's name can be part of a job's and of a pod's.",
			Why: "It is at most 61 characters (42 with a claimed cluster), lower case, without a dot in tests of steps, and none that generated jobs have themselves."},
		{ID: RuleDuplicateTest, Title: "A test's name is its own.",
			Why: "A job finds its test by name. Rename one."},
		{ID: RuleTestType, Title: "A test is of one type, and has what that type needs.",
			Why: "container runs commands in one image and may mount Secrets; steps and literal_steps have their commands and credentials in the steps."},
		{ID: RuleUnknownCluster, Title: "A cluster that a test names exists.",
			Why: "The job would wait for ever. Clusters are those of the clusters' file, and those that drover.yaml lists under known.clusters."},
		{ID: RuleDuplicateSecret, Title: "A test mounts a Secret once.",
			Why: "The second mount has the first one's name. Remove one."},
		{ID: RuleShards, Title: "A test is split into at least two jobs, and before a merge only.",
			Why: "Each shard runs a part of the test. Leave shard_count out where there is one job."},
		{ID: RuleReport, Title: "Results are reported of jobs that there are.",
			Why: "A periodic has a job on pull requests only with presubmit. Add presubmit, or leave report_presubmit out."},
		{ID: RuleClaim, Title: "A cluster is claimed by a test of steps that makes none itself.",
			Why: "A claimed cluster is handed to the steps, so a container test cannot have one, and a cluster profile is for making one; labels that the claim's fields set are not set twice."},
	}
}

// stepRules are about a step, in the registry or in a configuration.
func stepRules() []Rule {
	return []Rule{
		{ID: RuleTrap, Title: "A step that traps signals has a grace period.",
			Why: "When a job is aborted its commands have seconds, unless grace_period gives them more. What they trap signals for would be cut short."},
		{ID: RuleBestEffort, Title: "A step whose failure does not count has a timeout.",
			Why: "A step that hangs fails the test by the job's own timeout, which best_effort cannot keep from counting. Give the step a timeout."},
		{ID: RuleCredentialMounts, Title: "No Secret is mounted over or in another.",
			Why: "One would hide the other. Give each a folder of its own."},
		{ID: RuleDuplicateParameter, Title: "A parameter has one default.",
			Why: "Of two defaults one counts, which readers of the other do not see. Remove one."},
		{ID: RuleDuplicateDependency, Title: "A dependency has a variable of its own.",
			Why: "One variable cannot hold two images. Rename one."},
		{ID: RuleDNSConfig, Title: "DNS settings are such as a pod may have.",
			Why: "Up to three name servers, by address, and up to 32 search domains; the cluster refuses pods with others."},
		{ID: RuleLeaseVariable, Title: "A lease has a type, and a variable of its own.",
			Why: "The variable holds the name of what was leased. A second lease with the same would overwrite it."},
		{ID: RuleOptionalStep, Title: "Only steps after the test are left out when it has passed.",
			Why: "Before that nobody knows. Move the step to post, or take optional_on_success out."},
	}
}

// shareRules are about what repositories share: profiles, pools and quotas.
func shareRules() []Rule {
	return []Rule{
		{ID: RuleProfileOwner, Title: "A cluster profile is used by its owners.",
			Why: "It is their cloud account. Use another profile, or ask its owners to list the repository."},
		{ID: RuleClaimOwner, Title: "A cluster is claimed by those whom the pool's owner lets.",
			Why: "Pools are paid for by their owners. Claim from another pool, or ask to be listed."},
		{ID: RuleProfileSet, Title: "A set of cluster profiles consists of profiles.",
			Why: "A set stands for any of its members, which must be there and be no sets themselves."},
		{ID: RuleOwnerTwice, Title: "An owner is named once.",
			Why: "The second mention says nothing, and is forgotten when the first is removed. Remove it."},
		{ID: RuleLeaseWithoutQuota, Title: "A lease type has a quota.",
			Why: "A job would wait for ever for a lease that there is none of. Add the type to the quotas, correct it, or list it in drover.yaml under unlimited."},
		{ID: RuleSliceName, Title: `A slice's name has no "--".`,
			Why: "A lease is named after its slice, two dashes and a number. Rename the slice."},
	}
}
