package reconciler

import (
	"context"
	"time"

	"github.com/drover-ci/drover/reconciler/apply"
	"github.com/drover-ci/drover/reconciler/gitsource"
	"github.com/drover-ci/drover/schema"
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
	// Applied is the revision in force on the target.
	Applied gitsource.Revision
	// Problems are what is wrong with the observed revision; with them it is
	// refused.
	Problems []schema.Problem
	// Err is what else ended the pass, such as a cluster that does not answer.
	Err error
	// Refused says that trying the observed revision again is of no use.
	Refused bool
	// Changes are what was done to the target in this pass.
	Changes apply.ChangeSet
	// Took is how long each stage took that the pass came to.
	Took map[Stage]time.Duration
}

// Reporter tells people of each pass.
type Reporter interface {
	Report(ctx context.Context, status Status) error
}

// ReporterFunc is a function as a [Reporter].
type ReporterFunc func(ctx context.Context, status Status) error

// Report implements [Reporter].
func (f ReporterFunc) Report(ctx context.Context, status Status) error { return f(ctx, status) }
