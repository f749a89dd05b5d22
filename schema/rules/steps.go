package rules

import (
	"maps"
	"net/netip"
	"path"
	"regexp"
	"slices"
	"strings"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
)

// Rules about one step, wherever it is written.
const (
	RuleTrap                = "trap-grace-period"
	RuleBestEffort          = "best-effort-timeout"
	RuleCredentialMounts    = "credential-mounts" //nolint:gosec // the name of a rule
	RuleDuplicateParameter  = "duplicate-parameter"
	RuleDuplicateDependency = "duplicate-dependency"
	RuleImageReference      = "image-reference"
	RuleDNSConfig           = "dns-config"
	RuleLeaseVariable       = "lease-variable"
)

// checkComponents checks the steps that the step registry spells out.
func checkComponents(repo *repolayout.Repo, w *world) []schema.Problem {
	var problems []schema.Problem
	add := func(file string, unread []schema.Problem, check func(*stepCheck)) {
		c := &stepCheck{collector: collector{file: file}, world: w}
		check(c)
		problems = append(problems, unaffected(c.problems, unread)...)
	}
	for _, ref := range repo.Refs {
		add(ref.Path, ref.Problems, func(c *stepCheck) {
			literal := resolver.LiteralOfRef(ref.Value)
			c.literal("ref", &literal)
		})
	}
	for _, chain := range repo.Chains {
		add(chain.Path, chain.Problems, func(c *stepCheck) {
			c.list("chain.steps", chain.Value.Steps)
			c.leases("chain.leases", chain.Value.Leases)
			c.parameters("chain.env", chain.Value.Environment)
		})
	}
	for _, workflow := range repo.Workflows {
		add(workflow.Path, workflow.Problems, func(c *stepCheck) { c.testSteps("workflow.steps", &workflow.Value.Steps) })
	}
	for _, observer := range repo.Observers {
		add(observer.Path, observer.Problems, func(c *stepCheck) {
			c.stepResources("observer.resources", observer.Value.Resources)
			c.parameters("observer.env", observer.Value.Environment)
			c.trap("observer", observer.Value.Commands, observer.Value.GracePeriod)
		})
	}
	return problems
}

// checkComponentsAgain checks the components that a change brings: the others were
// sound, and are so for as long as what they are held against stays.
func checkComponentsAgain(c *Checked, w *world, last *Checked, since *changes) []schema.Problem {
	if since.leaseTypes || !maps.Equal(last.optional, w.optional) {
		return checkComponents(c.Repo, w)
	}
	return checkComponents(&repolayout.Repo{
		Refs:      changedDocs(last.Repo.Refs, c.Repo.Refs),
		Chains:    changedDocs(last.Repo.Chains, c.Repo.Chains),
		Workflows: changedDocs(last.Repo.Workflows, c.Repo.Workflows),
		Observers: changedDocs(last.Repo.Observers, c.Repo.Observers),
	}, w)
}

// changedDocs are the documents that were not there before.
func changedDocs[T any](last, next []*repolayout.Doc[T]) []*repolayout.Doc[T] {
	var changed []*repolayout.Doc[T]
	for _, each := range repolayout.Differences(last, next) {
		if each.After != nil {
			changed = append(changed, each.After)
		}
	}
	return changed
}

// stepCheck collects the problems of the steps of one file.
type stepCheck struct {
	collector

	world *world
}

// stepsOf checks the steps that a test spells out.
func (c *configCheck) stepsOf(field string, test *schema.Test) {
	s := &stepCheck{collector: collector{file: c.file}, world: c.world}
	if test.Steps != nil {
		s.testSteps(field+".steps", test.Steps)
	}
	if literal := test.LiteralSteps; literal != nil {
		at := field + ".literal_steps"
		for phase, steps := range literalPhases(literal) {
			for i := range steps {
				s.literal(item(at+"."+phase, i), &steps[i])
				if phase != lastPhase && isTrue(steps[i].OptionalOnSuccess) {
					s.optionalStep(item(at+"."+phase, i), steps[i].As, nil)
				}
			}
		}
		s.dns(at+".dnsConfig", literal.DNSConfig)
		s.nodeArchitecture(at, literal.NodeArchitecture, c.world)
		s.leases(at+".leases", literal.Leases)
		if profile := literal.ClusterProfileLiteral; profile != nil {
			s.checkLease(at+".cluster_profile_literal.lease_type", profile.LeaseType, c.world)
			s.checkLease(at+".cluster_profile_literal.ip_pool_lease_type", profile.IPPoolLeaseType, c.world)
		}
	}
	c.problems = append(c.problems, s.problems...)
}

// literalPhases are the phases of a test by their fields.
func literalPhases(steps *schema.LiteralTestSteps) map[string][]schema.LiteralTestStep {
	return map[string][]schema.LiteralTestStep{"pre": steps.Pre, "test": steps.Test, lastPhase: steps.Post}
}

func (c *stepCheck) testSteps(field string, steps *schema.TestSteps) {
	c.list(field+".pre", steps.Pre)
	c.list(field+".test", steps.Test)
	c.list(field+".post", steps.Post)
	c.optional(field+".pre", steps.Pre)
	c.optional(field+".test", steps.Test)
	c.dns(field+".dnsConfig", steps.DNSConfig)
	c.nodeArchitecture(field, steps.NodeArchitecture, c.world)
	for _, step := range slices.Sorted(maps.Keys(steps.NodeArchitectureOverrides)) {
		c.architecture(key(field+".node_architecture_overrides", step), string(steps.NodeArchitectureOverrides[step]), c.world)
	}
	c.leases(field+".leases", steps.Leases)
}

// list checks the steps of a list that are neither references nor chains.
func (c *stepCheck) list(field string, steps []schema.TestStep) {
	for i := range steps {
		if steps[i].Reference == nil && steps[i].Chain == nil {
			literal := resolver.LiteralOf(&steps[i])
			c.literal(item(field, i), &literal)
		}
	}
}

// literal checks a step.
func (c *stepCheck) literal(field string, step *schema.LiteralTestStep) {
	if step.BestEffort != nil && *step.BestEffort && step.Timeout == nil {
		c.reportf(field+".best_effort", RuleBestEffort,
			"a step whose failure does not count must not hang for ever either (found best_effort without timeout, want a timeout such as 30m)")
	}
	c.trap(field, step.Commands, step.GracePeriod)
	c.credentials(field+".credentials", step.Credentials)
	c.stepResources(field+".resources", step.Resources)
	c.parameters(field+".env", step.Environment)
	c.dependencies(field+".dependencies", step.Dependencies)
	c.dns(field+".dnsConfig", step.DNSConfig)
	c.nodeArchitecture(field, step.NodeArchitecture, c.world)
	c.leases(field+".leases", step.Leases)
	c.reference(field+".from", step.From)
}

// stepResources: a pod for which nothing is set aside is the first to be ended
// where memory is short, and the configuration's resources are not for steps.
func (c *stepCheck) stepResources(field string, resources schema.ResourceRequirements) {
	if len(resources.Requests)+len(resources.Limits) == 0 {
		c.reportf(field, RuleResources, "a step says itself what it needs (found no requests and no limits, want at least one, such as requests of cpu and memory)")
	}
	c.requirements(field, resources, c.world)
}

// trap: commands that handle signals need time to do it.
func (c *stepCheck) trap(field, commands string, grace *schema.Duration) {
	if grace != nil {
		return
	}
	if line := trapLine(commands); line > 0 {
		c.reportf(field+".commands", RuleTrap,
			"commands that trap signals need time to handle them (found trap in line %d of the commands, want a grace_period such as 10m)", line)
	}
}

// trapLine gives the line with the word trap, or 0.
func trapLine(commands string) int {
	const word = "trap"
	for start := 0; ; {
		i := strings.Index(commands[start:], word)
		if i < 0 {
			return 0
		}
		i += start
		start = i + len(word)
		if (i == 0 || !isWord(commands[i-1])) && (start == len(commands) || !isWord(commands[start])) {
			return strings.Count(commands[:i], "\n") + 1
		}
	}
}

func isWord(b byte) bool {
	return b == '_' || '0' <= b && b <= '9' || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z'
}

// credentials: no Secret is mounted over or in another.
func (c *stepCheck) credentials(field string, credentials []schema.Credential) {
	for i, credential := range credentials {
		for j, other := range credentials[:i] {
			one, two := path.Clean(credential.MountPath), path.Clean(other.MountPath)
			if credential.MountPath == "" || other.MountPath == "" {
				continue
			}
			if one == two || strings.HasPrefix(one, two+"/") || strings.HasPrefix(two, one+"/") {
				c.reportf(item(field, i)+".mount_path", RuleCredentialMounts,
					"a Secret may not be mounted at or below another (found %q, and %q at %s, want folders beside each other)",
					credential.MountPath, other.MountPath, item(field, j))
				break
			}
		}
	}
}

// parameters: none has two defaults.
func (c *stepCheck) parameters(field string, parameters []schema.StepParameter) {
	first := map[string]int{}
	for i, parameter := range parameters {
		if parameter.Default == nil {
			continue
		}
		before, again := first[parameter.Name]
		if again && *parameters[before].Default != *parameter.Default {
			c.reportf(item(field, i)+".default", RuleDuplicateParameter, "the parameter has another default already (found %q for %s, and %q at %s, want one)",
				*parameter.Default, parameter.Name, *parameters[before].Default, item(field, before))
		}
		if !again {
			first[parameter.Name] = i
		}
	}
}

// dependencies: each has a variable of its own, and an image that can be one.
func (c *stepCheck) dependencies(field string, dependencies []schema.StepDependency) {
	first := map[string]int{}
	for i, dependency := range dependencies {
		at := item(field, i)
		c.reference(at+".name", dependency.Name)
		if before, again := first[dependency.Env]; again && dependency.Env != "" {
			c.reportf(at+".env", RuleDuplicateDependency, "the variable is taken (found %q, which %s has too, want another)",
				dependency.Env, item(field, before))
			continue
		}
		first[dependency.Env] = i
	}
}

// reference: an image is named by itself, or as stream:tag.
func (c *stepCheck) reference(field, name string) {
	if name != "" && !isReference(name) {
		c.reportf(field, RuleImageReference, "the text names no image (found %q, want a name, or a stream and a tag such as stable:cli)", name)
	}
}

// isReference says whether text has the form of an image's name, or of a
// stream and a tag.
func isReference(text string) bool {
	parts := strings.Split(text, ":")
	return len(parts) <= 2 && !slices.Contains(parts, "")
}

// What a pod's DNS settings may have at most.
const (
	maxNameservers = 3
	maxSearches    = 32
)

var domain = regexp.MustCompile(`^[a-z0-9_]([-a-z0-9_]*[a-z0-9])?(\.[a-z0-9_]([-a-z0-9_]*[a-z0-9])?)*\.?$`)

// dns: the settings are such as a pod may have.
func (c *stepCheck) dns(field string, config *schema.DNSConfig) {
	if config == nil {
		return
	}
	if len(config.Nameservers)+len(config.Searches) == 0 {
		c.reportf(field, RuleDNSConfig, "the DNS settings say nothing (found no nameservers and no searches, want at least one)")
	}
	if len(config.Nameservers) > maxNameservers {
		c.reportf(field+".nameservers", RuleDNSConfig, "a pod has %d name servers at most (found %d, want fewer)", maxNameservers, len(config.Nameservers))
	}
	if len(config.Searches) > maxSearches {
		c.reportf(field+".searches", RuleDNSConfig, "a pod has %d search domains at most (found %d, want fewer)", maxSearches, len(config.Searches))
	}
	for i, server := range config.Nameservers {
		if _, err := netip.ParseAddr(server); err != nil {
			c.reportf(item(field+".nameservers", i), RuleDNSConfig, "a name server is given by its address (found %q, want one such as 10.0.0.53)", server)
		}
	}
	for i, search := range config.Searches {
		if !domain.MatchString(search) {
			c.reportf(item(field+".searches", i), RuleDNSConfig, "a search domain is a name (found %q, want one such as svc.cluster.local)", search)
		}
	}
}

// leases: each is of a type that there are leases of, and has a variable of its own.
func (c *stepCheck) leases(field string, leases []schema.StepLease) {
	first := map[string]int{}
	for i, lease := range leases {
		at := item(field, i)
		c.checkLease(at+".resource_type", lease.ResourceType, c.world)
		if before, again := first[lease.Env]; again {
			c.reportf(at+".env", RuleLeaseVariable, "the variable is taken (found %q, which %s has too, want another)", lease.Env, item(field, before))
			continue
		}
		first[lease.Env] = i
	}
}
