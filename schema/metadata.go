package schema

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
)

// ParseMetadata reads the form org/repo@branch or org/repo@branch__variant,
// which [Metadata.String] gives. Every part before the variant is required.
func ParseMetadata(s string) (Metadata, error) {
	component, rest, ok := strings.Cut(s, "@")
	org, repo, ok2 := strings.Cut(component, "/")
	branch, variant, _ := strings.Cut(rest, "__")
	if !ok || !ok2 || org == "" || repo == "" || branch == "" || strings.Contains(repo, "/") {
		return Metadata{}, fmt.Errorf("%q does not name a configuration: want ORG/REPO@BRANCH or ORG/REPO@BRANCH__VARIANT", s)
	}
	return Metadata{Org: org, Repo: repo, Branch: branch, Variant: variant}, nil
}

// String is the form that [ParseMetadata] reads.
func (m Metadata) String() string {
	s := m.Org + "/" + m.Repo + "@" + m.Branch
	if m.Variant != "" {
		s += "__" + m.Variant
	}
	return s
}

// Compare orders by organization, repository, branch and variant.
func (m Metadata) Compare(other Metadata) int {
	return cmp.Or(
		cmp.Compare(m.Org, other.Org),
		cmp.Compare(m.Repo, other.Repo),
		cmp.Compare(m.Branch, other.Branch),
		cmp.Compare(m.Variant, other.Variant),
	)
}

// Component is the repository that the configuration is for: org/repo.
func (m Metadata) Component() string { return m.Org + "/" + m.Repo }

// Basename is the configuration file's name: org-repo-branch[__variant].yaml.
// A slash in the branch is part of the name and so becomes a folder.
func (m Metadata) Basename() string {
	name := m.Org + "-" + m.Repo + "-" + m.Branch
	if m.Variant != "" {
		name += "__" + m.Variant
	}
	return name + ".yaml"
}

// Path is the configuration file's path below the configurations' folder.
func (m Metadata) Path() string { return m.Org + "/" + m.Repo + "/" + m.Basename() }

// TestName is a test's name as people type it: the variant, if any, and the
// test.
func (m Metadata) TestName(test string) string {
	if m.Variant == "" {
		return test
	}
	return m.Variant + "-" + test
}

// JobName is the name of the Prow job that runs a test; prefix is pull, branch
// or periodic.
func (m Metadata) JobName(prefix, test string) string {
	return prefix + "-ci-" + m.Org + "-" + m.Repo + "-" + m.Branch + "-" + m.TestName(test)
}

// Context is what the presubmit that runs a test is reported as on a pull request.
func (m Metadata) Context(test string) string { return "ci/prow/" + m.TestName(test) }

// ExactBranch is the expression for the branch. One that looks like an expression is
// taken for one.
func (m Metadata) ExactBranch() string {
	if !m.isPlainBranch() {
		return m.Branch
	}
	return "^" + regexp.QuoteMeta(m.Branch) + "$"
}

// ExactAndFeatureBranches are the expressions for the branch and for those that are
// split off it by name: release-1 and release-1-fix.
func (m Metadata) ExactAndFeatureBranches() []string {
	if !m.isPlainBranch() {
		return []string{m.Branch}
	}
	quoted := regexp.QuoteMeta(m.Branch)
	return []string{"^" + quoted + "$", "^" + quoted + "-"}
}

// isPlainBranch says whether the branch's name is no expression.
func (m Metadata) isPlainBranch() bool {
	return strings.IndexFunc(m.Branch, func(r rune) bool { return !isWordRune(r) }) < 0
}

// JobFile is the path, below the folder of jobs, of the file of a component's jobs of a
// kind for a branch, or for those that an expression finds: org/repo/org-repo-branch-kind.yaml.
func JobFile(component, branch string, kind JobKind) string {
	label := strings.Map(func(r rune) rune {
		if isWordRune(r) {
			return r
		}
		return -1
	}, branch)
	label = cmp.Or(strings.Trim(label, "-._"), "main")
	return component + "/" + strings.ReplaceAll(component, "/", "-") + "-" + label + "-" + string(kind) + ".yaml"
}

// isWordRune says whether a rune may stand in the name of a job file.
func isWordRune(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == '-' || r == '.'
}
