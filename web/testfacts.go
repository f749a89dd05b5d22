package web

import (
	"strconv"
	"strings"

	"github.com/drover-ci/drover/schema"
)

func itoa(n int) string { return strconv.Itoa(n) }

func joinWords(words []string) string { return strings.Join(words, ", ") }

// whenRuns says in words when a test's job runs.
func whenRuns(test *schema.Test) string {
	switch {
	case test.Postsubmit:
		return "after a merge"
	case test.Cron != nil:
		return "at " + *test.Cron
	case test.Interval != nil:
		return "every " + *test.Interval
	case test.MinimumInterval != nil:
		return *test.MinimumInterval + " after the last run"
	case test.ReleaseController:
		return "by the release controller"
	case test.RunIfChanged != "":
		return "where matching files change"
	case test.SkipIfOnlyChanged != "":
		return "unless only matching files change"
	case test.PipelineRunIfChanged != "" || test.PipelineSkipIfOnlyChanged != "":
		return "when the pipeline asks"
	case test.AlwaysRun != nil && !*test.AlwaysRun:
		return "on request"
	default:
		return "on every pull request"
	}
}

// testFacts are what a test says of itself.
func testFacts(test *schema.Test) []fact {
	var facts []fact
	add := func(name, value string) {
		if value != "" {
			facts = append(facts, fact{Name: name, Value: value})
		}
	}
	add("Runs if changed", test.RunIfChanged)
	add("Skipped if only changed", test.SkipIfOnlyChanged)
	add("Pipeline runs if changed", test.PipelineRunIfChanged)
	add("Pipeline skips if only changed", test.PipelineSkipIfOnlyChanged)
	if test.Optional {
		add("Failure", "does not block a merge")
	}
	add("Capabilities", joinWords(test.Capabilities))
	add("Cluster", test.Cluster)
	add("Architecture", string(test.NodeArchitecture))
	add("Timeout", durationText(test.Timeout))
	if test.ShardCount != nil && *test.ShardCount > 1 {
		add("Shards", itoa(*test.ShardCount))
	}
	if test.Container != nil {
		add("Image", test.Container.From)
	}
	if claim := test.ClusterClaim; claim != nil {
		add("Claims a cluster", strings.TrimSpace(strings.Join([]string{claim.Product, claim.Version, claim.Architecture, claim.Cloud}, " ")))
	}
	if test.Steps != nil && test.Steps.Workflow != nil {
		facts = append(facts, fact{Name: "Workflow", Value: *test.Steps.Workflow, URL: "/workflow/" + *test.Steps.Workflow})
	}
	return facts
}
