package rules_test

import (
	"maps"
	"math/rand/v2"
	"path"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drover-ci/drover/internal/memo"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema/rules"
)

// identified is a tree that knows the ids of files, as one of Git's does.
type identified struct{ repolayout.Tree }

func (t identified) ReadDir(dir string) ([]repolayout.Entry, error) {
	entries, err := t.Tree.ReadDir(dir)
	for i, entry := range entries {
		if content, readErr := t.ReadFile(path.Join(dir, entry.Name)); entry.Kind == repolayout.File && readErr == nil {
			entries[i].ID = repolayout.BlobID(content)
		}
	}
	return entries, err
}

// TestAProcessRemembersWhatIsSound changes a repository at random from process to
// process. Each finds with what the last ones noted what it finds without, and where
// nothing changed it has no configuration to check.
func TestAProcessRemembersWhatIsSound(t *testing.T) {
	t.Parallel()
	remembered := 0
	for seed := range seeds(t, 4) {
		store := memo.Open(t.TempDir())
		random := rand.New(rand.NewPCG(seed, 11))
		h := newHistory(t)
		v := newVandal(h.files, random)
		for step := range 15 {
			for range random.IntN(3) {
				v.change()
			}
			tree := identified{repolayout.FromFS(maps.Clone(h.files))}
			memory := repolayout.OpenMemory(store, "sample")
			repo, err := repolayout.LoadFirst(t.Context(), tree, memory)
			if err != nil {
				t.Fatal(err)
			}
			remembered += rules.Sound(repo)
			checked := rules.Check(t.Context(), nil, repo)
			cold := rules.Check(t.Context(), nil, h.load(nil))
			if diff := cmp.Diff(texts(cold.Problems), texts(checked.Problems)); diff != "" {
				t.Fatalf("seed %d, step %d, -without +with what was noted:\n%s", seed, step, diff)
			}
			memory.Keep()
		}
	}
	if remembered == 0 {
		t.Error("nothing is remembered")
	}
}

// TestWhatIsSoundIsRememberedWhole: all of a sample without problems.
func TestWhatIsSoundIsRememberedWhole(t *testing.T) {
	t.Parallel()
	store := memo.Open(t.TempDir())
	h := newHistory(t)
	for process := range 2 {
		memory := repolayout.OpenMemory(store, "sample")
		repo, err := repolayout.LoadFirst(t.Context(), identified{repolayout.FromFS(maps.Clone(h.files))}, memory)
		if err != nil {
			t.Fatal(err)
		}
		if got := rules.Sound(repo); process == 1 && got != repo.Configs.Len() {
			t.Errorf("%d of %d configurations are known to be sound", got, repo.Configs.Len())
		}
		rules.Check(t.Context(), nil, repo)
		memory.Keep()
	}
}

// TestWhatWasSoundIsHeldAgainstTheQuotas: a configuration is sound for as long as
// there are leases of what it asks for.
func TestWhatWasSoundIsHeldAgainstTheQuotas(t *testing.T) {
	t.Parallel()
	store := memo.Open(t.TempDir())
	h := newHistory(t)
	replaceIn(h.files, serverConfig, "zz_generated_metadata:\n", leasedTest)
	for process, edit := range [][2]string{{"us-east-1: 12", "us-east-1: 13"}, {"us-east-2: 4", "us-east-2: 5"}, {"aws-quota-slice", "other-slice"}} {
		replaceIn(h.files, quotas, edit[0], edit[1])
		memory := repolayout.OpenMemory(store, "sample")
		repo, err := repolayout.LoadFirst(t.Context(), identified{repolayout.FromFS(maps.Clone(h.files))}, memory)
		if err != nil {
			t.Fatal(err)
		}
		checked := rules.Check(t.Context(), nil, repo)
		judged, problems := rules.Judged(checked), len(checked.Problems)
		if want := [...]int{repo.Configs.Len(), 0, repo.Configs.Len()}[process]; judged != want || problems != [...]int{0, 0, 2}[process] {
			t.Errorf("process %d judged %d configurations, want %d, and found %v", process, judged, want, checked.Problems)
		}
		memory.Keep()
	}
}
