package render_test

import (
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/generators/render"
	"github.com/drover-ci/drover/internal/memo"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema/rules"
)

// process renders as a new process does that has a memory in a folder.
func process(t *testing.T, files fstest.MapFS, dir string) *render.Rendering {
	t.Helper()
	memory := repolayout.OpenMemory(memo.Open(dir), "sample")
	repo, err := repolayout.LoadFirst(t.Context(), repolayout.FromFS(maps.Clone(files)), memory)
	if err != nil {
		t.Fatal(err)
	}
	valid, problems := rules.AdmitWhole(t.Context(), nil, repo)
	if valid == nil {
		t.Fatal(problems)
	}
	rendering := rendered(t, valid, nil)
	memory.Keep()
	return rendering
}

// TestAProcessRemembersManifests, all of them, and what one file gave that changed it
// makes again. A memory that was cut short, changed, or is another's, as one of
// another version is, changes nothing.
func TestAProcessRemembersManifests(t *testing.T) {
	t.Parallel()
	files, dir := sample(t), t.TempDir()
	want := keys(process(t, files, t.TempDir()))
	check := func(what string, made int) {
		t.Helper()
		got := process(t, files, dir)
		if diff := cmp.Diff(want, keys(got)); diff != "" {
			t.Errorf("%s, -without +with a memory:\n%s", what, diff)
		}
		if parts := render.PartsMade(got); parts != made {
			t.Errorf("%s: %d parts were made, want %d", what, parts, made)
		}
	}
	all := render.PartsMade(process(t, files, t.TempDir()))
	check("nothing remembered", all)
	check("all remembered", 0)
	kept, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("kept %v: %v", kept, err)
	}
	whole, err := os.ReadFile(kept[0])
	if err != nil {
		t.Fatal(err)
	}
	memo.Open(dir).Put(memo.NewKey("another"), []byte("value"))
	names, _ := filepath.Glob(filepath.Join(dir, "*"))
	another := slices.DeleteFunc(names, func(name string) bool { return name == kept[0] })[0]
	foreign, err := os.ReadFile(another)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(5, 6)) // repeatable on purpose
	for round := range 12 {
		damaged := slices.Clone(whole)
		switch round % 3 {
		case 0:
			damaged = damaged[:random.IntN(len(damaged))]
		case 1:
			damaged[random.IntN(len(damaged))] ^= 1 << random.IntN(8)
		default:
			damaged = foreign
		}
		if err := os.WriteFile(kept[0], damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		check("damaged", all)
	}
	check("made again", 0)
	file := manifestOf(t, files)
	files[file] = &fstest.MapFile{Data: append(slices.Clone(files[file].Data), "\n# more\n"...)}
	check(file+" changed", 1)
}

// manifestOf is a file of which objects are made as it is.
func manifestOf(t *testing.T, files fstest.MapFS) string {
	t.Helper()
	for _, file := range slices.Sorted(maps.Keys(files)) {
		if path.Dir(file) == "clusters/common" && path.Ext(file) == ".yaml" {
			return file
		}
	}
	t.Fatal("the sample has no manifest in clusters/common")
	return ""
}
