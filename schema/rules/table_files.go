package rules

import (
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
)

// Rules that the schema's constraints are for: schema/constraints.cue names
// them.
const (
	ruleExclusiveFields = "exclusive-fields"
	ruleOneSource       = "one-source"
	ruleNeededField     = "needed-field"
	ruleStepKind        = "step-kind"
)

// fileRules are about a file by itself, whatever its kind.
func fileRules() []Rule {
	return []Rule{
		{
			ID:    schema.RuleSyntax,
			Title: "A file is valid YAML.",
			Why:   "What cannot be read says nothing. The message is the parser's; look at the line, and at the indentation of those before it.",
		},
		{
			ID:    schema.RuleTooLarge,
			Title: "A file is at most 8 MiB.",
			Why:   "Such a file is not what it seems to be, and would not fit into a cluster either. Split it, or keep it elsewhere.",
		},
		{
			ID:    schema.RuleAliases,
			Title: "A file's aliases stay within bounds.",
			Why:   "A few lines of YAML aliases can stand for more values than a machine can hold. Write the values out, or use fewer aliases.",
		},
		{
			ID:    schema.RuleUnknownField,
			Title: "Every field is one that there is.",
			Why: "A misspelt field would be ignored, and what it was to do would silently not be done. Correct its " +
				"name or its indentation; `drover explain` lists the fields.",
		},
		{
			ID:    schema.RuleDuplicateField,
			Title: "A field is given once.",
			Why:   "Of two values one would win, and nobody reading the file could tell which. Keep one.",
		},
		{
			ID:    schema.RuleMissingField,
			Title: "A required field is there.",
			Why:   "Nothing sensible can stand in for it. Add it.",
		},
		{
			ID:    schema.RuleWrongType,
			Title: "A value is of its field's type.",
			Why:   "Text, number, list and mapping are not exchangeable. `drover explain` says what a field wants.",
		},
		{
			ID:    schema.RuleWrongValue,
			Title: "A value has the form, or is one of the values, that its field allows.",
			Why:   "Other values have no meaning, or are refused when a job runs. The message says what is allowed.",
		},
		{
			ID:    ruleExclusiveFields,
			Title: "Fields that exclude each other are not given together.",
			Why: "Each of them answers the same question, so that one would have to be ignored: two schedules, two " +
				"conditions on changed files. Keep the one that is meant.",
		},
		{
			ID:    ruleOneSource,
			Title: "A thing comes from one source, of the several that there are.",
			Why: "A step's image, a credential, a release and the like can each be given in several ways. Of none " +
				"nothing can be made, and of two nobody could tell which counts: give one.",
		},
		{
			ID:    ruleNeededField,
			Title: "A field that another one needs is there.",
			Why: "By itself the field could do nothing: a step without commands, a periodic test's presubmit in a " +
				"test without schedule. Add what the message names, or take the field out.",
		},
		{
			ID:    ruleStepKind,
			Title: "A step is a reference, a chain, or written out.",
			Why: "ref and chain name a component of the registry, as names a step that is written out here. Keep one " +
				"of the three.",
		},
		{
			ID:       schema.RuleDeprecated,
			Title:    "A file is written in today's form.",
			Why:      "Older forms are read, but today's tools may not know them any more. `drover migrate` rewrites them, and keeps comments.",
			Severity: schema.Warning,
		},
		{
			ID:    schema.RuleRemoved,
			Title: "A file has no form that is gone.",
			Why:   "What the field asked for cannot be had any more, so it must be said in another way: the message says in which.",
		},
	}
}

// placeRules are about where files are, and what belongs together.
func placeRules() []Rule {
	return []Rule{
		{
			ID:    repolayout.RuleFileName,
			Title: "A file's name says what it is, and fits its folder and its content.",
			Why: "Files of all repositories end up side by side, and components are found by their names alone. Rename " +
				"the file, or correct what it says of itself.",
		},
		{
			ID:    repolayout.RuleLinkOutside,
			Title: "A link stays in the repository.",
			Why:   "Where a repository is checked out, other files may be read that are nobody's business. Put the file itself there.",
		},
		{
			ID:    repolayout.RuleLinkFolder,
			Title: "A link does not lead to a folder.",
			Why:   "Such links can go round in circles, and are not followed. Link the files, or move the folder.",
		},
		{
			ID:    repolayout.RuleLinkBroken,
			Title: "A link leads to a file.",
			Why:   "What is not there cannot be read. Correct the link's target, or remove it.",
		},
		{
			ID:    repolayout.RuleCommands,
			Title: "The commands of a step are in a file beside it.",
			Why:   "A step names its script, which must be there and be named after the step. Add the file, or correct the name.",
		},
		{
			ID:    RuleTarget,
			Title: "Targets are told apart, and those that are named exist.",
			Why: "What is published or applied must go to one cluster of that name, reached in one way. " +
				"Correct the name, or the target.",
		},
		{
			ID:    RuleJobTemplate,
			Title: "What drover.yaml says of jobs makes jobs that can run.",
			Why: "Every job has it, so that one mistake would stop them all. A job runs a command, and in names and paths a part " +
				"has only the values of its own feature. Correct the field.",
		},
	}
}

// registryRules are about how the step registry fits together.
func registryRules() []Rule {
	return []Rule{
		{
			ID:    resolver.RuleDuplicateName,
			Title: "A component's name is its own.",
			Why: "A name is its folders joined by dashes, so that two folders may give one. Tests refer to components " +
				"by name: rename one of the two.",
		},
		{
			ID:    resolver.RuleUnknownStep,
			Title: "A step that is named exists.",
			Why: "A test cannot run a step that is not in the registry, and an architecture is for a step that the test has. " +
				"Correct the name, or add the step.",
		},
		{
			ID:    resolver.RuleUnknownChain,
			Title: "A chain that is named exists.",
			Why:   "A test cannot run a chain that is not in the registry. Correct the name, or add the chain.",
		},
		{
			ID:    resolver.RuleUnknownWorkflow,
			Title: "A workflow that is named exists.",
			Why:   "A test cannot start from a workflow that is not in the registry. Correct the name, or add the workflow.",
		},
		{
			ID:    resolver.RuleUnknownObserver,
			Title: "An observer that is named exists.",
			Why:   "An observer that is not in the registry cannot run. Correct the name, or add the observer.",
		},
		{
			ID:    resolver.RuleUnknownProfile,
			Title: "A cluster profile that is named exists.",
			Why:   "A profile says which cloud account a test uses. Correct the name, or declare the profile.",
		},
		{
			ID:    resolver.RuleNestedWorkflow,
			Title: "A workflow does not start from another.",
			Why:   "Which of several values wins would be anybody's guess. Put what both share into a chain.",
		},
		{
			ID:    resolver.RuleChainCycle,
			Title: "A chain does not contain itself.",
			Why:   "It would never end. Take out one of the references that the message lists.",
		},
		{
			ID:    resolver.RuleDuplicateStep,
			Title: "A test has a step once.",
			Why:   "A step's name is that of its pod, of which there can only be one, whatever the phase. Take one out, or add a step of another name.",
		},
		{
			ID:    resolver.RuleUnresolved,
			Title: "Every parameter has a value.",
			Why:   "A step's parameter without default must be given one by the chain, the workflow or the test: under env.",
		},
		{
			ID:    resolver.RuleUnusedParameter,
			Title: "A value is for a parameter that some step has.",
			Why:   "Nothing would read the value, which most likely means that its name is misspelt.",
		},
		{
			ID:    resolver.RuleUnusedDependency,
			Title: "An image is for a dependency that some step has.",
			Why:   "Nothing would use the image, which most likely means that the variable's name is misspelt.",
		},
		{
			ID:    resolver.RuleLeaseConflict,
			Title: "Of a test's leases each has a variable of its own.",
			Why:   "Test, workflow and chains each may lease something. One variable cannot hold the names of two leases: give one of them another.",
		},
		{
			ID:    RuleRegistryMetadata,
			Title: "Metadata are those of the component beside them.",
			Why:   "Metadata say who owns a component, and are found by the path in them. After a component was moved they must be made anew.",
		},
	}
}
