package apply

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Guards stand before deletions. What they stop can be let through for one object by [PruneAnnotation], in the last
// revision that has the object or on the object in the cluster.
type Guards struct {
	// MaxShare of the objects we own may be deleted by one revision, 0 to 1, once there are more than Floor to delete.
	MaxShare float64
	// Floor is the number of deletions that are never too many.
	Floor int
	// Kinds are never deleted.
	Kinds []schema.GroupKind
	// AllowEmpty lets through a revision that declares nothing where we own something.
	AllowEmpty bool
}

// DefaultGuards stop a revision that is empty, that deletes more than a quarter of what we own and more than ten
// objects, or that deletes a namespace, a custom resource definition or a volume.
func DefaultGuards() Guards {
	return Guards{
		MaxShare: 0.25,
		Floor:    10,
		Kinds:    []schema.GroupKind{namespaceKind(), crdKind(), {Kind: "PersistentVolume"}, {Kind: "PersistentVolumeClaim"}},
	}
}

// check gives the reasons to stop. It calls nobody.
func (g Guards) check(declared int, p plan, known *inventory) []Refusal {
	owned := known.size()
	if declared == 0 && owned > 0 && !g.AllowEmpty {
		reason := fmt.Sprintf("the revision declares nothing, and %d objects are owned: nothing is deleted", owned)
		return []Refusal{{Rule: RuleEmpty, Reason: reason}}
	}
	var refusals []Refusal
	deletions := 0
	for _, s := range p.steps {
		if s.verb != verbDelete || s.mayBePruned(known.good[s.Identity]) {
			continue
		}
		deletions++
		if g.protects(s.groupKind()) {
			refusals = append(refusals, g.refuse(s, known.good[s.Identity]))
		}
	}
	if deletions > g.Floor && float64(deletions) > g.MaxShare*float64(owned) {
		reason := fmt.Sprintf("the revision deletes %d of the %d objects that are owned, more than %.0f %%: "+
			"nothing is deleted unless they are annotated %s: %s, or guards in drover.yaml allow it",
			deletions, owned, g.MaxShare*100, PruneAnnotation, allowed)
		refusals = append(refusals, Refusal{Rule: RulePrune, Reason: reason})
	}
	return refusals
}

func (g Guards) refuse(s step, e entry) Refusal {
	reason := fmt.Sprintf("the revision deletes it, and a %s is deleted only if it is annotated %s: %s", s.Kind, PruneAnnotation, allowed)
	return Refusal{s.Identity, e.Source, RulePrune, reason}
}

func (g Guards) protects(kind schema.GroupKind) bool {
	return slices.Contains(g.Kinds, kind)
}

// mayBePruned tells whether somebody allowed the deletion in so many words.
func (s *step) mayBePruned(e entry) bool {
	return s.have.prune == allowed || e.prune == allowed
}
