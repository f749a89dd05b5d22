package resolver

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/drover-ci/drover/schema"
)

// Rules that resolving checks. Each is the Rule of the findings it gives.
const (
	RuleDuplicateName    = "duplicate-name"
	RuleUnknownStep      = "unknown-step"
	RuleUnknownChain     = "unknown-chain"
	RuleUnknownWorkflow  = "unknown-workflow"
	RuleUnknownObserver  = "unknown-observer"
	RuleUnknownProfile   = "unknown-profile"
	RuleNestedWorkflow   = "nested-workflow"
	RuleChainCycle       = "chain-cycle"
	RuleDuplicateStep    = "duplicate-step"
	RuleUnresolved       = "unresolved-parameter"
	RuleUnusedParameter  = "unused-parameter"
	RuleUnusedDependency = "unused-dependency"
	RuleLeaseConflict    = "lease-conflict"
)

// Finding is one thing that is wrong with a component.
type Finding struct {
	// Component is where the mistake is to be put right.
	Component Component
	// Path is the field in the component's own file, such as
	// chain.steps[2].ref.
	Path string
	// Rule is the id of the rule that found it.
	Rule string
	// Message says what is wrong, what was found and what was expected.
	Message string
	// Trail is the way to the mistake, from the test or component that was
	// resolved to the innermost component that takes part.
	Trail []Component
}

// String is the form for people: the trail, the field, the message and the rule.
func (f Finding) String() string {
	var b strings.Builder
	for _, component := range f.Trail {
		b.WriteString(component.String() + ": ")
	}
	if len(f.Trail) == 0 {
		b.WriteString(f.Component.String() + ": ")
	}
	b.WriteString(f.Path + ": " + f.Message + " [" + f.Rule + "]")
	return b.String()
}

// SaysTheSame says whether two findings are of the same mistake.
func (f Finding) SaysTheSame(other Finding) bool {
	return f.Component == other.Component && f.Path == other.Path && f.Rule == other.Rule && f.Message == other.Message
}

// reachedBy is the same finding as seen from a component that includes the one
// in which it lies.
func (f Finding) reachedBy(way ...Component) Finding {
	f.Trail = slices.Concat(way, f.Trail)
	return f
}

func reachedBy(findings []Finding, way ...Component) []Finding {
	var longer []Finding
	for _, finding := range findings {
		longer = append(longer, finding.reachedBy(way...))
	}
	return longer
}

// place is where in a component something stands, and how it was reached.
type place struct {
	owner Component
	trail []Component
	path  string
}

// placeIn is a place in a component that is looked at for itself.
func placeIn(owner Component, path string) place {
	return place{owner: owner, trail: []Component{owner}, path: path}
}

func (p place) field(name string) place {
	p.path += "." + name
	return p
}

func (p place) item(i int) place {
	p.path += "[" + strconv.Itoa(i) + "]"
	return p
}

func (p place) finding(rule, message string) Finding {
	return Finding{Component: p.owner, Path: p.path, Rule: rule, Message: message, Trail: p.trail}
}

// unknown words the finding that a name is not in the registry.
func unknown[V any](kind Kind, name string, known map[string]V) string {
	names := slices.Sorted(maps.Keys(known))
	return "no " + string(kind) + " has this name (found " + quoted(name) + ", want " + oneOf(names, "the name of one that is declared") + ")" +
		schema.DidYouMean(name, names)
}

// namedAtMost is how many names a message lists.
const namedAtMost = 5

// oneOf lists names to choose from, where there are few; else it is what they
// are the names of.
func oneOf(names []string, otherwise string) string {
	switch {
	case len(names) == 0:
		return otherwise + ", of which there is none yet"
	case len(names) == 1:
		return names[0]
	case len(names) <= namedAtMost:
		return "one of " + strings.Join(names, ", ")
	default:
		return otherwise
	}
}

func quoted(text string) string { return strconv.Quote(text) }
