package web

import (
	"time"

	"github.com/drover-ci/drover/reconciler"
	"github.com/drover-ci/drover/reconciler/gitsource"
)

// Limits of what the overview shows of what is held back.
const (
	maxHeld         = 20
	problemsOfAUnit = 3
)

// heldView is a unit that is held back, and why.
type heldView struct {
	Unit string
	// From is the revision that the unit is in force as; empty where it is left
	// out.
	From     string
	Since    time.Time
	Problems []problem
	More     int
}

// held shows the units that are held back, with the lines that are wrong.
func (s *Site) held(status reconciler.Status) []heldView {
	revision := attemptedOf(status).Hash
	var units []heldView
	for _, each := range status.Held[:min(len(status.Held), maxHeld)] {
		shown := each.Problems[:min(len(each.Problems), problemsOfAUnit)]
		units = append(units, heldView{
			Unit: each.Unit.String(), From: short(each.Revision.Hash), Since: each.Since,
			Problems: s.excerpts(revision, shown), More: len(each.Problems) - len(shown),
		})
	}
	return units
}

// targetView is a cluster to keep.
type targetView struct {
	Name    string
	Good    bool
	Applied gitsource.Revision
	Since   time.Time
	// Reason is why the newest revision is not in force there.
	Reason string
	// Progress is how far an apply has come that takes more than moments.
	Progress string
	Changes  string
}

func targetsOf(status reconciler.Status) []targetView {
	var targets []targetView
	for _, each := range status.Targets {
		target := targetView{Name: each.Name, Good: each.Err == nil, Applied: each.Applied, Since: each.Since}
		if each.Err != nil {
			target.Reason = each.Err.Error()
		}
		if each.Progress != nil {
			target.Progress = each.Progress.String()
		}
		if !each.Changes.Empty() {
			target.Changes = each.Changes.String()
		}
		targets = append(targets, target)
	}
	return targets
}
