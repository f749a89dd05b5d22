package repolayout_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/drover-ci/drover/internal/longlist"
	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
)

func TestComposeTakesAnOrganizationsProwgenFileFromElsewhere(t *testing.T) {
	last := prowgenFiles(t, map[string]string{"o/.config.prowgen": prowgenOfOrg}, nil)
	next := prowgenFiles(t, map[string]string{"o/.config.prowgen": "privat: true\n"}, last)
	unit := next.UnitOf("ci-operator/config/o/.config.prowgen")
	if unit.Kind != repolayout.FileUnit || unit.Layer() >= next.UnitOf(firstOf(next.Configs).Path).Layer() {
		t.Errorf("%s is not below the components", unit)
	}
	composed, err := next.Compose(t.Context(), map[repolayout.Unit]*repolayout.Repo{unit: last})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(firstOf(last.Configs), firstOf(composed.Configs)); diff != "" {
		t.Errorf("(-last +composed):\n%s", diff)
	}
	if diff := cmp.Diff(last.Problems(), composed.Problems()); diff != "" {
		t.Errorf("problems (-last +composed):\n%s", diff)
	}
}

func TestUnitsAreReadAsTheyAreWritten(t *testing.T) {
	for _, unit := range []repolayout.Unit{
		{Kind: repolayout.SettingsUnit}, {Kind: repolayout.ComponentUnit, Name: "o/r"}, {Kind: repolayout.FileUnit, Name: "a b.yaml"},
	} {
		if read, err := repolayout.ParseUnit(unit.String()); err != nil || read != unit {
			t.Errorf("%s: got %v, %v", unit, read, err)
		}
	}
	for _, text := range []string{"", "settings x", "component", "team a"} {
		if read, err := repolayout.ParseUnit(text); err == nil {
			t.Errorf("%q: got %v", text, read)
		}
	}
}

// TestLostIsNeverLessThanTheUnitsThatAreGone, whatever is taken away and added.
func TestLostIsNeverLessThanTheUnitsThatAreGone(t *testing.T) {
	whole := sampleWithJobs(t)
	before := load(t, repolayout.FromFS(files(whole)), nil)
	if lost := before.Lost(before); lost != 0 {
		t.Errorf("%d files are lost where nothing changed", lost)
	}
	random := rand.New(rand.NewPCG(5, 6)) // repeatable on purpose
	for range 60 {
		left, taken := maps.Clone(whole), 0
		for range random.IntN(12) {
			file := slices.Sorted(maps.Keys(left))[random.IntN(len(left))]
			if file == repolayout.SettingsFile {
				continue
			}
			delete(left, file)
			taken++
		}
		left["ci-operator/config/o/new/o-new-main.yaml"] = minimal
		after := load(t, repolayout.FromFS(files(left)), nil)
		gone := 0
		for _, unit := range before.Units() {
			if !unit.Shared() && before.Has(unit) && !after.Has(unit) {
				gone++
			}
		}
		if lost := before.Lost(after); lost < gone || lost > 2*taken { // a file may be published, too
			t.Errorf("%d units are gone and %d files taken, %d said to be lost", gone, taken, lost)
		}
	}
}

// firstOf is the first configuration.
func firstOf(configs longlist.List[*repolayout.Doc[schema.Config]]) *repolayout.Doc[schema.Config] {
	for doc := range configs.All() {
		return doc
	}
	return nil
}

// whole compares all that a repository shows.
func whole() cmp.Option {
	list := cmp.Transformer("list", func(list longlist.List[*repolayout.Doc[schema.Config]]) []*repolayout.Doc[schema.Config] {
		return slices.Collect(list.All())
	})
	return cmp.Options{cmpopts.IgnoreUnexported(repolayout.Repo{}), cmpopts.EquateEmpty(), list}
}
