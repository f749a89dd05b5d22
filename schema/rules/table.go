package rules

import (
	"cmp"
	"slices"
	"sync"

	"github.com/drover-ci/drover/schema"
)

// Rule is what people are told of a rule.
type Rule struct {
	// ID is what problems say in brackets, and the name of the rule's folder in
	// fixtures/bad.
	ID string
	// Title says in a sentence what must hold.
	Title string
	// Why says what goes wrong otherwise, and how to mend it.
	Why string
	// Severity is that of its problems; empty for [schema.Error].
	Severity schema.Severity
	// By says what finds its problems; empty for whatever loads a repository.
	By Finder
}

// Table lists every rule that the program goes by, ordered by id: those of
// [Check], and those of what is done with a repository after it.
func Table() []Rule { return slices.Clone(table()) }

// Find gives the rule with an id.
func Find(id string) (Rule, bool) {
	i, found := slices.BinarySearchFunc(table(), id, func(r Rule, id string) int { return cmp.Compare(r.ID, id) })
	if !found {
		return Rule{}, false
	}
	return table()[i], true
}

// severity is that of a rule's problems.
func severity(id string) schema.Severity {
	rule, _ := Find(id)
	return cmp.Or(rule.Severity, schema.Error)
}

//nolint:gochecknoglobals // sorted once, never changed
var table = sync.OnceValue(func() []Rule {
	all := slices.Concat(fileRules(), placeRules(), registryRules(), configRules(), imageRules(), promotionRules(), testRules(), stepRules(), shareRules(),
		madeRules(), publishRules(), outsideRules())
	slices.SortFunc(all, func(a, b Rule) int { return cmp.Compare(a.ID, b.ID) })
	return all
})
