package web_test

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/reconciler"
	"github.com/drover-ci/drover/reconciler/gitsource"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema/rules"
	"github.com/drover-ci/drover/web"
)

// next loads a later revision as the reconciler does.
func next(t *testing.T, last *rules.Snapshot, files files, revision string) *rules.Snapshot {
	t.Helper()
	repo, err := repolayout.Load(t.Context(), repolayout.FromFS(files.MapFS), last.Repo)
	if err != nil {
		t.Fatal(err)
	}
	valid, problems := rules.AdmitWhole(t.Context(), last.Valid, repo)
	if valid == nil {
		t.Fatal(problems)
	}
	return rules.NewSnapshot(last, valid, revision, time.Now())
}

// change changes something of every kind.
func change(t *testing.T) files {
	t.Helper()
	const config, registry = "ci-operator/config/acme/widget-server/acme-widget-server-", "ci-operator/step-registry/"
	files := sampleFiles(t)
	files.replace(registry+"widget/e2e/widget-e2e-commands.sh", "\n", "\n# changed\n")
	files.replace(registry+"ipi/conf/ipi-conf-ref.yaml", "documentation: ", "documentation: Changed. ")
	files.replace(registry+"widget/e2e/widget-e2e-workflow.yaml", "WIDGET_SUITE: smoke", "WIDGET_SUITE: full")
	files.write(registry+"widget/new/widget-new-ref.yaml", "ref: {as: widget-new, from: src, commands: widget-new-commands.sh, resources: {requests: {cpu: 10m}}, documentation: Brand new.}\n")
	files.write(registry+"widget/new/widget-new-commands.sh", "true\n")
	files.write(registry+"widget/new/OWNERS", "approvers: [ada]\n")
	files.replace(config+"main.yaml", "as: unit\n", "as: unit-renamed\n")
	delete(files.MapFS, config+"release-1.2.yaml")
	files.replace("core-services/boskos/quotas.yaml", "us-east-1: 12", "us-east-1: 13")
	return files
}

// What pages and search show after a change is what they would show if the
// process had begun with it; and the overview says what has changed.
func TestPagesAfterAChange(t *testing.T) {
	before := sample(t)
	after := next(t, before, change(t), "after")
	var current atomic.Pointer[rules.Snapshot]
	current.Store(before)
	site := web.New(current.Load, web.Options{})
	report := func(hash, subject string) {
		revision := gitsource.Revision{Hash: hash, Subject: subject, Time: time.Now()}
		if err := site.Report(t.Context(), reconciler.Status{Stage: reconciler.Done, Observed: revision, Applied: revision}); err != nil {
			t.Fatal(err)
		}
	}
	report(hash, "A small release repository")
	crawl(t, site, "/fields", "/source") // so that there is something to take over
	current.Store(after)
	report("after", "All at once")
	fresh := web.New(func() *rules.Snapshot { return after }, web.Options{})
	got, want := crawl(t, site, "/fields"), crawl(t, fresh, "/fields")
	if len(want) < 100 {
		t.Fatalf("there are only %d pages", len(want))
	}
	overview := got["/"]
	delete(got, "/")
	delete(want, "/")
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("pages: -fresh +changed:\n%s", diff)
	}
	for target, page := range want {
		if got[target] != page {
			t.Errorf("%s: -fresh +changed:\n%s", target, cmp.Diff(page, got[target]))
		}
	}
	for _, query := range []string{"unit", "unit renamed", "widget new", "brand", "e2e aws", "release-1.2", "slice", "ipi conf", "as", "x"} {
		target := "/search/suggest?q=" + url.QueryEscape(query)
		if diff := cmp.Diff(get(t, fresh, target).text, get(t, site, target).text); diff != "" {
			t.Errorf("search for %s: -fresh +changed:\n%s", query, diff)
		}
	}
	for _, want := range []string{
		"All at once", ">changed <a href=\"/configs/acme/widget-server/main\"", ">removed acme/widget-server@release-1.2", ">changed <a href=\"/reference/ipi-conf\"",
		">changed <a href=\"/reference/widget-e2e\"", ">added <a href=\"/reference/widget-new\"", ">changed <a href=\"/workflow/widget-e2e\"", ">changed <a href=\"/quotas\"",
	} {
		if !strings.Contains(overview, want) {
			t.Errorf("the overview does not say %s:\n%s", want, overview)
		}
	}
}
