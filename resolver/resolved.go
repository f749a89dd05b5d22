package resolver

import (
	"slices"

	"github.com/drover-ci/drover/schema"
)

// Resolved is a configuration whose tests spell out every step. It never
// changes, and shares its steps with others.
type Resolved struct {
	*Shape

	body Body
}

// Shape is what a configuration resolves to, without the scripts. It never changes.
type Shape struct {
	source *schema.Config
	// steps are by position of the test; nil for a test that has none to spell
	// out.
	steps []*Steps
	used  usedList
	// own is the text of all that is no step's, which is made when it is first asked for:
	// text, or that of the same configuration's earlier shape.
	own  *ownText
	text ownText
}

// used is a component that a test names, and what it came to.
type used struct {
	Component
	what any
}

// usedList has each component once.
type usedList []used

func (l *usedList) add(kind Kind, name string, what any) {
	component := Component{kind, name}
	if !slices.ContainsFunc(*l, func(u used) bool { return u.Component == component }) {
		*l = append(*l, used{component, what})
	}
}

// include adds what another list has, which may be shared: most tests of a
// configuration name the same, so that one test's list is mostly that of all.
func (l *usedList) include(more usedList) {
	if len(*l) == 0 {
		*l = slices.Clip(more)
		return
	}
	for _, each := range more {
		l.add(each.Kind, each.Name, each.what)
	}
}

// Steps are the steps of a test, spelled out.
type Steps struct {
	// Pre, Test and Post are the phases, in order. They must not be changed.
	Pre, Test, Post []*Step
	// Observers run beside the test, ordered by name. They must not be changed.
	Observers []*Observer
	// settings are the fields besides those above.
	settings schema.LiteralTestSteps
	used     usedList
}

// Settings are the fields of the test's steps besides the steps and observers
// themselves. They must not be changed.
func (s *Steps) Settings() *schema.LiteralTestSteps { return &s.settings }

// Source is the configuration as it is written. It must not be changed.
func (s *Shape) Source() *schema.Config { return s.source }

// Steps gives the steps of a test by its position in the source, or nil where
// they are not taken from the registry: a test in one container, and one whose
// steps the source spells out itself.
func (s *Shape) Steps(test int) *Steps { return s.steps[test] }

// Config is the whole configuration as data, as [Resolved.Body] writes it. It is
// made anew each time; what its pointers, slices and maps refer to may be shared
// and must not be changed.
func (r *Resolved) Config() *schema.Config {
	config := *r.source
	config.Tests = slices.Clone(config.Tests)
	for i, steps := range r.steps {
		if steps != nil {
			config.Tests[i].Steps = nil
			config.Tests[i].LiteralSteps = steps.literal()
		}
	}
	return &config
}

func (s *Steps) literal() *schema.LiteralTestSteps {
	steps := s.settings
	steps.Pre, steps.Test, steps.Post = literals(s.Pre), literals(s.Test), literals(s.Post)
	for _, observer := range s.Observers {
		steps.Observers = append(steps.Observers, observer.literal)
	}
	return &steps
}

func literals(steps []*Step) []schema.LiteralTestStep {
	var values []schema.LiteralTestStep
	for _, step := range steps {
		values = append(values, step.literal)
	}
	return values
}
