package metadata_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/fixtures"
	"github.com/drover-ci/drover/generators/metadata"
	"github.com/drover-ci/drover/internal/corpus"
	repolayout "github.com/drover-ci/drover/repo-layout"
)

func load(t *testing.T, tree repolayout.Tree) *repolayout.Repo {
	t.Helper()
	repo, err := repolayout.Load(t.Context(), tree, nil)
	if err != nil {
		t.Fatal(err)
	}
	return repo
}

// differing makes the files, and gives those that are not what the repository
// has, each with why.
func differing(t *testing.T, repo *repolayout.Repo) (made int, all map[string]string) {
	t.Helper()
	files, problems, err := metadata.Files(repo)
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	all = map[string]string{}
	for _, file := range files {
		want, err := repo.Read(file.Path)
		if err != nil || !bytes.Equal(want, file.Content) {
			all[file.Path] = cmp.Diff(string(want), string(file.Content))
		}
		if !json.Valid(file.Content) {
			t.Errorf("%s is no JSON", file.Path)
		}
	}
	return len(files), all
}

func TestTheSampleHasWhatIsMade(t *testing.T) {
	if made, differ := differing(t, load(t, repolayout.FromFS(fixtures.Release()))); made < 10 || len(differ) > 0 {
		t.Errorf("of %d files these differ: %v", made, differ)
	}
}

func TestTheCorpusHasWhatIsMade(t *testing.T) {
	tree, closeTree, err := repolayout.OpenFolder(corpus.Dir(t, "release-repo"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = closeTree() }()
	made, differ := differing(t, load(t, tree))
	t.Logf("%d files, %d differ", made, len(differ))
	for name, diff := range differ {
		t.Errorf("%s:\n%s", name, diff)
	}
	if made < 2400 {
		t.Errorf("only %d files were made", made)
	}
}

func TestOwnersThatAreMissing(t *testing.T) {
	tree := fstest.MapFS{}
	for name, content := range map[string]string{
		"a/a-chain.yaml": "chain: {as: a}\n",
		"a/OWNERS":       "approvers: [ada]\nlabels: [team/a]\noptions: {no_parent_owners: true}\n",
		"b/b-chain.yaml": "chain: {as: b}\n",
		"c/c-chain.yaml": "chain: {as: c}\n",
		"c/OWNERS":       "approvers: {ada: true}\n",
	} {
		tree["ci-operator/step-registry/"+name] = &fstest.MapFile{Data: []byte(content)}
	}
	files, problems, err := metadata.Files(load(t, repolayout.FromFS(tree)))
	if err != nil {
		t.Fatal(err)
	}
	const want = "{\n\t\"path\": \"a/a-chain.yaml\",\n\t\"owners\": {\n\t\t\"approvers\": [\n\t\t\t\"ada\"\n\t\t],\n\t\t\"labels\": [\n\t\t\t\"team/a\"\n\t\t]\n\t}\n}"
	if len(files) != 1 || string(files[0].Content) != want {
		t.Errorf("got %s, want %s", files, want)
	}
	if len(problems) != 2 || problems[0].String() != "ci-operator/step-registry/b/OWNERS: the folder of a component of the registry "+
		"says nobody who owns it (found no file, want OWNERS with approvers) [registry-owners]" || problems[1].File != "ci-operator/step-registry/c/OWNERS" {
		t.Error(problems)
	}
	delete(tree, "ci-operator/step-registry/a/OWNERS")
	delete(tree, "ci-operator/step-registry/c/OWNERS")
	if files, problems, err := metadata.Files(load(t, repolayout.FromFS(tree))); len(files)+len(problems) > 0 || err != nil {
		t.Errorf("a registry that does without owners gives %v, %v, %v", files, problems, err)
	}
}
