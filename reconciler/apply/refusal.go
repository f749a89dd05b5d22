package apply

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/drover-ci/drover/schema"
)

// The rules by which a revision can be refused.
const (
	RuleObject    = "cluster-object"    // it cannot be sent: no kind, no name, no namespace, a kind nobody knows
	RuleDuplicate = "cluster-duplicate" // two files declare the same object
	RuleEmpty     = "cluster-empty"     // nothing is declared, where something is owned
	RulePrune     = "cluster-prune"     // a guard stands before a deletion
	RuleOwner     = "cluster-owner"     // another owner has it
	RuleRefused   = "cluster-refused"   // the server's dry run refused it
)

// Refusal is one reason why a revision is not applied.
type Refusal struct {
	// Object is what it is about; zero where it is about the whole revision.
	Object Identity
	// Source is the file of the repository that declares the object, as far as one does.
	Source string
	// Rule is one of the rules above.
	Rule string
	// Reason is a sentence without the object's name.
	Reason string
}

// String is the form for people: "ConfigMap ci/jobs (clusters/ci/jobs.yaml): it is declared twice".
func (r Refusal) String() string {
	switch {
	case r.Object == Identity{}:
		return r.Reason
	case r.Source == "":
		return fmt.Sprintf("%s: %s", r.Object, r.Reason)
	}
	return fmt.Sprintf("%s (%s): %s", r.Object, r.Source, r.Reason)
}

// Problem is the form for a status.
func (r Refusal) Problem() schema.Problem {
	message := r.Reason
	if r.Object != (Identity{}) {
		message = fmt.Sprintf("%s: %s", r.Object, r.Reason)
	}
	return schema.Problem{File: r.Source, Rule: r.Rule, Severity: schema.Error, Message: message}
}

// RefusedError says that a revision was refused and the target is as before: nothing was written, or what an earlier
// interruption had left was taken back. The same revision will be refused again until somebody changes something.
type RefusedError struct {
	// Revision is what was refused.
	Revision string
	// Refusals are all reasons, sorted by object.
	Refusals []Refusal
}

// Error names the first few reasons.
func (e *RefusedError) Error() string {
	const shown = 3
	reasons := make([]string, 0, shown)
	for _, r := range e.Refusals[:min(shown, len(e.Refusals))] {
		reasons = append(reasons, r.String())
	}
	more := ""
	if rest := len(e.Refusals) - shown; rest > 0 {
		more = fmt.Sprintf("; and %d more", rest)
	}
	return fmt.Sprintf("revision %s is refused: %s%s", e.Revision, strings.Join(reasons, "; "), more)
}

// refusals collects refusals from several workers.
type refusals struct {
	adding sync.Mutex
	all    []Refusal
}

func (r *refusals) add(refusal Refusal) {
	r.adding.Lock()
	defer r.adding.Unlock()
	r.all = append(r.all, refusal)
}

// objects are what was refused.
func (r *refusals) objects() map[Identity]bool {
	objects := make(map[Identity]bool, len(r.all))
	for _, each := range r.all {
		objects[each.Object] = true
	}
	return objects
}

// error is nil if nothing was refused.
func (r *refusals) error(revision string) error {
	if len(r.all) == 0 {
		return nil
	}
	return refuse(revision, r.all)
}

func refuse(revision string, refusals []Refusal) *RefusedError {
	slices.SortStableFunc(refusals, func(a, b Refusal) int {
		return cmp.Or(compareIdentities(a.Object, b.Object), cmp.Compare(a.Source, b.Source))
	})
	return &RefusedError{revision, refusals}
}

// RolledBackError says that a revision could not be applied to the end and the target was brought back to the last good
// one.
type RolledBackError struct {
	// Revision could not be applied.
	Revision string
	// To is the revision the target is back at; empty if there has been none.
	To string
	// Cause is what went wrong.
	Cause error
}

// Error names both revisions and the cause.
func (e *RolledBackError) Error() string {
	to := cmp.Or(e.To, "nothing")
	return fmt.Sprintf("revision %s is rolled back to %s: %v", e.Revision, to, e.Cause)
}

// Unwrap gives the cause.
func (e *RolledBackError) Unwrap() error { return e.Cause }
