package repolayout_test

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
)

const (
	prowgenConfig = "zz_generated_metadata: {org: o, repo: r, branch: main}\nimages: {items: [{to: a}]}\n" +
		"tests:\n- as: unit\n- as: e2e\n- as: own\n  reporter_config: {channel: ours}\n"
	prowgenOfRepo = "expose: true\nrehearsals:\n  disabled_rehearsals: [e2e]\n"
	prowgenOfOrg  = "private: true\nslack_reporter:\n- channel: team\n  job_states_to_report: [failure]\n" +
		"  job_name_patterns: ['^(unit|own|images)$']\n"
)

func prowgenFiles(t *testing.T, files map[string]string, last *repolayout.Repo) *repolayout.Repo {
	t.Helper()
	tree := fstest.MapFS{"ci-operator/config/o/r/o-r-main.yaml": {Data: []byte(prowgenConfig)}}
	for name, content := range files {
		tree["ci-operator/config/"+name] = &fstest.MapFile{Data: []byte(content)}
	}
	repo, err := repolayout.Load(t.Context(), repolayout.FromFS(tree), last)
	if err != nil {
		t.Fatal(err)
	}
	return repo
}

// TestProwgenFilesSayWhatConfigurationsWould holds a repository with the older
// files against the configuration that says the same itself.
func TestProwgenFilesSayWhatConfigurationsWould(t *testing.T) {
	repo := prowgenFiles(t, map[string]string{"o/.config.prowgen": prowgenOfOrg, "o/r/.config.prowgen": prowgenOfRepo}, nil)
	report := &schema.ReporterConfig{Channel: "team", JobStatesToReport: []string{"failure"}}
	want := &schema.Config{
		Metadata: schema.Metadata{Org: "o", Repo: "r", Branch: "main"},
		Prowgen:  &schema.JobGeneration{Private: true, Expose: true},
		Images:   &schema.Images{Items: []schema.Image{{To: "a"}}, ReporterConfig: report},
		Tests: []schema.Test{
			{As: "unit", ReporterConfig: report},
			{As: "e2e", DisableRehearsal: true},
			{As: "own", ReporterConfig: &schema.ReporterConfig{Channel: "ours"}},
		},
	}
	if diff := cmp.Diff(want, firstOf(repo.Configs).Value); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if problems := repo.Problems(); len(problems) != 2 || schema.HasErrors(problems) || problems[0].Rule != schema.RuleDeprecated {
		t.Errorf("want a warning a file, got %v", problems)
	}
}

// TestProwgenFilesThatChangeChangeConfigurations loads revision after revision:
// a document is the same one exactly where what it is made of is.
func TestProwgenFilesThatChangeChangeConfigurations(t *testing.T) {
	both := map[string]string{"o/.config.prowgen": prowgenOfOrg, "o/r/.config.prowgen": prowgenOfRepo}
	first := prowgenFiles(t, both, nil)
	second := prowgenFiles(t, both, first)
	if firstOf(first.Configs) != firstOf(second.Configs) {
		t.Error("nothing has changed, and there is a new document")
	}
	third := prowgenFiles(t, map[string]string{"o/.config.prowgen": prowgenOfOrg}, second)
	if firstOf(third.Configs).ID == firstOf(second.Configs).ID || firstOf(third.Configs).Value.Tests[1].DisableRehearsal {
		t.Error("a file went, and the document is what it was")
	}
	fourth, fresh := prowgenFiles(t, nil, third), prowgenFiles(t, nil, nil)
	if diff := cmp.Diff(firstOf(fresh.Configs), firstOf(fourth.Configs)); diff != "" {
		t.Errorf("without files (-from nothing +after them):\n%s", diff)
	}
}

func TestProwgenFilesHaveProblems(t *testing.T) {
	repo := prowgenFiles(t, map[string]string{
		".config.prowgen":     "private: true\n",
		"o/.config.prowgen":   "multi_arch: true\nprivat: true\n",
		"o/r/.config.prowgen": "slack_reporter:\n- job_name_patterns: ['(']\n",
	}, nil)
	want := []string{
		`ci-operator/config/.config.prowgen: the file is in the wrong folder (found ".config.prowgen", want ORG/.config.prowgen or ORG/REPO/.config.prowgen) [file-name]`,
		`ci-operator/config/o/.config.prowgen:1:1: multi_arch: jobs for other architectures are gone and have no new form ` +
			`(found multi_arch, want capabilities or node_architecture in the images and tests that need them) [removed-form]`,
		`ci-operator/config/o/.config.prowgen:2:1: privat: the field is not known (found "privat", want one that there is); did you mean "private"? [unknown-field]`,
		"ci-operator/config/o/r/.config.prowgen:2:23: slack_reporter[0].job_name_patterns[0]: the value is no regular expression " +
			"(found \"(\", want one that can be read: error parsing regexp: missing closing ): `(`) [wrong-value]",
	}
	var got []string
	for _, problem := range repo.Problems() {
		if problem.Severity == schema.Error {
			got = append(got, problem.String())
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
