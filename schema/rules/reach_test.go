package rules_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/fixtures"
	"github.com/drover-ci/drover/internal/testtree"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema/rules"
)

// reach is a repository that changes, and how many configurations each change has
// judged and resolved anew.
type reach struct {
	t    *testing.T
	tree *testtree.Tree
	*rules.Checked
}

func newReach(t *testing.T, tree *testtree.Tree) *reach {
	t.Helper()
	repo, err := repolayout.Load(t.Context(), tree.Revision(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return &reach{t, tree, rules.Check(t.Context(), nil, repo)}
}

// edit replaces a text of a file, which must be there, once.
func (r *reach) edit(file, from, to string) {
	r.t.Helper()
	content, err := r.tree.ReadFile(file)
	if err != nil || !strings.Contains(string(content), from) {
		r.t.Fatalf("%s does not say %q: %v", file, from, err)
	}
	r.tree.Write(file, []byte(strings.Replace(string(content), from, to, 1)))
}

// commit checks the next revision. It says how many configurations were judged
// anew, and how many resolved.
func (r *reach) commit() (judged, resolved int) {
	r.t.Helper()
	repo, err := repolayout.Load(r.t.Context(), r.tree.Revision(), r.Repo)
	if err != nil {
		r.t.Fatal(err)
	}
	last := r.Checked
	r.Checked = rules.Check(r.t.Context(), last, repo)
	known := map[*resolver.Entry]bool{}
	for entry := range last.Catalog.Entries() {
		known[entry] = true
	}
	for entry := range r.Catalog.Entries() {
		if !known[entry] {
			resolved++
		}
	}
	return rules.Judged(r.Checked), resolved
}

const (
	e2eStep    = "ci-operator/step-registry/widget/e2e/widget-e2e-ref.yaml"
	e2eScript  = "ci-operator/step-registry/widget/e2e/widget-e2e-commands.sh"
	deployStep = "ci-operator/step-registry/widget/deploy/widget-deploy-ref.yaml"
	observer   = "ci-operator/step-registry/observers/events/observers-events-observer.yaml"
)

// On the sample a change of each kind has those configurations judged and resolved
// anew that depend on what it changes, as counted by hand, and no others; and finds
// what checking from nothing finds.
func TestAChangeReachesWhoDependsOnIt(t *testing.T) {
	t.Parallel()
	const owners = "  secret: cluster-secrets-aws\n  owners:\n  - org: acme\n"
	cases := map[string]struct {
		reason           string
		file, from, to   string
		judged, resolved int
		// problems are how many there are then, of configurations.
		problems int
	}{
		"quota":             {"nobody depends on how many leases there are", quotas, "us-east-1: 12", "us-east-1: 13", 0, 0, 0},
		"new lease type":    {"nobody can have asked for it without a problem", quotas, "quotas:\n", "quotas:\n  new-quota-slice:\n    default: 1\n", 0, 0, 0},
		"lease type gone":   {"one test names it itself; the other problem is the profile's", quotas, "  aws-quota-slice:", "  other-quota-slice:", 1, 0, 1},
		"lease type of one": {"the problem is the step's", quotas, "  widget-licence-quota-slice:", "  other-quota-slice:", 0, 0, 0},
		"profiles' comment": {"no profile is another", profilesFile, "cluster_profiles:", "# Changed.\ncluster_profiles:", 0, 0, 0},
		"profile":           {"four configurations resolve to it", profilesFile, "secret: cluster-secrets-aws\n", "secret: other\n", 4, 4, 0},
		"profile's owners":  {"what tests resolve to does not say who they are", profilesFile, owners, owners + "  - org: acme-infra\n", 4, 0, 0},
		"no longer owner":   {"five tests of the four", profilesFile, owners, strings.Replace(owners, "acme", "others", 1), 4, 0, 5},
		"new profile":       {"nobody has it", profilesFile, "cluster_profiles:\n", "cluster_profiles:\n- {name: new, cluster_type: aws, secret: s}\n", 0, 0, 0},
		"script":            {"nothing that is judged depends on it", e2eScript, "\n", "\n# changed\n", 0, 0, 0},
		"step":              {"all have it but the images'", e2eStep, "grace_period: 5m", "grace_period: 6m", 5, 5, 0},
		"step's leases":     {"the same have it", deployStep, "resource_type: widget-licence-quota-slice", "resource_type: gcp-quota-slice", 5, 5, 0},
		"step to leave out": {"two tests name it themselves, before the last phase", deployStep, "  timeout:", "  optional_on_success: true\n  timeout:", 5, 5, 2},
		"workflow":          {"all start from it but the images'", workflowFile, "WIDGET_SUITE: smoke", "WIDGET_SUITE: other", 5, 5, 0},
		"observer":          {"they have it from a step", observer, "cpu: ", "cpu: 1", 5, 5, 0},
		"image":             {"it is the configuration's own", serverConfig, "name: base\n", "name: other\n", 1, 1, 0},
		"configuration":     {"it is one", operatorConfig, "make manifests", "make all-manifests", 1, 1, 0},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newReach(t, testtree.Over(repolayout.FromFS(fixtures.Release())))
			r.edit(serverConfig, "zz_generated_metadata:\n", leasedTest)
			r.edit(profilesFile, "  secret: cluster-secrets-aws\n", owners)
			r.commit()
			if len(r.Problems) > 0 {
				t.Fatal(r.Problems)
			}
			r.edit(tc.file, tc.from, tc.to)
			judged, resolved := r.commit()
			if judged != tc.judged || resolved != tc.resolved {
				t.Errorf("%d configurations are judged and %d resolved, want %d and %d: %s", judged, resolved, tc.judged, tc.resolved, tc.reason)
			}
			again := texts(r.Problems)
			if diff := cmp.Diff(texts(newReach(t, r.tree).Problems), again); diff != "" {
				t.Errorf("-from nothing +again:\n%s", diff)
			}
			if found := len(slices.DeleteFunc(again, func(text string) bool { return !strings.HasPrefix(text, "ci-operator/config/") })); found != tc.problems {
				t.Errorf("%d problems of configurations, want %d: %v", found, tc.problems, texts(r.Problems))
			}
			// A second look finds nothing left to do but what is wrong.
			if judged, resolved := r.commit(); resolved > 0 || judged > tc.problems {
				t.Errorf("looking again, %d are judged and %d resolved", judged, resolved)
			}
		})
	}
}

// A lease type that is to become something else may, for as long as nobody uses it.
func TestALeaseTypeComesIntoUse(t *testing.T) {
	t.Parallel()
	r := newReach(t, testtree.Over(repolayout.FromFS(fixtures.Release())))
	r.edit(serverConfig, "zz_generated_metadata:\n", leasedTest)
	r.edit(quotas, "quotas:\n", "quotas:\n  spare-quota-slice:\n    default: 1\n")
	r.edit(r.Repo.Layout.Boskos, "resources:\n", "resources:\n- names: [spare]\n  state: free\n  type: spare-quota-slice\n")
	for _, tc := range []struct {
		from, to string
		problems int
	}{{"leased", "unused", 0}, {"aws-quota-slice", "spare-quota-slice", 1}, {"unused", "used", 1}, {"spare-quota-slice", "gcp-quota-slice", 0}} {
		r.edit(serverConfig, tc.from, tc.to)
		r.commit()
		if len(r.Problems) != tc.problems || tc.problems > 0 && r.Problems[0].Rule != rules.RuleLeaseChange {
			t.Errorf("with %s there are %d problems, want %d: %v", tc.to, len(r.Problems), tc.problems, r.Problems)
		}
	}
}
