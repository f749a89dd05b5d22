package render_test

import (
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/fixtures"
	"github.com/drover-ci/drover/generators/render"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema/rules"
)

func admit(t *testing.T, tree repolayout.Tree, last *rules.Valid) *rules.Valid {
	t.Helper()
	var before *repolayout.Repo
	if last != nil {
		before = last.Repo
	}
	repo, err := repolayout.Load(t.Context(), tree, before)
	if err != nil {
		t.Fatal(err)
	}
	valid, problems := rules.AdmitWhole(t.Context(), last, repo)
	if valid == nil {
		t.Fatal(problems)
	}
	return valid
}

func rendered(t *testing.T, valid *rules.Valid, last *render.Rendering) *render.Rendering {
	t.Helper()
	rendering, problems, err := render.Render(t.Context(), valid, last)
	if err != nil || rendering == nil {
		t.Fatal(err, problems)
	}
	return rendering
}

// sample gives a copy of the sample that may be edited.
func sample(t *testing.T) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	release := fixtures.Release()
	err := fs.WalkDir(release, ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			data, readErr := fs.ReadFile(release, path)
			files[path], err = &fstest.MapFile{Data: data}, readErr
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func keys(rendering *render.Rendering) map[string]map[string]any {
	all := map[string]map[string]any{}
	for _, object := range rendering.Objects {
		all[object.Key()] = object.Object
	}
	return all
}

func TestRenderMakesTheSamplesObjects(t *testing.T) {
	all := keys(rendered(t, admit(t, repolayout.FromFS(sample(t)), nil), nil))
	for _, want := range []string{"/ConfigMap/ci/job-config", "/ConfigMap/ci/config", "/ConfigMap/ci/plugins", "/ConfigMap/ci/resources", "/Namespace//ci"} {
		if all[want] == nil {
			t.Errorf("%s is missing among %v", want, slices.Sorted(maps.Keys(all)))
		}
	}
}

func TestRenderGivesTheSameForTheSame(t *testing.T) {
	first := keys(rendered(t, admit(t, repolayout.FromFS(sample(t)), nil), nil))
	second := keys(rendered(t, admit(t, repolayout.FromFS(sample(t)), nil), nil))
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("(-first +second):\n%s", diff)
	}
}

func TestRenderAgainAfterAnEditEqualsRenderFromNothing(t *testing.T) {
	files := sample(t)
	valid := admit(t, repolayout.FromFS(files), nil)
	rendering := rendered(t, valid, nil)
	edit := func(path, from, to string) {
		t.Helper()
		content := string(files[path].Data)
		if !strings.Contains(content, from) {
			t.Fatalf("%s does not contain %q", path, from)
		}
		files[path] = &fstest.MapFile{Data: []byte(strings.Replace(content, from, to, 1))}
	}
	edits := map[string]func(){
		"quota": func() { edit("core-services/boskos/quotas.yaml", "\n    us-east-1: 12\n", "\n    us-east-1: 13\n") },
		"test": func() {
			edit("ci-operator/config/acme/widget-operator/acme-widget-operator-release-1.2.yaml", "- as: unit", "- as: units")
		},
		"jobs elsewhere": func() { edit("drover.yaml", "hold: unit\n", "jobs: {configMap: other-jobs, namespace: other}\n") },
		"removed":        func() { delete(files, "ci-operator/config/acme-infra/ci-images/acme-infra-ci-images-main.yaml") },
	}
	for _, name := range slices.Sorted(maps.Keys(edits)) {
		edits[name]()
		before := keys(rendering)
		valid = admit(t, repolayout.FromFS(files), valid)
		rendering = rendered(t, valid, rendering)
		fresh := rendered(t, admit(t, repolayout.FromFS(files), nil), nil)
		if diff := cmp.Diff(keys(fresh), keys(rendering)); diff != "" {
			t.Errorf("%s (-from nothing +again):\n%s", name, diff)
		}
		if cmp.Equal(before, keys(rendering)) {
			t.Errorf("%s changed nothing", name)
		}
	}
	for _, want := range []string{"/ConfigMap/other/other-jobs", "/Namespace//other"} {
		if keys(rendering)[want] == nil {
			t.Errorf("%s is missing", want)
		}
	}
}

func TestRenderMakesTheCorpus(t *testing.T) {
	rendering := rendered(t, loadWhole(t).valid, nil)
	if rendering.Jobs != corpusFiles {
		t.Errorf("%d job files, want %d", rendering.Jobs, corpusFiles)
	}
}

// TestASecretForEveryJobIsAPush adds a secret to all jobs by a commit to
// drover.yaml: each job has it in the next rendering, and nothing else changes.
func TestASecretForEveryJobIsAPush(t *testing.T) {
	files := sample(t)
	before := jobFiles(t, admit(t, repolayout.FromFS(files), nil))
	files["drover.yaml"].Data = append(files["drover.yaml"].Data, `
jobs:
  parts:
    all:
      args: {"--added": [/secrets/added/key]}
      mounts: {added: {path: /secrets/added}}
      volumes: {added: {secret: {secretName: added}}}
`...)
	after := jobFiles(t, admit(t, repolayout.FromFS(files), nil))
	if len(after) != len(before) {
		t.Fatalf("%d files became %d", len(before), len(after))
	}
	added := []string{
		"- --added=/secrets/added/key", "- mountPath: /secrets/added", "name: added", "readOnly: true",
		"- name: added", "secret:", "secretName: added",
	}
	jobs := 0
	for path, content := range after {
		lines := map[string]int{}
		for line := range strings.Lines(content) {
			lines[strings.TrimSpace(line)]++
		}
		for line := range strings.Lines(before[path]) {
			lines[strings.TrimSpace(line)]--
		}
		count := strings.Count(content, "agent: kubernetes")
		jobs += count
		for line, more := range lines {
			if wanted := slices.Contains(added, line); more != 0 && !wanted || wanted && more != count {
				t.Errorf("%s: %d more of %q, with %d jobs", path, more, line, count)
			}
		}
	}
	if jobs == 0 {
		t.Error("there are no jobs")
	}
}

// jobFiles makes the job files of a repository.
func jobFiles(t *testing.T, valid *rules.Valid) map[string]string {
	t.Helper()
	maker, problems, err := render.NewMaker(valid.Repo)
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	var mu sync.Mutex
	made := map[string]string{}
	problems, err = maker.All(t.Context(), render.Components(valid.Repo), func(component render.Made) error {
		mu.Lock()
		defer mu.Unlock()
		for _, file := range component.Files {
			made[file.Path] = string(file.Content)
		}
		return nil
	})
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	return made
}
