package repolayout_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	repolayout "github.com/drover-ci/drover/repo-layout"
)

func TestComposeTakesAnOrganizationsProwgenFileFromElsewhere(t *testing.T) {
	last := prowgenFiles(t, map[string]string{"o/.config.prowgen": prowgenOfOrg}, nil)
	next := prowgenFiles(t, map[string]string{"o/.config.prowgen": "privat: true\n"}, last)
	unit := next.UnitOf("ci-operator/config/o/.config.prowgen")
	if unit.Kind != repolayout.FileUnit || unit.Layer() >= next.UnitOf(next.Configs[0].Path).Layer() {
		t.Errorf("%s is not below the components", unit)
	}
	composed, err := next.Compose(t.Context(), map[repolayout.Unit]*repolayout.Repo{unit: last})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(last.Configs[0], composed.Configs[0]); diff != "" {
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
