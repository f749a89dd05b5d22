package reconciler

import (
	"fmt"

	repolayout "github.com/drover-ci/drover/repo-layout"
	"github.com/drover-ci/drover/schema"
)

// Guards of what may vanish with one revision, unless the settings say so.
const (
	defaultFloor   = 10
	defaultPercent = 25
)

// Limits are how much may vanish with one revision, by the settings: what
// [Guarded] is told.
func Limits(settings *schema.Settings) (floor int, share float64) {
	floor, percent := defaultFloor, int64(defaultPercent)
	if guards := settings.Guards; guards != nil {
		if guards.Floor > 0 {
			floor = int(guards.Floor)
		}
		if guards.Percent > 0 {
			percent = guards.Percent
		}
	}
	return floor, float64(percent) / 100
}

// shrunk says what is wrong with a repository that has lost too much at once: a
// branch that was mixed up, or a clone that is not whole, is no wish to delete.
// The settings of the repository itself can allow it.
func shrunk(last, next *repolayout.Repo) error {
	if last == nil {
		return nil
	}
	floor, share := Limits(next.Settings.Value)
	if next.Settings.Value.Guards == nil {
		if err := vanished(last, next); err != nil {
			return err
		}
	}
	if last.Settings.ID == next.Settings.ID && last.Lost(next) <= floor {
		return nil
	}
	has := map[repolayout.Unit]bool{}
	for _, unit := range next.Units() {
		has[unit] = true
	}
	hasNot := func(unit repolayout.Unit) bool { return !has[unit] }
	gone := count(last, hasNot)
	if gone <= floor {
		return nil
	}
	had := count(last, func(repolayout.Unit) bool { return true })
	if float64(gone) > share*float64(had) {
		return fmt.Errorf("it lacks %d of the %d components, manifest folders and files that are in force, more than %d and %.0f %%: "+
			"nothing is changed unless guards in %s allow it", gone, had, floor, share*100, repolayout.SettingsFile)
	}
	return nil
}

// count counts the units of a repository that are like that, but for those that
// others build on.
func count(repo *repolayout.Repo, like func(repolayout.Unit) bool) int {
	found := 0
	for _, unit := range repo.Units() {
		if !unit.Shared() && like(unit) && repo.Has(unit) {
			found++
		}
	}
	return found
}

// vanished says which kind of documents is gone altogether.
func vanished(last, next *repolayout.Repo) error {
	steps := func(repo *repolayout.Repo) int { return len(repo.Refs) + len(repo.Chains) + len(repo.Workflows) }
	for _, kind := range []struct {
		name      string
		had, have int
	}{
		{"configurations", last.Configs.Len(), next.Configs.Len()},
		{"steps, chains and workflows", steps(last), steps(next)},
		{"lease types with quotas", len(last.Quotas.Value.Quotas), len(next.Quotas.Value.Quotas)},
	} {
		if kind.had > 0 && kind.have == 0 {
			return fmt.Errorf("it has no %s any more, of which %d are in force: nothing is changed unless guards in %s allow it",
				kind.name, kind.had, repolayout.SettingsFile)
		}
	}
	return nil
}
