package repolayout_test

import (
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
)

// TestAComponentAloneIsAsAmongOthers: its configurations, with what a .config.prowgen
// of it and of its organization says, and all of the step registry; and little else
// is read.
func TestAComponentAloneIsAsAmongOthers(t *testing.T) {
	t.Parallel()
	contents := sampleWithJobs(t)
	for _, dir := range []string{"acme", "acme/widget-server"} {
		contents[configs+dir+"/"+repolayout.ProwgenName] = "private: true\n"
	}
	contents[configs+"acme/widget-server/nested/deeper.yaml"] = "in the wrong place"
	all := &commit{Tree: repolayout.FromFS(files(contents))}
	whole := load(t, all, nil)
	components := map[string]bool{}
	for doc := range whole.Configs.All() {
		components[strings.TrimPrefix(path.Dir(doc.Path), configs)] = true
	}
	if len(components) < 2 || !components["acme/widget-server"] {
		t.Fatalf("the sample has %v", components)
	}
	for component := range components {
		org, repo, _ := strings.Cut(component, "/")
		tree := &commit{Tree: repolayout.FromFS(files(contents))}
		alone, err := repolayout.LoadComponent(t.Context(), tree, org, repo)
		if err != nil {
			t.Fatal(err)
		}
		same := func(what string, want, got any) {
			t.Helper()
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s: %s (-among others +alone):\n%s", component, what, diff)
			}
		}
		same("configurations", repolayout.InFolder(whole.Configs, configs+component+"/"), slices.Collect(alone.Configs.All()))
		same("steps", whole.Refs, alone.Refs)
		same("chains", whole.Chains, alone.Chains)
		same("workflows", whole.Workflows, alone.Workflows)
		same("observers", whole.Observers, alone.Observers)
		same("profiles", whole.Profiles, alone.Profiles)
		isOf := func(p schema.Problem) bool { return !strings.HasPrefix(p.File, configs+component+"/") }
		same("files in wrong places", slices.DeleteFunc(slices.Clone(whole.Strays), isOf), slices.DeleteFunc(slices.Clone(alone.Strays), isOf))
		if reads := tree.reads.Load(); reads >= all.reads.Load() || len(alone.Jobs) > 0 {
			t.Errorf("%s: %d files are read, of %d; %d job files", component, reads, all.reads.Load(), len(alone.Jobs))
		}
	}
}
