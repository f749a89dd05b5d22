package web_test

import (
	"cmp"
	"fmt"
	"html"
	"io/fs"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/fixtures"
	"github.com/drover-ci/drover/generators"
	"github.com/drover-ci/drover/generators/prowjobs"
	"github.com/drover-ci/drover/generators/render"
	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
)

var (
	stepBox   = regexp.MustCompile(`(?s)<details class="stepbox"><summary>(\S+) .*?</details>`)
	valueRow  = regexp.MustCompile(`(?s)<th scope="row"><code>([^<]*)</code></th><td>(?:<code>([^<]*)</code>)?.*?title="([^"]*):([0-9]+)"`)
	leaseRow  = regexp.MustCompile(`<td><a href="/quotas/[^"]*">([^<]*)</a></td><td><code>([^<]*)</code></td>`)
	jobBlock  = regexp.MustCompile(`(?s)<pre class="code" tabindex="0"><code>(.*?)</code></pre>`)
	anyTag    = regexp.MustCompile(`<[^>]*>`)
	changeRow = regexp.MustCompile(`<td><a href="/reference/([^"]*)">[^<]*</a></td><td class="num"><a href="/users/step/[^"]*">([0-9,]+)</a></td><td class="num">([0-9,]+)</td>`)
)

// For every test of the sample: its page has the steps and values that its jobs
// get, each with a file and line in which it stands; the leases; the jobs as they
// are generated; and how many tests a change of each step would reach.
func TestWhatATestsPageSays(t *testing.T) {
	snapshot := sample(t)
	site := siteOf(t, snapshot)
	maker, _, err := render.NewMaker(snapshot.Repo)
	if err != nil {
		t.Fatal(err)
	}
	tests := 0
	for entry := range snapshot.Catalog.Entries() {
		resolved := snapshot.Catalog.Resolved(entry).Config()
		for i := range resolved.Tests {
			m, test := entry.Config.Metadata, &resolved.Tests[i]
			target := fmt.Sprintf("/job?org=%s&repo=%s&branch=%s&test=%s", m.Org, m.Repo, m.Branch, test.As)
			if m.Variant != "" {
				target += "&variant=" + m.Variant
			}
			page := strings.ReplaceAll(get(t, site, target).text, "<wbr>", "")
			checkJobs(t, maker, entry.Config, test.As, page)
			if test.LiteralSteps == nil {
				continue
			}
			tests++
			checkSteps(t, test.As, test.LiteralSteps, page)
			checkLeases(t, test.As, test.LiteralSteps, page)
			checkChanges(t, snapshot, site, page)
		}
	}
	if tests < 10 {
		t.Errorf("only %d tests have steps", tests)
	}
}

func checkSteps(t *testing.T, test string, literal *schema.LiteralTestSteps, page string) {
	t.Helper()
	boxes := stepBox.FindAllStringSubmatch(page, -1)
	steps := slices.Concat(literal.Pre, literal.Test, literal.Post)
	if len(boxes) != len(steps) {
		t.Errorf("%s: %d steps, want %d", test, len(boxes), len(steps))
		return
	}
	for i, step := range steps {
		want := map[string]string{}
		for _, parameter := range step.Environment {
			want[parameter.Name] = *parameter.Default
		}
		for _, dependency := range step.Dependencies {
			want[dependency.Env] = dependency.Name
		}
		if step.NodeArchitecture != nil {
			want["node_architecture"] = string(*step.NodeArchitecture)
		}
		got := map[string]string{}
		for _, row := range valueRow.FindAllStringSubmatch(boxes[i][0], -1) {
			name, value := html.UnescapeString(row[1]), html.UnescapeString(row[2])
			got[name] = value
			if line := lineOf(t, row[3], row[4]); !strings.Contains(line, name) && !strings.Contains(line, cmp.Or(value, `""`)) {
				t.Errorf("%s, step %s: %s=%s does not stand in %s:%s, which is %q", test, step.As, name, value, row[3], row[4], line)
			}
		}
		if diff := gocmp.Diff(want, got); boxes[i][1] != step.As || diff != "" {
			t.Errorf("%s: step %s, want %s: values: -want +got:\n%s", test, boxes[i][1], step.As, diff)
		}
	}
}

// lineOf is a line of a file of the sample.
func lineOf(t *testing.T, file, number string) string {
	t.Helper()
	content, err := fs.ReadFile(fixtures.Release(), file)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(number)
	lines := strings.Split(string(content), "\n")
	if err != nil || n < 1 || n > len(lines) {
		t.Fatalf("%s has no line %s", file, number)
	}
	return lines[n-1]
}

func checkLeases(t *testing.T, test string, literal *schema.LiteralTestSteps, page string) {
	t.Helper()
	var want, got []string
	if profile := literal.ClusterProfileLiteral; profile != nil && profile.LeaseType != "" {
		want = append(want, profile.LeaseType+" LEASED_RESOURCE")
	}
	for _, lease := range literal.Leases {
		want = append(want, lease.ResourceType+" "+lease.Env)
	}
	for _, step := range slices.Concat(literal.Pre, literal.Test, literal.Post) {
		for _, lease := range step.Leases {
			want = append(want, lease.ResourceType+" "+lease.Env)
		}
	}
	for _, row := range leaseRow.FindAllStringSubmatch(page, -1) {
		if row[2] != "" { // addresses, where there are any
			got = append(got, row[1]+" "+row[2])
		}
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("%s: leases: -want +got:\n%s", test, diff)
	}
}

func checkJobs(t *testing.T, maker *render.Maker, config *schema.Config, test, page string) {
	t.Helper()
	files, err := maker.Fresh([]*schema.Config{config})
	if err != nil {
		t.Fatal(err)
	}
	rendered, err := prowjobs.Render(files)
	if err != nil {
		t.Fatal(err)
	}
	_, jobs, _ := strings.Cut(page, `<h2 id="jobs">`)
	blocks := jobBlock.FindAllStringSubmatch(jobs, -1)
	if len(blocks) == 0 {
		t.Errorf("%s has no job", test)
	}
	for _, block := range blocks {
		text := html.UnescapeString(anyTag.ReplaceAllString(block[1], ""))
		_, job, _ := strings.Cut(text, "\n  - ") // what is above it stands above other jobs too
		if job == "" {
			_, job, _ = strings.Cut(text, "\n- ")
		}
		if job = strings.TrimSpace(job); job == "" || !slices.ContainsFunc(rendered, func(file generators.File) bool { return strings.Contains(string(file.Content), job) }) {
			t.Errorf("%s: no generated file has the job\n%s", test, text)
		}
	}
}

// checkChanges counts by going through all tests.
func checkChanges(t *testing.T, snapshot *rules.Snapshot, site http.Handler, page string) {
	t.Helper()
	rows := changeRow.FindAllStringSubmatch(page, -1)
	if own := strings.Count(page, ">written here<"); len(rows) != len(stepBox.FindAllString(page, -1))-own {
		t.Errorf("%d steps are said to reach something, %d are written in the test", len(rows), own)
	}
	for _, row := range rows {
		tests, rehearsed, configs := 0, 0, 0
		for entry := range snapshot.Catalog.Entries() {
			here := 0
			for i, test := range snapshot.Catalog.Resolved(entry).Config().Tests {
				if test.LiteralSteps == nil || !hasStep(snapshot.Catalog.Resolved(entry).Steps(i), row[1]) {
					continue
				}
				here++
				if !test.DisableRehearsal && !test.Postsubmit {
					rehearsed++
				}
			}
			tests += here
			configs += min(here, 1)
		}
		if row[2] != strconv.Itoa(tests) || row[3] != strconv.Itoa(rehearsed) {
			t.Errorf("step %s: used by %s, rehearsed %s; want %d and %d", row[1], row[2], row[3], tests, rehearsed)
		}
		if want := fmt.Sprintf("%d tests in %d configurations", tests, configs); !strings.Contains(get(t, site, "/reference/"+row[1]).text, want) {
			t.Errorf("the page of %s does not say %s", row[1], want)
		}
	}
}

func hasStep(steps *resolver.Steps, name string) bool {
	return slices.ContainsFunc(slices.Concat(steps.Pre, steps.Test, steps.Post), func(s *resolver.Step) bool { return s.Literal().As == name })
}

// An image that no test depends on has no page, and the registry is not to blame.
func TestNobodyUsesAnImage(t *testing.T) {
	got := get(t, siteOf(t, sample(t)), "/users/image/acme%2Fnone:latest")
	if got.code != http.StatusNotFound || !strings.Contains(got.text, "No test depends on an image acme/none:latest.") {
		t.Errorf("got %d, %s", got.code, got.text)
	}
}

// A component's page has its documentation, what it consists of as a picture and
// as a tree, its environment and who overrides it, its script, owners and users.
func TestWhatAComponentsPageSays(t *testing.T) {
	site := siteOf(t, sample(t))
	for target, wants := range map[string][]string{
		"/reference/widget-e2e": {
			"Runs one suite of the end-to-end tests against the cluster.", "11 tests in 5 configurations", "<dd>barbara, edsger</dd>",
			`<code>WIDGET_SUITE</code> <span class="tag warn">must be given</span>`, "Which tests to run, one of smoke, full, operator and soak.",
			`Overridden by 4</summary><ul><li><a href="/workflow/widget-e2e">workflow widget-e2e</a>: <code>smoke</code></li>`,
			"test e2e-gcp-soak of acme/widget-operator@main</a>: <code>soak</code>",
			`<span class="line" id="L1"><span class="tc">#!/bin/bash</span>`, "step-registry/widget/e2e/widget-e2e-commands.sh", `href="/observer/observers-events"`,
			`<span class="quiet">workflow</span> <a href="/workflow/widget-e2e">widget-e2e</a> <span class="quiet">in test</span>`,
		},
		"/reference/widget-deploy": {
			`<td><a href="/quotas/widget-licence-quota-slice">widget-licence-quota-slice</a></td><td><code>WIDGET_LICENCE</code></td>`,
			"<td><code>WIDGET_SERVER_IMAGE</code></td><td><code>widget-server</code></td>", "<code>test-credentials/widget-licences</code>", "30m",
		},
		"/chain/widget-deploy": {
			"A cluster with the product in it.", "<svg", `<ol class="tree"><li><a href="/chain/ipi-install">ipi-install</a>`, "11 tests in 5 configurations",
			`<code>2</code> <span class="quiet">by</span>`, `title="ci-operator/step-registry/widget/deploy/widget-deploy-chain.yaml:10">chain widget-deploy<`,
			"test e2e-gcp-full of acme/widget-server@main</a>: <code>5</code>",
		},
		"/workflow/widget-e2e": {
			"All of it: a cluster with the product", "<svg", "<h3>post</h3>", "10 tests in 5 configurations", "Overridden by 2", "test e2e-gcp-full of acme/widget-server@main</a>: <code>full</code>",
			`<code>smoke</code> <span class="quiet">by</span>`, `title="ci-operator/step-registry/widget/e2e/widget-e2e-workflow.yaml:13">workflow widget-e2e<`,
		},
		"/observer/observers-events": {"writes down every event of the cluster", "11 tests in 5 configurations", "<dd>ada, grace</dd>", `<pre class="code"`},
		"/quotas/aws-quota-slice": {
			"<div><dt>Leases</dt><dd>16</dd></div>", "core-services/boskos/quotas.yaml:17", `<a href="/profile/aws">aws</a>`,
			`<code>us-east-1</code></td><td class="num">12</td>`, `Who draws on it <span class="count">5 tests</span>`,
		},
		"/users/image/ci%2Fgolangci-lint:v2.4.0": {"Who uses it", "1 test in 1 configuration. A change can rehearse 1 of them.", "branch=main&amp;test=lint"},
		"/profile/aws":                           {`<a href="/quotas/aws-quota-slice">aws-quota-slice</a>, 16 leases`, "cluster-profiles-config.yaml:"},
		"/fields/ci-operator.tests":              {"Each becomes a job.", `<code>as</code> <span class="type">string</span> <span class="tag warn">required</span>`},
		"/configs/acme/widget-server/main":       {`>e2e-azure-skew</a></td><td class="quiet">where matching files change<`, "acme/1.3", "branch-ci-acme-widget-server-main-images"},
		"/job?org=acme&repo=widget-server&branch=main&test=e2e-azure-skew": {
			`<a href="/profile/azure">azure</a> <span class="quiet">named by</span>`, ">written here<", "<svg", `href="/observer/observers-events"`,
		},
	} {
		page := strings.ReplaceAll(get(t, site, target).text, "<wbr>", "")
		for _, want := range wants {
			if !strings.Contains(page, want) {
				t.Errorf("%s: there is no %s in\n%s", target, want, page)
			}
		}
	}
}
