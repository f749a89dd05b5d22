package rules

import (
	"fmt"
	"regexp"
	"strings"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
)

// Rules about one configuration.
const (
	RuleEmptyConfig   = "empty-config"
	RuleResources     = "resources"
	RuleTestName      = "test-name"
	RuleDuplicateTest = "duplicate-test"
	RuleTestType      = "test-type"
	RuleBuildRoot     = "build-root"
)

// configCheck collects the problems of one configuration.
type configCheck struct {
	repo     *repolayout.Repo
	doc      *ConfigDoc
	problems []schema.Problem
}

func (c *configCheck) reportf(field, rule, format string, args ...any) {
	c.problems = append(c.problems, problem(c.doc.Path, field, rule, fmt.Sprintf(format, args...)))
}

// checkConfig checks one configuration by itself.
func checkConfig(repo *repolayout.Repo, doc *ConfigDoc) []schema.Problem {
	c := &configCheck{repo: repo, doc: doc}
	c.content()
	c.resources()
	c.buildRoot()
	c.duplicateTests()
	for i := range c.doc.Value.Tests {
		c.test(fmt.Sprintf("tests[%d]", i), &c.doc.Value.Tests[i])
	}
	return c.problems
}

// content: a configuration is for something.
func (c *configCheck) content() {
	config := c.doc.Value
	images := config.Images != nil && len(config.Images.Items) > 0
	promotion := config.Promotion != nil && len(config.Promotion.To) > 0
	if len(config.Tests) == 0 && !images && !promotion {
		c.reportf("", RuleEmptyConfig, "the configuration does nothing (found no tests, images or promotion, want at least one of them)")
	}
}

// resources: what is not named must be covered by "*".
func (c *configCheck) resources() {
	if _, ok := c.doc.Value.Resources["*"]; !ok {
		c.reportf("resources", RuleResources, `the resources of what is not named are missing (found no "*", want "*" with requests or limits)`)
	}
	for name, requirements := range c.doc.Value.Resources {
		if len(requirements.Requests)+len(requirements.Limits) == 0 {
			c.reportf(fmt.Sprintf("resources[%q]", name), RuleResources, "the entry says nothing (found no requests and no limits, want at least one)")
		}
	}
}

// buildRoot: one source of the image that the code is built in, and images
// need one.
func (c *configCheck) buildRoot() {
	root := c.doc.Value.BuildRoot
	if root == nil {
		return
	}
	sources := countTrue(root.ImageStreamTag != nil, root.ProjectImage != nil, root.FromRepository)
	if sources != 1 {
		c.reportf("build_root", RuleBuildRoot,
			"the image to build in must have one source (found %d of image_stream_tag, project_image and from_repository, want 1)", sources)
	}
}

func (c *configCheck) duplicateTests() {
	first := map[string]int{}
	for i, test := range c.doc.Value.Tests {
		if before, ok := first[test.As]; ok {
			c.reportf(fmt.Sprintf("tests[%d].as", i), RuleDuplicateTest, "the name is taken (found %q, which tests[%d] has too)", test.As, before)
			continue
		}
		first[test.As] = i
	}
}

// testName is a DNS subdomain: the name becomes that of pods.
var testName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`)

// maxTestName leaves room for what is put around the name; a claim's objects
// need more.
const (
	maxTestName  = 61
	maxClaimName = 42
)

func (c *configCheck) test(field string, test *schema.Test) {
	most := maxTestName
	if test.ClusterClaim != nil {
		most = maxClaimName
	}
	switch {
	case test.As == "":
		c.reportf(field+".as", RuleTestName, "the test has no name")
	case len(test.As) > most:
		c.reportf(field+".as", RuleTestName, "the name is too long (found %d characters, want at most %d)", len(test.As), most)
	case !testName.MatchString(test.As):
		c.reportf(field+".as", RuleTestName,
			`the name cannot be that of a pod (found %q, want lower-case letters, digits, "-" and ".", a letter or digit at both ends)`, test.As)
	case test.As == "images" || strings.HasPrefix(test.As, "ci-index"):
		c.reportf(field+".as", RuleTestName, "the name is reserved (found %q)", test.As)
	}
	c.testType(field, test)
}

// testType: a test is of one type.
func (c *configCheck) testType(field string, test *schema.Test) {
	types := countTrue(test.Container != nil, test.Steps != nil, test.LiteralSteps != nil)
	if types != 1 {
		c.reportf(field, RuleTestType, "a test has one type (found %d of container, steps and literal_steps, want 1)", types)
	}
	if test.Container != nil && test.Commands == "" {
		c.reportf(field+".commands", RuleTestType, "a container test needs commands (found none)")
	}
	if test.Container != nil && test.Container.From == "" {
		c.reportf(field+".container.from", RuleTestType, "a container test needs an image (found none)")
	}
	if test.Steps != nil && test.Commands != "" {
		c.reportf(field+".commands", RuleTestType, "the commands of a test of steps are in its steps (found commands beside steps)")
	}
}

func countTrue(conditions ...bool) int {
	count := 0
	for _, condition := range conditions {
		if condition {
			count++
		}
	}
	return count
}
