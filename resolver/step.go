package resolver

import "github.com/drover-ci/drover/schema"

// Step is a step with all its values. Every test in which it comes out the same
// shares it, so it never changes.
type Step struct {
	literal schema.LiteralTestStep
	// id tells the registry's steps from each other; a literal step of a
	// configuration has none.
	id   uint64
	text fragment
	// script is the text of the commands; all variants of a step share it.
	script *fragment
}

// Literal is the step as data. It must not be changed.
func (s *Step) Literal() *schema.LiteralTestStep { return &s.literal }

// readyAs makes of the step's script what was made of another's, before anybody asks for
// it.
func (s *Step) readyAs(other *Step) {
	if !other.script.wanted[plain].Load() || s.script.make("", s.commands) != nil {
		return // nobody asked, or who asks is told
	}
	for e := range encodings {
		if other.script.wanted[e].Load() {
			s.script.in(e)
		}
	}
}

// shared says whether other configurations may have this step too.
func (s *Step) shared() bool { return s.id != 0 }

// Observer is a pod that runs beside a test. Tests share it; it never changes.
type Observer struct {
	literal schema.Observer
	text    fragment
}

// Literal is the observer as data. It must not be changed.
func (o *Observer) Literal() *schema.Observer { return &o.literal }
