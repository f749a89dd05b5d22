package reconciler

import (
	"context"
	"time"

	"github.com/drover-ci/drover/reconciler/apply"
	"github.com/drover-ci/drover/reconciler/gitsource"
	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/rules"
)

// Stage is a step of a pass.
type Stage string

// The stages, in order. Done is no stage but the end of a pass without
// failure.
const (
	Fetch    Stage = "Fetch"
	Load     Stage = "Load"
	Validate Stage = "Validate"
	Generate Stage = "Generate"
	Apply    Stage = "Apply"
	Done     Stage = "Done"
)

// Status is how a pass ended.
type Status struct {
	// Stage is where it ended.
	Stage Stage
	// Observed is the newest revision that was seen.
	Observed gitsource.Revision
	// Attempted is the one that was gone through: the newest, unless people asked
	// for another.
	Attempted gitsource.Revision
	// Applied is the revision in force on the target.
	Applied gitsource.Revision
	// Problems are what is wrong with the attempted revision. Where the units that
	// have them could be held back, the rest of it goes on; else it is refused.
	Problems []schema.Problem
	// Held are the units that are held back, in order.
	Held []Held
	// Err is what else ended the pass, such as a cluster that does not answer.
	Err error
	// Refused says that trying the attempted revision again is of no use.
	Refused bool
	// Changes are what was done to the target in this pass.
	Changes apply.ChangeSet
	// Targets are the other targets, in the order of names.
	Targets []TargetStatus
	// Health is how the objects on the target do, if it knows.
	Health apply.Health
	// Progress is how far the apply has come where the pass is not over; nil where it
	// is, and as long as that takes moments.
	Progress *apply.Progress
	// Repeated says that the pass was told of before, or is not over yet, and only
	// Progress, Targets, Health or Orders are new.
	Repeated bool
	// Orders are what people asked for when the pass began. A Rollback that is
	// over is not among them.
	Orders Orders
	// Took is how long each stage took that the pass came to.
	Took map[Stage]time.Duration
}

// Held is a unit that is held back.
type Held struct {
	Unit rules.Unit
	// Revision is the one that the unit is taken from; zero where there is none
	// that was good, and the unit is left out.
	Revision gitsource.Revision
	// Since is when it was first held back.
	Since time.Time
	// Problems are why.
	Problems []schema.Problem
}

// TargetStatus is what is true of another target than the home of the jobs.
type TargetStatus struct {
	Name string
	// Attempted is the revision that was tried last, Applied the one in force;
	// zero before the first.
	Attempted, Applied gitsource.Revision
	// Err is why Attempted is not in force; nil where it is.
	Err error
	// Refused says that trying it again is of no use.
	Refused bool
	// Progress is how far an apply has come that takes more than moments; else nil.
	Progress *apply.Progress
	// Changes are what the last apply did.
	Changes apply.ChangeSet
	// Since is when Applied came into force.
	Since time.Time
	// Health is how the objects there do, if it is known.
	Health apply.Health
}

// Reporter tells people of each pass.
type Reporter interface {
	Report(ctx context.Context, status Status) error
}

// ReporterFunc is a function as a [Reporter].
type ReporterFunc func(ctx context.Context, status Status) error

// Report implements [Reporter].
func (f ReporterFunc) Report(ctx context.Context, status Status) error { return f(ctx, status) }
