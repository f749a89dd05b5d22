package render_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"testing/fstest"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/generators/render"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
)

// mustBeForeseen holds the jobs of a component, as far as others can get into their
// way, against those that its configurations say they are made into: check, which
// makes none, goes by these.
func mustBeForeseen(t *testing.T, made render.Made) {
	t.Helper()
	foreseen, jobs := map[string][]string{}, map[string][]string{}
	for _, doc := range made.Component.Docs {
		metadata := doc.Value.Metadata
		for each := range doc.Value.Jobs() {
			job := each.Job(metadata)
			file := schema.JobFile(metadata.Component(), metadata.Branch, job.Kind)
			foreseen[file] = append(foreseen[file], words(&job))
		}
	}
	for _, file := range made.Jobs {
		for _, group := range file.Groups {
			for _, job := range group.Jobs {
				jobs[file.Path] = append(jobs[file.Path], words(&schema.Job{
					Kind: job.Kind, Repo: group.Repo, Name: job.Name, Context: cmp.Or(job.Context, job.Name), // so Prow has it
					Branches: job.Branches, SkipBranches: job.SkipBranches,
				}))
			}
		}
	}
	for _, lists := range []map[string][]string{foreseen, jobs} {
		for _, list := range lists {
			slices.Sort(list)
		}
	}
	if diff := gocmp.Diff(foreseen, jobs); diff != "" {
		t.Errorf("%s (-foreseen +made):\n%s", made.Component.Name, diff)
	}
}

func words(job *schema.Job) string {
	return fmt.Sprint(job.Kind, " ", job.Repo, " ", job.Name, " ", job.Context, " ", job.Branches, " not ", job.SkipBranches)
}

// TestJobsAreForeseen makes the jobs of configurations with all that decides about a
// job's name, and about where it is.
func TestJobsAreForeseen(t *testing.T) {
	const (
		rest = "build_root: {from_repository: true}\nresources: {'*': {requests: {cpu: 10m}}}\n" +
			"zz_generated_metadata:\n  org: o\n  repo: r\n"
		images = "images: {items: [{to: i}]}\n"
		test   = "  commands: a\n  container: {from: src}\n"
		tests  = "tests:\n- as: a\n" + test + "- as: b\n  skip_branches: [x]\n  shard_count: 3\n" + test + "- as: c\n  postsubmit: true\n" + test +
			"- as: d\n  cron: '@daily'\n" + test + "- as: e\n  presubmit: true\n  interval: 1h\n" + test + "- as: f\n  release_controller: true\n" + test +
			"- as: g\n  minimum_interval: 1h\n" + test
		bundles = "operator: {bundles: [{as: n}, {as: m, skip_building_index: true}, {dockerfile_path: d}, {dockerfile_path: e}]}\n"
	)
	repository := fstest.MapFS{}
	for file, content := range map[string]string{
		"main":       tests + images + rest + "  branch: main\n",
		"main__v":    tests + bundles + rest + "  branch: main\n  variant: v\n",
		"release-1":  images + "promotion: {cron: '@daily', to: [{namespace: n, name: s}]}\n" + rest + "  branch: release-1\n",
		"release-.*": "promotion: {to: [{namespace: n, name: s, additional_images: {x: src}}]}\n" + rest + "  branch: release-.*\n",
		"quiet":      "prowgen: {skip_operator_presubmits: true}\n" + bundles + rest + "  branch: quiet\n",
	} {
		repository["ci-operator/config/o/r/o-r-"+file+".yaml"] = &fstest.MapFile{Data: []byte(content)}
	}
	repo, err := repolayout.Load(t.Context(), repolayout.FromFS(repository), nil)
	if err != nil || len(repo.Problems()) > 0 {
		t.Fatal(err, repo.Problems())
	}
	m := maker(t, repo)
	m.Read = nil
	count := 0
	all(t, m, render.Components(repo), func(made render.Made) {
		mustBeForeseen(t, made)
		count += len(made.Names())
	})
	if count != 29 {
		t.Errorf("there are %d jobs", count)
	}
}
