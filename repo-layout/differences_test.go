package repolayout_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	repolayout "github.com/drover-ci/drover/repo-layout"
)

// TestDifferences changes a list at random: what differs is what a look at each
// path says.
func TestDifferences(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		before := map[string]byte{}
		for range random.IntN(12) {
			before[fmt.Sprintf("dir/file-%d", random.IntN(20))] = 1
		}
		after := maps.Clone(before)
		for range random.IntN(4) {
			path := fmt.Sprintf("dir/file-%d", random.IntN(20))
			if random.IntN(2) == 0 {
				delete(after, path)
			} else {
				after[path] = byte(random.IntN(3))
			}
		}
		checkDifferences(t, rawOf(before), rawOf(after))
	}
	same := rawOf(map[string]byte{"a": 1, "b": 2})
	if got := repolayout.Differences(same, same); got != nil {
		t.Errorf("a list differs from itself: %v", got)
	}
}

func checkDifferences(t *testing.T, before, after []repolayout.Raw) {
	t.Helper()
	var gone, come []repolayout.Raw
	for _, each := range repolayout.Differences(before, after) {
		if each.Before != (repolayout.Raw{}) {
			gone = append(gone, each.Before)
		}
		if each.After != (repolayout.Raw{}) {
			come = append(come, each.After)
		}
	}
	without := func(list, others []repolayout.Raw) []repolayout.Raw {
		return slices.DeleteFunc(slices.Clone(list), func(each repolayout.Raw) bool { return slices.Contains(others, each) })
	}
	if want := without(before, after); !slices.Equal(gone, want) {
		t.Errorf("gone are %v, want %v", gone, want)
	}
	if want := without(after, before); !slices.Equal(come, want) {
		t.Errorf("come are %v, want %v", come, want)
	}
}

func rawOf(files map[string]byte) []repolayout.Raw {
	var all []repolayout.Raw
	for _, path := range slices.Sorted(maps.Keys(files)) {
		all = append(all, repolayout.Raw{Path: path, ID: repolayout.ID{files[path] + 1}})
	}
	return all
}
