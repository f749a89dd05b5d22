package rules

import "github.com/drover-ci/drover/schema"

// A Finder says what finds the problems of a rule.
type Finder string

// What finds problems. All but the last two need nothing but the repository.
const (
	// ByChecking is [Check], and so every command that judges a repository.
	ByChecking Finder = ""
	// ByOutline is the outline of what would be made of a repository: check looks
	// at it too, besides all that makes something.
	ByOutline Finder = "outline"
	// ByMaking is what makes files and objects of a repository: generate, diff, up
	// and the daemons.
	ByMaking Finder = "making"
	// ByMigrating is `drover migrate`.
	ByMigrating Finder = "migrating"
	// ByApplying is what brings a revision to a cluster, which it is told by the
	// cluster: diff, up and the daemons.
	ByApplying Finder = "applying"
)

// madeRules are about what is made of a repository. Their ids are those of the
// packages that make it, which this one does not know; a test holds the table
// against all of the program's code.
func madeRules() []Rule {
	return append(jobRules(), found(ByOutline, []Rule{
		{
			ID:    "job-file-name",
			Title: "A job file's name is its own.",
			Why:   "Prow finds the files of all folders side by side, and takes none at all while two have one name. Rename one.",
		},
		{
			ID:    "cluster-missing",
			Title: "There is a cluster to run jobs on.",
			Why:   "Where every cluster is blocked and there is no default, no job can run. Unblock one, or name a default.",
		},
		{
			ID:    "cluster-listed-twice",
			Title: "A job, a file or a cluster is listed in one place.",
			Why:   "Of two places nobody could tell which counts. Take it out of one.",
		},
		{
			ID:    "cluster-path-pattern",
			Title: "The paths of a group are regular expressions.",
			Why:   "A group's paths are matched against those of job files. Correct the expression.",
		},
		{
			ID:    "object-clash",
			Title: "A cluster object is declared once.",
			Why:   "Of two declarations of one object the later would overwrite the earlier, for ever. Remove one of them.",
		},
		{
			ID:    "manifest",
			Title: "A manifest is a cluster object.",
			Why: "Files in the folders that drover.yaml lists under manifests are applied, so each has apiVersion, kind " +
				"and a name. Files that begin with _ are left out.",
		},
		{
			ID:    "template",
			Title: "Every parameter of an OpenShift Template has a value.",
			Why: "The objects of a template are made without asking anybody. Give the parameter a value in drover.yaml, " +
				"under parameters of the folder.",
		},
		{
			ID:    "kustomization",
			Title: "A kustomization can be built from the repository alone.",
			Why: "What is fetched from elsewhere may be different tomorrow, and nothing in the repository would say so. " +
				"Copy it here, or correct what kustomize names.",
		},
	})...)
}

// jobRules are about what is seen only where files are made.
func jobRules() []Rule {
	return found(ByMaking, []Rule{
		{
			ID:    "registry-owners",
			Title: "Each component of the step registry has owners.",
			Why: "Who owns a component is read from the OWNERS file beside it. Where any component has one all must. " +
				"Add the file, or put right what cannot be read in it.",
		},
		{
			ID:    "job-file",
			Title: "Job files can be read.",
			Why: "What people set in a generated job is kept, and jobs written by hand are, for which the file must be " +
				"valid. Correct it, or remove it to have the generated jobs made anew.",
		},
		{
			ID: "job-label", Severity: schema.Warning,
			Title: "Prow gives each job a label of its own.",
			Why: "Prow labels pods and ProwJobs with the first 63 letters of the job's name, so that whoever asks for one job by " +
				"prow.k8s.io/job gets both. Shorten the branch's, the variant's or the test's name. Of more than ten such labels " +
				"generate says how many they are.",
		},
		{
			ID:    "job-cluster",
			Title: "The rules of the dispatcher say one cluster for a job.",
			Why: "Two groups that claim a file contradict each other, and a job with capabilities that no open cluster " +
				"has can run nowhere. Correct the groups, or the capabilities.",
		},
		{
			ID:    "publish-size",
			Title: "A published ConfigMap is at most 1 MiB.",
			Why:   "The API server takes nothing larger. Set gzip or split, or publish fewer files.",
		},
	})
}

// publishRules are about the files that become ConfigMaps.
func publishRules() []Rule {
	return found(ByOutline, []Rule{
		{
			ID:    "publish-name",
			Title: "A published ConfigMap has a name.",
			Why:   "It is one by configMap, or several by parts. Give one of the two; split divides a single one.",
		},
		{
			ID:    "publish-place",
			Title: "Files are published to places that there are.",
			Why:   "A place is a target with a namespace, and a group has both. Correct the name, or complete the group.",
		},
		{
			ID:    "publish-glob",
			Title: "A glob can be read.",
			Why:   "Brackets and braces come in pairs, and ** stands alone between slashes. Correct the pattern.",
		},
		{
			ID:    "publish-empty",
			Title: "Published files exist.",
			Why:   "A misspelt glob must not empty a ConfigMap that jobs read. Correct it, or remove the entry.",
		},
		{
			ID:    "publish-key",
			Title: "Published files have keys of their own.",
			Why: "A key is a file's name without its folder, so that files of different folders can meet. Set fullPath, " +
				"or publish them into different ConfigMaps.",
		},
	})
}

// outsideRules are those for which more is needed than the repository.
func outsideRules() []Rule {
	return append(found(ByMigrating, []Rule{
		{
			ID:    "migrate-by-hand",
			Title: "An older form is written a line a field.",
			Why: "`drover migrate` moves whole lines, so that comments stay. What stands in braces, or in several " +
				"places at once, a person has to rewrite.",
		},
	}), found(ByApplying, []Rule{
		{
			ID:    "cluster-object",
			Title: "A declared object can be sent.",
			Why:   "Its kind must be known to the cluster, and its namespace be given where the kind has one. Correct it, or install the definition.",
		},
		{
			ID:    "cluster-duplicate",
			Title: "Two files do not declare one object.",
			Why:   "Each would overwrite the other's, in turn. Remove one of the two.",
		},
		{
			ID:    "cluster-empty",
			Title: "A revision does not empty a cluster.",
			Why:   "A revision that declares nothing where much is owned is taken for an accident. Correct the paths in drover.yaml.",
		},
		{
			ID:    "cluster-prune",
			Title: "Deleting much, or what much hangs on, is said in so many words.",
			Why: "A moved folder must not cost a namespace. Annotate what may go with drover.dev/prune: allowed, or raise " +
				"guards in drover.yaml for one revision.",
		},
		{
			ID:    "cluster-owner",
			Title: "An object has one owner.",
			Why:   "What another Drover keeps would change back and forth. Take it out of one of the two repositories.",
		},
		{
			ID:    "cluster-refused",
			Title: "The cluster takes every object.",
			Why: "Each is tried before any is written, and one that the cluster's validation or a webhook does not take holds " +
				"back the revision. The message is the cluster's.",
		},
		{
			ID:    "lease-held",
			Title: "A lease type stays what it is while somebody holds leases of it.",
			Why: "What a job holds cannot be taken away from it. Lower the quota first and remove the type once its " +
				"leases were given back, or give the new leases a type of another name.",
		},
	})...)
}

// found sets what finds the problems of rules.
func found(by Finder, rules []Rule) []Rule {
	for i := range rules {
		rules[i].By = by
	}
	return rules
}
