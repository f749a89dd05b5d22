package generators

import (
	"cmp"
	"fmt"

	"github.com/drover-ci/drover/schema"
)

// RuleClash is the rule that an object is wanted once.
const RuleClash = "object-clash"

// Clashes finds objects of one identity, wherever they come from.
func Clashes(objects []Object) []schema.Problem {
	var problems []schema.Problem
	first := make(map[string]string, len(objects))
	for _, object := range objects {
		key := object.Key()
		before, taken := first[key]
		if !taken {
			first[key] = cmp.Or(object.Source, "what is generated")
			continue
		}
		problems = append(problems, schema.Problem{
			File: object.Source, Rule: RuleClash, Severity: schema.Error,
			Message: fmt.Sprintf("the object is declared twice (found %s in %s too, want it in one place)", object.named(), before),
		})
	}
	return problems
}
