package rules

// testRules are about a test.
func testRules() []Rule {
	return []Rule{
		{
			ID:    RuleEmptyTest,
			Title: "A test of steps has a step.",
			Why:   "A job without steps is green whatever the code does. Name steps, or a workflow that has some; or remove the test.",
		},
		{
			ID:    RuleTestName,
			Title: "A test's name can be part of a job's and of a pod's.",
			Why: "It is at most 61 characters (42 with a claimed cluster), lower case, without a dot in tests of " +
				"steps, and none that generated jobs have themselves.",
		},
		{
			ID:    RuleDuplicateTest,
			Title: "A test's name is its own.",
			Why:   "A job finds its test by name. Rename one.",
		},
		{
			ID:    RuleTestType,
			Title: "A test is of one type, and has what that type needs.",
			Why: "container runs commands in one image and may mount Secrets; steps and literal_steps have their " +
				"commands and credentials in the steps.",
		},
		{
			ID:    RuleUnknownCluster,
			Title: "A cluster that a test names exists.",
			Why:   "The job would wait for ever. Clusters are those of the clusters' file, and those that drover.yaml lists under known.clusters.",
		},
		{
			ID:    RuleUnknownArchitecture,
			Title: "An architecture is one that there is.",
			Why:   "No node would fit, or no release be found. Architectures are those that drover.yaml lists under known.architectures; a release may also be multi.",
		},
		{
			ID:    RuleDuplicateSecret,
			Title: "A test mounts a Secret once.",
			Why:   "The second mount has the first one's name. Remove one.",
		},
		{
			ID:    RuleShards,
			Title: "A test is split into at least two jobs, and before a merge only.",
			Why:   "Each shard runs a part of the test. Leave shard_count out where there is one job.",
		},
		{
			ID:    RuleReport,
			Title: "Results are reported of jobs that there are.",
			Why:   "A periodic has a job on pull requests only with presubmit. Add presubmit, or leave report_presubmit out.",
		},
		{
			ID:    RuleClaim,
			Title: "A cluster is claimed by a test of steps that makes none itself.",
			Why: "A claimed cluster is handed to the steps, so a container test cannot have one, and a cluster profile " +
				"is for making one; labels that the claim's fields set are not set twice.",
		},
	}
}

// stepRules are about a step, in the registry or in a configuration.
func stepRules() []Rule {
	return []Rule{
		{
			ID:    RuleTrap,
			Title: "A step that traps signals has a grace period.",
			Why: "When a job is aborted its commands have seconds, unless grace_period gives them more. What they trap " +
				"signals for would be cut short.",
		},
		{
			ID:    RuleBestEffort,
			Title: "A step whose failure does not count has a timeout.",
			Why:   "A step that hangs fails the test by the job's own timeout, which best_effort cannot keep from counting. Give the step a timeout.",
		},
		{
			ID:    RuleCredentialMounts,
			Title: "No Secret is mounted over or in another.",
			Why:   "One would hide the other. Give each a folder of its own.",
		},
		{
			ID:    RuleDuplicateParameter,
			Title: "A parameter has one default.",
			Why:   "Of two defaults one counts, which readers of the other do not see. Remove one.",
		},
		{
			ID:    RuleDuplicateDependency,
			Title: "A dependency has a variable of its own.",
			Why:   "One variable cannot hold two images. Rename one.",
		},
		{
			ID:    RuleDNSConfig,
			Title: "DNS settings are such as a pod may have.",
			Why:   "Up to three name servers, by address, and up to 32 search domains; the cluster refuses pods with others.",
		},
		{
			ID:    RuleLeaseVariable,
			Title: "A lease has a type, and a variable of its own.",
			Why:   "The variable holds the name of what was leased. A second lease with the same would overwrite it.",
		},
		{
			ID:    RuleOptionalStep,
			Title: "Only steps after the test are left out when it has passed.",
			Why:   "Before that nobody knows. Move the step to post, or take optional_on_success out.",
		},
	}
}

// shareRules are about what repositories share: profiles, pools and quotas.
func shareRules() []Rule {
	return []Rule{
		{
			ID:    RuleProfileOwner,
			Title: "A cluster profile is used by its owners.",
			Why:   "It is their cloud account. Use another profile, or ask its owners to list the repository.",
		},
		{
			ID:    RuleClaimOwner,
			Title: "A cluster is claimed by those whom the pool's owner lets.",
			Why:   "Pools are paid for by their owners. Claim from another pool, or ask to be listed.",
		},
		{
			ID:    RuleProfileSet,
			Title: "A set of cluster profiles consists of profiles.",
			Why:   "A set stands for any of its members, which must be there and be no sets themselves.",
		},
		{
			ID:    RuleOwnerTwice,
			Title: "An owner is named once.",
			Why:   "The second mention says nothing, and is forgotten when the first is removed. Remove it.",
		},
		{
			ID:    RuleLeaseWithoutQuota,
			Title: "A lease type has a quota.",
			Why: "A job would wait for ever for a lease that there is none of. Add the type to the quotas, correct it, " +
				"or list it in drover.yaml under unlimited.",
		},
		{
			ID:    RuleSliceName,
			Title: `Neither a slice's name nor a type's has "--".`,
			Why:   "A lease is named after its slice, two dashes, its type and a number, and the job finds its region by the dashes. Rename it.",
		},
		{
			ID:    RuleLeaseName,
			Title: "A lease has a name of its own that a cluster object can have.",
			Why: "Boskos keeps each named lease as an object of that name, and refuses a configuration with a name twice. " +
				"A slice with one lease gives it its own name: rename the slice, or give it more leases.",
		},
		{
			ID:    RuleDefaultSlice,
			Title: `The slice "default" is the only one of its type.`,
			Why: "Alone it means leases without names, made on demand; beside others it would be a region that is called " +
				"default. Rename it, or drop the others.",
		},
		{
			ID:    RuleLeaseCount,
			Title: "A lease type has a lease.",
			Why:   "Boskos refuses a whole configuration in which a type has none. Give it one, or remove the type.",
		},
		{
			ID:    RuleLeaseChange,
			Title: "A lease type that jobs use stays what it is.",
			Why: "A type cannot change between named leases and leases on demand, nor a lease its type, while somebody holds it: " +
				"Boskos would not start again. Compared is with the Boskos configuration in the repository. Use another name, or " +
				"list the type in drover.yaml under changing once nobody holds a lease of it.",
		},
	}
}
