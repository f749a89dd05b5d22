package rules_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/fixtures"
	"github.com/drover-ci/drover/internal/testtree"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema/rules"
)

const jobsFolder = "ci-operator/jobs/"

// handJob is a job file that people wrote, with one job.
func handJob(kind, repo, name, more string) string {
	job := "- name: " + name + "\n  spec: {containers: [{image: i}]}\n" + more
	if kind != "periodics" {
		job = "  " + repo + ":\n  " + strings.TrimSuffix(strings.ReplaceAll(job, "\n", "\n  "), "  ")
	}
	return kind + ":\n" + job
}

// jobConfig is the configuration of a variant of a branch of a component, with a test.
func jobConfig(org, repo, branch, variant, content string) (file, text string) {
	file = "ci-operator/config/" + org + "/" + repo + "/" + org + "-" + repo + "-" + branch
	metadata := "zz_generated_metadata:\n  org: " + org + "\n  repo: " + repo + "\n  branch: " + branch + "\n"
	if variant != "" {
		file += "__" + variant
		metadata += "  variant: " + variant + "\n"
	}
	return file + ".yaml", content + "build_root: {from_repository: true}\nresources: {'*': {requests: {cpu: 10m}}}\n" + metadata
}

// TestJobNames are the messages about jobs of several files. Which of them Prow refuses,
// a test of the module integration/prow shows.
func TestJobNames(t *testing.T) {
	const (
		unit   = "tests:\n- as: unit\n  commands: a\n  container: {from: src}\n"
		images = "images: {items: [{to: i}]}\n"
		cron   = "  cron: '@daily'\n"
	)
	cases := map[string]struct {
		reason  string
		configs [][5]string
		files   map[string]string
		want    []string
	}{
		"contexts": {
			reason: "a context is said where it is given, a name where it stands for one",
			files: map[string]string{
				"o/r/a.yaml": handJob("presubmits", "o/r", "a", "  context: c\n"),
				"o/r/b.yaml": handJob("presubmits", "o/r", "b", "  context: c\n"),
				"o/r/c.yaml": handJob("presubmits", "o/r", "c", ""),
			},
			want: []string{
				"ci-operator/jobs/o/r/b.yaml:5:5: presubmits.o/r[0].context: two jobs are reported under one name " +
					"(found c, which a at ci-operator/jobs/o/r/a.yaml:3:5 is reported under, want another context) [duplicate-job]",
				"ci-operator/jobs/o/r/c.yaml:3:5: presubmits.o/r[0].name: two jobs are reported under one name " +
					"(found c, which a at ci-operator/jobs/o/r/a.yaml:3:5 is reported under, want another context) [duplicate-job]",
			},
		},
		"Prow's own configuration": {
			reason: "it may hold jobs too",
			files: map[string]string{
				"x.yaml": handJob("periodics", "", "a", cron),
				"../../core-services/prow/02_config/_config.yaml": handJob("periodics", "", "a", cron),
			},
			want: []string{
				"core-services/prow/02_config/_config.yaml:2:3: periodics[0].name: two jobs have one name " +
					"(found a, which the job at ci-operator/jobs/x.yaml:2:3 has, want another name) [duplicate-job]",
			},
		},
		"periodics of two components": {
			reason:  "their names are joined by dashes",
			configs: [][5]string{{"o", "r", "x-main", "", unit + cron}, {"o", "r-x", "main", "", unit + cron}, {"o-r", "x", "main", "", unit}},
			want: []string{
				"ci-operator/config/o/r/o-r-x-main.yaml:2:3: tests[0].as: the job gets a name that is taken (found periodic-ci-o-r-x-main-unit, " +
					"which tests[0].as of ci-operator/config/o/r-x/o-r-x-main.yaml has too, want another name) [duplicate-job]",
			},
		},
		"the images of a variant": {
			reason:  "a variant's name and its images are joined by a dash",
			configs: [][5]string{{"o", "r", "main", "", strings.Replace(unit, "unit", "a-images", 1)}, {"o", "r", "main", "a", images}},
			want: []string{
				"ci-operator/config/o/r/o-r-main__a.yaml:1:1: images: the job gets a name that is taken (found pull-ci-o-r-main-a-images, " +
					"which tests[0].as of ci-operator/config/o/r/o-r-main.yaml has too, want another name) [duplicate-job]",
			},
		},
		"jobs of other kinds": {
			reason:  "a test that runs at fixed times is another job than one that runs on changes",
			configs: [][5]string{{"o", "r", "main", "", strings.Replace(unit, "unit", "a-b", 1) + cron}, {"o", "r", "main", "a", strings.Replace(unit, "unit", "b", 1)}},
		},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			files := fstest.MapFS{}
			for file, content := range test.files {
				if file, below := strings.CutPrefix(file, "../../"); below {
					files[file] = &fstest.MapFile{Data: []byte(content)}
					continue
				}
				files[jobsFolder+file] = &fstest.MapFile{Data: []byte(content)}
			}
			for _, config := range test.configs {
				file, content := jobConfig(config[0], config[1], config[2], config[3], config[4])
				files[file] = &fstest.MapFile{Data: []byte(content)}
			}
			found := strings.Split(strings.TrimSuffix(problemsOf(t, repolayout.FromFS(files)), "\n"), "\n")
			if found[0] == "" {
				found = nil
			}
			if diff := cmp.Diff(test.want, found); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.reason, diff)
			}
		})
	}
}

// TestAPeriodicNoLongerGivesWay: of two configurations that are made into one periodic,
// that one has another name now in whose file a job by hand gave way.
func TestAPeriodicNoLongerGivesWay(t *testing.T) {
	t.Parallel()
	const name = "periodic-ci-acme-gadget-main-a-unit"
	test := func(as string) string {
		return "tests:\n- as: " + as + "\n  cron: '@daily'\n  commands: a\n  container: {from: src}\n"
	}
	tree := testtree.Over(repolayout.FromFS(fixtures.Release()))
	write := func(file, text string) { tree.Write(file, []byte(text)) }
	write(jobConfig("acme", "gadget", "main", "", test("a-unit")))
	write(jobConfig("acme", "gadget", "main-a", "", test("unit")))
	write(jobsFolder+"acme/gadget/acme-gadget-main-a-periodics.yaml", handJob("periodics", "", name, "  cron: '@daily'\n"))
	r := newReach(t, tree)
	write(jobConfig("acme", "gadget", "main-a", "", test("other")))
	r.commit()
	again, cold := texts(r.Problems), texts(newReach(t, tree).Problems)
	if diff := cmp.Diff(cold, again); diff != "" {
		t.Errorf("-from nothing +again:\n%s", diff)
	}
	if !slices.ContainsFunc(cold, func(text string) bool { return strings.Contains(text, name) }) {
		t.Errorf("the job by hand is in nobody's way: %v", cold)
	}
}

// TestAJobInTheWayHoldsWhatChanged: of two jobs of one name, that one gives way which
// came later, wherever the problem is.
func TestAJobInTheWayHoldsWhatChanged(t *testing.T) {
	const (
		infra  = jobsFolder + "infra-periodics.yaml"
		report = "periodic-acme-infra-lease-report"
		unit   = "pull-ci-acme-widget-server-main-fresh"
	)
	for name, test := range map[string]struct {
		before, edit func(h *history)
		held         string
	}{
		"a job by hand": {
			edit: func(h *history) {
				h.write(jobsFolder+"acme/widget-operator/by-hand.yaml", handJob("periodics", "", report, "  cron: '@daily'\n"))
			},
			held: "component acme/widget-operator",
		},
		"a test": {
			before: func(h *history) { h.write(infra+"2.yaml", handJob("presubmits", "acme/widget-server", unit, "")) },
			edit:   func(h *history) { h.edit(serverConfig, "- as: unit\n", "- as: fresh\n") },
			held:   "component acme/widget-server",
		},
		"a test at fixed times": {
			before: func(h *history) {
				h.write(infra+"2.yaml", handJob("periodics", "", "periodic-ci-acme-widget-server-main-fresh", "  cron: '@daily'\n"))
			},
			edit: func(h *history) { h.edit(serverConfig, "- as: fuzz\n", "- as: fresh\n") },
			held: "component acme/widget-server",
		},
		"a test of another component": {
			edit: func(h *history) {
				h.write(jobConfig("acme", "widget", "server-main", "", "tests:\n- as: fuzz\n  cron: '@daily'\n  commands: a\n  container: {from: src}\n"))
			},
			held: "component acme/widget",
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHistory(t)
			if test.before != nil {
				test.before(h)
			}
			if problems := h.commit(); len(problems) > 0 {
				t.Fatal(problems)
			}
			before := maps.Clone(h.files)
			test.edit(h)
			h.commit()
			h.mustHold(test.held)
			if reason := h.valid.Held[0].Problems[0]; reason.Rule != rules.RuleDuplicateJob {
				t.Errorf("it is held for %s", reason)
			}
			h.files = before
			h.commit()
			h.mustHold()
		})
	}
}
