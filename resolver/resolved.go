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
	used  []used
	// own is the text of all that is no step's, which is made when it is first asked for.
	own *ownText
}

// used is a component that the configuration names, and what it came to.
type used struct {
	Component
	what any
}

func (s *Shape) use(kind Kind, name string, what any) {
	component := Component{kind, name}
	if !slices.ContainsFunc(s.used, func(u used) bool { return u.Component == component }) {
		s.used = append(s.used, used{component, what})
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
