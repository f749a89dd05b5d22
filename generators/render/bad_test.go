package render_test

import (
	"bytes"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/drover-ci/drover/generators/metadata"
	"github.com/drover-ci/drover/generators/render"
	"github.com/drover-ci/drover/internal/badrepo"
	"github.com/drover-ci/drover/internal/golden"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
)

// made gives every problem of making what follows from a repository.
func made(t *testing.T, dir string) string {
	t.Helper()
	tree, closeTree, err := repolayout.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = closeTree() }()
	valid := admit(t, tree, nil)
	rendering, problems, err := render.Render(t.Context(), valid, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, lacking, err := metadata.Files(valid.Repo)
	if err != nil {
		t.Fatal(err)
	}
	var labels render.Labels
	if rendering != nil {
		all(t, maker(t, valid.Repo), render.Components(valid.Repo), func(made render.Made) { labels.Add(made.Component.Name, made.Names()) })
	}
	var text strings.Builder
	for _, problem := range schema.SortProblems(slices.Concat(problems, lacking, labels.Problems(valid.Repo.Layout))) {
		text.WriteString(problem.String() + "\n")
	}
	return text.String()
}

// TestEachBadRepositoryGivesItsProblems holds the repositories of fixtures/bad
// of which something cannot be made against their want.txt, and mends them.
func TestEachBadRepositoryGivesItsProblems(t *testing.T) {
	for _, id := range badrepo.All(t) {
		if rule, _ := rules.Find(id); rule.By != rules.ByMaking && rule.By != rules.ByOutline {
			continue
		}
		t.Run(id, func(t *testing.T) {
			dir := badrepo.Folder(id)
			golden.Equal(t, []byte(made(t, dir)), filepath.Join(dir, badrepo.Want))
			if left := made(t, badrepo.Mended(t, id)); left != "" {
				t.Errorf("its mend.patch leaves problems:\n%s", left)
			}
		})
	}
}

// TestCheckSaysWhatRenderWould holds the quick look against the long one: what
// shows without making jobs is the same problem.
func TestCheckSaysWhatRenderWould(t *testing.T) {
	for _, id := range badrepo.All(t) {
		if rule, _ := rules.Find(id); rule.By != rules.ByOutline {
			continue
		}
		t.Run(id, func(t *testing.T) {
			tree, closeTree, err := repolayout.OpenFolder(badrepo.Folder(id))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = closeTree() }()
			var text strings.Builder
			for _, problem := range render.Check(admit(t, tree, nil).Repo) {
				text.WriteString(problem.String() + "\n")
			}
			if want := made(t, badrepo.Folder(id)); text.String() != want {
				t.Errorf("got %s, want %s", text.String(), want)
			}
		})
	}
}

// TestCheckFindsWhatIsPublishedTwice has ConfigMaps of one name, which check
// finds without making them.
func TestCheckFindsWhatIsPublishedTwice(t *testing.T) {
	const quotas = "files: [core-services/boskos/quotas.yaml]}"
	for settings, want := range map[string]string{
		"publish: [{configMap: a, " + quotas + ", {configMap: a, namespace: b, " + quotas + "]":                                     "",
		"publish: [{configMap: a, " + quotas + ", {configMap: a, " + quotas + "]":                                                   "drover.yaml: the object is declared twice (found ConfigMap ci/a in drover.yaml too",
		"publish: [{parts: [a, b, a], " + quotas + "]":                                                                              "drover.yaml: the object is declared twice (found ConfigMap ci/a in drover.yaml too",
		"{publish: [{configMap: declared, namespace: o, " + quotas + "], manifests: [{folder: m}]}":                                 "m/x.yaml: the object is declared twice (found ConfigMap o/declared in drover.yaml too",
		"{publish: [{configMap: declared, split: true, namespace: o, " + quotas + "], manifests: [{folder: m}]}":                    "",
		"{publish: [{configMap: a, " + quotas + "], manifests: [{folder: m}, {folder: o}]}":                                         "o/y.yaml: the object is declared twice (found ConfigMap o/declared in m/x.yaml too",
		"{targets: [{name: t, context: t}], publish: [{configMap: a, targets: [t], " + quotas + ", {configMap: a, " + quotas + "]}": "",
	} {
		files := sample(t)
		const declared = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: declared, namespace: o}\n"
		for path, content := range map[string]string{"drover.yaml": settings, "m/x.yaml": declared, "o/y.yaml": declared} {
			files[path] = &fstest.MapFile{Data: []byte(content)}
		}
		problems := render.Check(admit(t, repolayout.FromFS(files), nil).Repo)
		if want == "" && len(problems) == 0 {
			continue
		}
		if len(problems) != 1 || want == "" || !strings.HasPrefix(problems[0].String(), want) {
			t.Errorf("%s: got %v, want %s", settings, problems, want)
		}
	}
}

// TestKustomizationsUseOtherFolders has a base outside the folder of manifests,
// which the settings name, and one that they do not.
func TestKustomizationsUseOtherFolders(t *testing.T) {
	files := sample(t)
	for path, content := range map[string]string{
		"drover.yaml":                    "manifests: [{folder: overlays/a, uses: [bases/shared]}]",
		"overlays/a/kustomization.yaml":  "resources: [../../bases/shared]\nnamePrefix: a-\n",
		"bases/shared/kustomization.yml": "resources: [x.yaml]\n",
		"bases/shared/x.yaml":            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: ci}\n",
	} {
		files[path] = &fstest.MapFile{Data: []byte(content)}
	}
	valid := admit(t, repolayout.FromFS(files), nil)
	first := rendered(t, valid, nil)
	if all := keys(first); all["/ConfigMap/ci/a-x"] == nil || all["/ConfigMap/ci/x"] != nil {
		t.Errorf("the objects are %v", slices.Sorted(maps.Keys(all)))
	}
	files["bases/shared/x.yaml"].Data = bytes.ReplaceAll(files["bases/shared/x.yaml"].Data, []byte("name: x"), []byte("name: y"))
	if all := keys(rendered(t, admit(t, repolayout.FromFS(files), valid), first)); all["/ConfigMap/ci/a-y"] == nil {
		t.Errorf("after a change of the base the objects are %v", slices.Sorted(maps.Keys(all)))
	}
	files["drover.yaml"].Data = []byte("manifests: [{folder: overlays/a}]")
	problems := render.Check(admit(t, repolayout.FromFS(files), nil).Repo)
	if len(problems) != 1 || !strings.Contains(problems[0].String(), "what lies elsewhere in the repository stands under uses in drover.yaml) [kustomization]") {
		t.Errorf("without uses: got %v", problems)
	}
}
