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
	if valid == nil || len(problems) > 0 {
		t.Errorf("%d problems", len(problems))
		for _, problem := range problems[:min(20, len(problems))] {
			t.Log(problem)
		}
	}
}
