package prowjobs

import (
	"regexp"
	"strings"
)

// remainingRequired is what people write to start all jobs that do not start by
// themselves but have to pass.
const remainingRequired = "remaining-required"

// trigger is the expression for the comments that start a presubmit: /test with
// what the expression name stands for.
func trigger(name string) string { return `(?m)^/test( | .* )` + name + `,?($|\s.*)` }

// exactBranch is the expression for one branch. A branch that looks like an
// expression is taken for one.
func exactBranch(branch string) string {
	if !isPlainBranch(branch) {
		return branch
	}
	return "^" + regexp.QuoteMeta(branch) + "$"
}

// exactAndFeatureBranches are the expressions for a branch and for those that
// are split off it by name: release-1 and release-1-fix.
func exactAndFeatureBranches(branch string) []string {
	if !isPlainBranch(branch) {
		return []string{branch}
	}
	quoted := regexp.QuoteMeta(branch)
	return []string{"^" + quoted + "$", "^" + quoted + "-"}
}

// isPlainBranch says whether a branch's name is no expression.
func isPlainBranch(branch string) bool {
	return strings.IndexFunc(branch, func(r rune) bool { return !isWordRune(r) }) < 0
}

// isWordRune says whether a rune may stand in the name of a job file.
func isWordRune(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == '-' || r == '.'
}
