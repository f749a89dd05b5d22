package rules

import (
	"regexp"
	"slices"
	"strings"

	"github.com/drover-ci/drover/schema"
)

// Rules about one test.
const (
	RuleTestName        = "test-name"
	RuleDuplicateTest   = "duplicate-test"
	RuleTestType        = "test-type"
	RuleUnknownCluster  = "unknown-cluster"
	RuleDuplicateSecret = "duplicate-secret"
	RuleShards          = "shard-count"
	RuleClaim           = "cluster-claim"
	RuleReport          = "report-presubmit"
	RuleEmptyTest       = "empty-test"
)

// tests checks each test by itself, and that each has its own name.
func (c *configCheck) tests() {
	first := map[string]int{}
	for i := range c.config.Tests {
		test := &c.config.Tests[i]
		field := item("tests", i)
		if before, ok := first[test.As]; ok {
			c.alsof([]schema.Place{place(c.file, item("tests", before))}, field+".as", RuleDuplicateTest,
				"the name is taken (found %q, which %s has too, want another)", test.As, item("tests", before))
		} else {
			first[test.As] = i
		}
		c.testName(field, test)
		c.testType(field, test)
		c.testCluster(field, test)
		c.secrets(field, test)
		c.schedule(field, test)
		c.architecture(field+".node_architecture", string(test.NodeArchitecture), c.world)
		c.stepsOf(field, test)
	}
}

// testName is a DNS subdomain: the name becomes that of pods.
var testName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`)

// shardSuffix is what the names of a test's shards end with.
var shardSuffix = regexp.MustCompile(`-[0-9]+of[0-9]+$`)

// maxTestName leaves room for what is put around the name; a claim's objects
// need more.
const (
	maxTestName  = 61
	maxClaimName = 42
)

func (c *configCheck) testName(field string, test *schema.Test) {
	most, needs := maxTestName, ""
	if test.ClusterClaim != nil {
		most, needs = maxClaimName, " for a test that claims a cluster"
	}
	field += ".as"
	switch {
	case test.As == "":
		c.reportf(field, RuleTestName, "the test has no name (found nothing, want one such as unit)")
	case len(test.As) > most:
		c.reportf(field, RuleTestName, "the name is too long (found %d characters, want at most %d%s)", len(test.As), most, needs)
	case !testName.MatchString(test.As):
		c.reportf(field, RuleTestName,
			`the name cannot be that of a pod (found %q, want lower-case letters, digits, "-" and ".", a letter or digit at both ends)`, test.As)
	case matchesAny(c.world.reservedTests, test.As):
		c.reportf(field, RuleTestName, "the name is kept for jobs that build images (found %q, want one that matches none of %s)",
			test.As, strings.Join(c.world.known.ReservedTests, ", "))
	case shardSuffix.MatchString(test.As):
		c.reportf(field, RuleTestName, `the name ends like that of a shard (found %q, want a name that does not end with "-NofM")`, test.As)
	case strings.Contains(test.As, ".") && (test.Steps != nil || test.LiteralSteps != nil):
		c.reportf(field, RuleTestName, `the name of a test of steps becomes part of other names (found %q, want one without ".")`, test.As)
	case c.isItem(test.As):
		c.alsof([]schema.Place{place(c.file, c.names.fields[test.As])}, field, RuleTestName,
			"the name is that of an image (found %q, which %s makes, want another)", test.As, c.names.fields[test.As])
	}
}

// isItem says whether an image that is built by name is called so.
func (c *configCheck) isItem(name string) bool {
	return strings.HasPrefix(c.names.fields[name], "images.items")
}

// testType: a test is of one type.
func (c *configCheck) testType(field string, test *schema.Test) {
	types := countTrue(test.Container != nil, test.Steps != nil, test.LiteralSteps != nil)
	if types != 1 {
		c.reportf(field, RuleTestType, "a test is of one type (found %s, want container, steps or literal_steps)", typesOf(test))
	}
	if test.Container != nil && test.Commands == "" {
		c.reportf(field+".commands", RuleTestType, "a container test runs commands (found none, want commands such as make test)")
	}
	if types == 1 && test.Container == nil && test.Commands != "" {
		c.reportf(field+".commands", RuleTestType,
			"the commands of a test of steps are in its steps (found commands beside steps, want them in a step, or container instead of steps)")
	}
	if test.Container != nil && test.Container.From != "" && c.names.fields[test.Container.From] == "" {
		c.reportf(field+".container.from", RuleUnknownImage, "%s", c.names.unknown(test.Container.From))
	}
	if test.Container != nil && c.config.BuildRoot == nil && slices.Contains([]string{"src", "bin", "test-bin"}, test.Container.From) {
		c.reportf(field+".container.from", RuleSourceBuild, "nothing says in which image the source is prepared (found %q without build_root, want a build_root)",
			test.Container.From)
	}
	c.testClaim(field, test)
}

// typesOf names the types of a test that has none or several.
func typesOf(test *schema.Test) string {
	var names []string
	for _, each := range []struct {
		name string
		set  bool
	}{{"container", test.Container != nil}, {"steps", test.Steps != nil}, {"literal_steps", test.LiteralSteps != nil}} {
		if each.set {
			names = append(names, each.name)
		}
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, " and ")
}

// testClaim: a cluster is claimed for steps.
func (c *configCheck) testClaim(field string, test *schema.Test) {
	if claim := test.ClusterClaim; claim != nil {
		if test.Container != nil {
			c.reportf(field+".cluster_claim", RuleClaim, "only a test of steps can claim a cluster (found a claim beside container, want steps)")
		}
		c.claim(field+".cluster_claim", claim)
	}
}

// testCluster: a cluster that is named exists.
func (c *configCheck) testCluster(field string, test *schema.Test) {
	if test.Cluster == "" || c.world.hasCluster(test.Cluster) {
		return
	}
	c.reportf(field+".cluster", RuleUnknownCluster,
		"there is no such cluster (found %q, want one that %s lists, or that drover.yaml allows under known.clusters: %s)%s",
		test.Cluster, c.world.clustersFile, strings.Join(c.world.clusterPatterns, ", "), schema.DidYouMean(test.Cluster, c.world.clusterNames))
}

// secrets: only a container test mounts Secrets, each once.
func (c *configCheck) secrets(field string, test *schema.Test) {
	if test.Container == nil && (test.Secret != nil || len(test.Secrets) > 0) {
		name := field + ".secrets"
		if test.Secret != nil {
			name = field + ".secret"
		}
		c.reportf(name, RuleTestType, "only a container test mounts Secrets so (found one in a test of steps, want credentials in the step that needs it)")
	}
	first := map[string]int{}
	for i, secret := range test.Secrets {
		name := secret.Name
		if name == "" {
			continue
		}
		if before, again := first[name]; again {
			c.reportf(item(field+".secrets", i)+".name", RuleDuplicateSecret, "the Secret is mounted already (found %q, which %s mounts too, want it once)",
				name, item(field+".secrets", before))
			continue
		}
		first[name] = i
	}
	c.secretMounts(field+".secrets", test.Secrets)
}

// secretMounts: no Secret is mounted over or in another.
func (c *configCheck) secretMounts(field string, secrets []schema.Secret) {
	mounts := make([]schema.Credential, 0, len(secrets))
	for _, secret := range secrets {
		mounts = append(mounts, schema.Credential{MountPath: secret.MountPath})
	}
	s := &stepCheck{collector: collector{file: c.file}, world: c.world}
	s.credentials(field, mounts)
	c.problems = append(c.problems, s.problems...)
}

// schedule: shards are of tests before a merge, and results are only reported
// of jobs that there are.
func (c *configCheck) schedule(field string, test *schema.Test) {
	if test.ShardCount != nil {
		switch {
		case *test.ShardCount < 2:
			c.reportf(field+".shard_count", RuleShards, "a test is split into two jobs at least (found %d, want 2 or more, or no shard_count)", *test.ShardCount)
		case test.Postsubmit:
			c.reportf(field+".shard_count", RuleShards, "a test that runs after a merge cannot be split (found shard_count beside postsubmit, want only one of them)")
		}
	}
	if schedule := scheduleOf(test); schedule != "" && !test.Presubmit {
		c.onlyPeriodic(field, schedule, test)
	}
}

// scheduleOf is the field that makes a test periodic, or "".
func scheduleOf(test *schema.Test) string {
	switch {
	case test.Cron != nil:
		return "cron"
	case test.Interval != nil:
		return "interval"
	case test.MinimumInterval != nil:
		return "minimum_interval"
	case test.ReleaseController:
		return "release_controller"
	default:
		return ""
	}
}

// onlyPeriodic: a test without a job on pull requests says nothing of one.
func (c *configCheck) onlyPeriodic(field, schedule string, test *schema.Test) {
	if test.ReporterConfig != nil && test.ReporterConfig.ReportPresubmit {
		c.reportf(field+".reporter_config.report_presubmit", RuleReport,
			"the test has no job on pull requests to report on (found report_presubmit without presubmit, want both or neither)")
	}
	for _, each := range []struct {
		name string
		set  bool
	}{
		{"run_if_changed", test.RunIfChanged != ""},
		{"skip_if_only_changed", test.SkipIfOnlyChanged != ""},
		{"optional", test.Optional},
	} {
		if each.set {
			c.reportf(field+"."+each.name, ruleExclusiveFields,
				"a periodic test changes no files and blocks no merge (found %s and %s, want presubmit too, or only one of them)", schedule, each.name)
		}
	}
}

// hasCluster says whether there is a cluster of a name.
func (w *world) hasCluster(name string) bool {
	return slices.Contains(w.clusterNames, name) || matchesAny(w.clusters, name)
}
