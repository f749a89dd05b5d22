package schema

import (
	"cmp"
	"fmt"
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
