package rules

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
)

// RuleTarget is the rule that targets are told apart, and those that are named
// are there.
const RuleTarget = "target"

// targetName is what can be a label's value: objects carry it.
var targetName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)

// checkTargets checks which clusters the settings name, and where they name
// them.
func checkTargets(repo *repolayout.Repo) []schema.Problem {
	settings := repo.Settings.Value
	var problems []schema.Problem
	report := func(field, message string) {
		problems = append(problems, repo.Problem(repo.Settings.Path, field, RuleTarget, message))
	}
	var names []string
	home := ""
	for i, target := range settings.Targets {
		field := fmt.Sprintf("targets[%d]", i)
		switch {
		case !targetName.MatchString(target.Name):
			report(field+".name", fmt.Sprintf(`the name cannot be a label (found %q, want at most 63 lower-case letters, digits and "-")`, target.Name))
		case slices.Contains(names, target.Name):
			report(field+".name", fmt.Sprintf("the name is taken (found %q twice, want another)", target.Name))
		}
		names = append(names, target.Name)
		switch {
		case target.Context != "" && target.Secret != "":
			report(field, "a target is reached in one way (found context and secret, want one of them)")
		case !IsHome(target):
		case home != "":
			report(field, fmt.Sprintf("only one target can be the one that Drover is given (found %q beside %q, want a context or a secret)", target.Name, home))
		default:
			home = target.Name
		}
	}
	known := func(field string, used []string) {
		for i, name := range used {
			if !slices.Contains(names, name) {
				report(fmt.Sprintf("%s.targets[%d]", field, i),
					fmt.Sprintf("no target has this name (found %q, want one of those under targets)", name)+schema.DidYouMean(name, names))
			}
		}
	}
	for i, publish := range settings.Publish {
		known(fmt.Sprintf("publish[%d]", i), publish.Targets)
	}
	for _, name := range slices.Sorted(maps.Keys(settings.Groups)) {
		known(fmt.Sprintf("groups[%q]", name), settings.Groups[name].Targets)
	}
	for i, manifests := range settings.Manifests {
		known(fmt.Sprintf("manifests[%d]", i), manifests.Targets)
	}
	return problems
}

// IsHome says whether a target is the cluster that Drover is given.
func IsHome(target schema.Target) bool { return target.Context == "" && target.Secret == "" }
