package rules_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/drover-ci/drover/internal/corpus"
	"github.com/drover-ci/drover/internal/testtree"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/resolver"
	"github.com/drover-ci/drover/schema/rules"
)

// TestTheCorpus checks the corpus, in which there is one mistake. Then a change of
// each kind has as many configurations judged and resolved anew as are said to
// depend on it, besides the one with the mistake.
func TestTheCorpus(t *testing.T) {
	tree, closeTree, err := repolayout.OpenFolder(corpus.Dir(t, "release-repo"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = closeTree() }()
	r := newReach(t, testtree.Over(tree))
	if judged := rules.Judged(r.Checked); judged != r.Repo.Configs.Len() {
		t.Errorf("of %d configurations %d are judged at first", r.Repo.Configs.Len(), judged)
	}
	mustReach := func(what string, judged, resolved int) {
		t.Helper()
		gotJudged, gotResolved := r.commit()
		if gotJudged != judged+1 || gotResolved != resolved {
			t.Errorf("%s: %d configurations are judged and %d resolved, want %d and %d", what, gotJudged, gotResolved, judged+1, resolved)
		}
		for _, problem := range r.Problems {
			if problem.String() != missingInput {
				t.Error(problem)
			}
		}
	}
	uses := func(kind resolver.Kind, name string) int {
		t.Helper()
		count := r.Catalog.Dependents().Count(resolver.Component{Kind: kind, Name: name})
		if count.Configs < 100 {
			t.Fatalf("%s %s is used by %d configurations only", kind, name, count.Configs)
		}
		return count.Configs
	}
	const step = "ci-operator/step-registry/baremetalds/packet/teardown/baremetalds-packet-teardown-ref.yaml"
	mustReach("nothing", 0, 0)
	r.edit(r.Repo.Quotas.Path, "us-east-1: 10", "us-east-1: 11")
	mustReach("a quota", 0, 0)
	r.edit(r.Repo.Clusters.Path, "- name: build03\n", "- name: build03\n    capabilities: [intranet]\n")
	mustReach("a cluster", 0, 0)
	azure := uses(resolver.KindProfile, "azure4")
	r.edit(r.Repo.Profiles.Path, "secret: cluster-secrets-azure4\n", "secret: other\n")
	mustReach("a profile", azure, azure)
	owners := map[string]bool{}
	for _, use := range r.Catalog.Dependents().Uses(resolver.Component{Kind: resolver.KindProfile, Name: "azure4"}) {
		owners["{org: "+use.Config.Metadata.Org+"}"] = true
	}
	r.edit(r.Repo.Profiles.Path, "secret: other\n", "secret: other\n  owners: ["+strings.Join(slices.Collect(maps.Keys(owners)), ", ")+"]\n")
	mustReach("a profile's owners", azure, 0)
	teardown := uses(resolver.KindStep, "baremetalds-packet-teardown")
	r.edit(step, "memory: 2Gi", "memory: 3Gi")
	mustReach("a step", teardown, teardown)
}

// missingInput is the one mistake in the corpus, which the build of that image
// would fail of.
const missingInput = "ci-operator/config/openshift/machine-os-images/openshift-machine-os-images-main__okd-scos.yaml:20:7: warning: " +
	`images.items[0].inputs["okd_scos_4.15_installer"]: there is no such image (found "okd_scos_4.15_installer", ` +
	`want the name of one that the configuration builds or imports); did you mean "okd_scos_4.14_installer"? [image-input]`
