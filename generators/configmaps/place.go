package configmaps

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/drover-ci/drover/schema"
)

// namespaces are where a rule's ConfigMaps go on the target, sorted: none where
// the rule is for others.
func (p Publication) namespaces(field string, rule *schema.Publish) ([]string, *schema.Problem) {
	if rule.Namespace != "" && len(rule.Namespaces) > 0 {
		return nil, &schema.Problem{
			Path: field + ".namespace", Rule: RulePublishPlace,
			Message: fmt.Sprintf("the namespaces are said twice (found namespace %q beside namespaces %q, want one of the two)", rule.Namespace, rule.Namespaces),
		}
	}
	var all []string
	if p.isNamed(rule) {
		all = slices.Clone(rule.Namespaces)
		if len(all) == 0 {
			all = []string{cmp.Or(rule.Namespace, DefaultNamespace)}
		}
	}
	for i, name := range rule.Groups {
		group, ok := p.Groups[name]
		if !ok || len(group.Targets)*len(group.Namespaces) == 0 {
			return nil, &schema.Problem{
				Path: fmt.Sprintf("%s.groups[%d]", field, i), Rule: RulePublishPlace,
				Message: fmt.Sprintf("the group is not there, or has no targets or no namespaces (found %q, want one of those under groups, with both)", name) +
					schema.DidYouMean(name, slices.Sorted(maps.Keys(p.Groups))),
			}
		}
		if slices.Contains(group.Targets, p.Target) {
			all = append(all, group.Namespaces...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// isNamed says whether a rule itself is for the target. One that names neither
// targets nor groups is for the home.
func (p Publication) isNamed(rule *schema.Publish) bool {
	if rule.Targets == nil {
		return len(rule.Groups) == 0 && p.Target == p.Home
	}
	return slices.Contains(rule.Targets, p.Target)
}
