package rules_test

import (
	"testing"

	"github.com/drover-ci/drover/internal/corpus"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema/rules"
)

func TestAdmitAcceptsTheCorpus(t *testing.T) {
	tree, closeTree, err := repolayout.OpenFolder(corpus.Dir(t, "release-repo"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = closeTree() }()
	repo, err := repolayout.Load(t.Context(), tree, nil)
	if err != nil {
		t.Fatal(err)
	}
	valid, problems := rules.AdmitWhole(t.Context(), nil, repo)
	if valid == nil {
		t.Error("the repository is refused")
	}
	for _, problem := range problems {
		if problem.String() != missingInput {
			t.Error(problem)
		}
	}
}

// missingInput is the one mistake in the corpus, which the build of that image
// would fail of.
const missingInput = "ci-operator/config/openshift/machine-os-images/openshift-machine-os-images-main__okd-scos.yaml:20:7: warning: " +
	`images.items[0].inputs["okd_scos_4.15_installer"]: there is no such image (found "okd_scos_4.15_installer", ` +
	`want the name of one that the configuration builds or imports); did you mean "okd_scos_4.14_installer"? [image-input]`
