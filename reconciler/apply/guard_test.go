package apply

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// owning is an inventory of n objects, of which the first few are to be deleted.
func owning(n, deletions int) (*inventory, plan) {
	known := &inventory{good: map[Identity]entry{}}
	var p plan
	for i := range n {
		id := id(fmt.Sprintf("a-%03d", i))
		known.good[id] = entry{Identity: id, Source: "a.yaml"}
		if i < deletions {
			p.steps = append(p.steps, step{Identity: id, verb: verbDelete})
		}
	}
	return known, p
}

// owningOne is an inventory of one object of a kind, that is to be deleted, among many.
func owningOne(kind Identity, body []byte, have presence) (*inventory, plan) {
	known, p := owning(100, 0)
	known.good[kind] = entry{Identity: kind, Source: "kind.yaml", body: body, steering: steeringOf(annotationsOf(body))}
	p.steps = append(p.steps, step{Identity: kind, verb: verbDelete, have: have})
	return known, p
}

func TestGuards(t *testing.T) {
	namespace := Identity{Kind: "Namespace", Name: "ci"}
	open := DefaultGuards()
	open.AllowEmpty, open.MaxShare, open.Kinds = true, 1, nil
	type site struct {
		known *inventory
		plan  plan
	}
	sited := func(known *inventory, p plan) site { return site{known, p} }
	for name, test := range map[string]struct {
		reason   string
		guards   Guards
		declared int
		site     site
		want     []string
	}{
		"nothing of nothing": {"an empty target may stay empty", DefaultGuards(), 0, sited(owning(0, 0)), nil},
		"nothing of one":     {"one object is enough to be careful", DefaultGuards(), 0, sited(owning(1, 1)), []string{RuleEmpty}},
		"ten of ten but one": {"ten are never too many", DefaultGuards(), 1, sited(owning(11, 10)), nil},
		"eleven of 44":       {"a quarter is not too much", DefaultGuards(), 33, sited(owning(44, 11)), nil},
		"eleven of 43":       {"more than a quarter, and more than ten", DefaultGuards(), 32, sited(owning(43, 11)), []string{RulePrune}},
		"a namespace":        {"never by accident", DefaultGuards(), 100, sited(owningOne(namespace, nil, seen("1"))), []string{RulePrune}},
		"a definition":       {"its objects would go with it", DefaultGuards(), 100, sited(owningOne(Identity{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition", Name: "a"}, nil, seen("1"))), []string{RulePrune}},
		"a volume":           {"its data would go with it", DefaultGuards(), 100, sited(owningOne(Identity{Kind: "PersistentVolume", Name: "a"}, nil, seen("1"))), []string{RulePrune}},
		"another's Namespace": {
			"the group counts as well", DefaultGuards(), 100,
			sited(owningOne(Identity{Group: "example.com", Kind: "Namespace", Name: "a"}, nil, seen("1"))), nil,
		},
		"allowed in Git":     {"in so many words", DefaultGuards(), 100, sited(owningOne(namespace, body(PruneAnnotation, allowed), seen("1"))), nil},
		"allowed by hand":    {"in so many words", DefaultGuards(), 100, sited(owningOne(namespace, nil, presence{uid: "u", steering: steering{prune: allowed}})), nil},
		"allowed by options": {"whoever sets them knows", open, 0, sited(owning(50, 50)), nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, r := range test.guards.check(test.declared, test.site.plan, test.site.known) {
				got = append(got, r.Rule)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.reason, diff)
			}
		})
	}
}
