package resolver

import (
	"bytes"
	"encoding/json"

	"github.com/drover-ci/drover/schema"
)

// layout builds the values that are encoded. Where a shared fragment belongs it
// puts a mark, and lists the fragment.
type layout struct {
	shared []*fragment
	err    error
}

// mark stands for a shared fragment. The encoder never escapes a slash, so that
// no text of a configuration can look like it.
const mark = `"\/"`

// stepIndent is how deep a step stands: in the configuration, its tests, a
// test, its literal steps, a phase.
const stepIndent = "          "

// The fields of these types hide those of the same name in the types they
// embed.
type (
	configLayout struct {
		*schema.Config
		Tests []any `json:"tests,omitempty"`
	}
	testLayout struct {
		*schema.Test
		Steps        *struct{}   `json:"steps,omitempty"`
		LiteralSteps stepsLayout `json:"literal_steps"`
	}
	stepsLayout struct {
		*schema.LiteralTestSteps
		Pre       []any `json:"pre,omitempty"`
		Test      []any `json:"test,omitempty"`
		Post      []any `json:"post,omitempty"`
		Observers []any `json:"observers,omitempty"`
	}
	stepLayout struct {
		*schema.LiteralTestStep
		Commands any `json:"commands,omitempty"`
	}
)

func (l *layout) config(r *Resolved) any {
	tests := make([]any, len(r.steps))
	for i, steps := range r.steps {
		tests[i] = &r.source.Tests[i]
		if steps != nil {
			tests[i] = testLayout{Test: &r.source.Tests[i], LiteralSteps: l.steps(steps)}
		}
	}
	return configLayout{Config: r.source, Tests: tests}
}

func (l *layout) steps(s *Steps) stepsLayout {
	whole := stepsLayout{LiteralTestSteps: &s.settings}
	whole.Pre, whole.Test, whole.Post = l.phase(s.Pre), l.phase(s.Test), l.phase(s.Post)
	for _, observer := range s.Observers {
		literal := func(*layout) any { return &observer.literal }
		whole.Observers = append(whole.Observers, l.share(&observer.text, stepIndent, literal))
	}
	return whole
}

func (l *layout) phase(steps []*Step) []any {
	items := make([]any, len(steps))
	for i, step := range steps {
		items[i] = &step.literal
		if step.shared() {
			items[i] = l.share(&step.text, stepIndent, step.layout)
		}
	}
	return items
}

// layout shares the script with the step's other variants.
func (s *Step) layout(l *layout) any {
	whole := stepLayout{LiteralTestStep: &s.literal}
	if s.literal.Commands != "" {
		whole.Commands = l.share(s.script, "", s.commands)
	}
	return whole
}

func (s *Step) commands(*layout) any { return s.literal.Commands }

// share lists a fragment, and gives the mark for it.
func (l *layout) share(f *fragment, prefix string, value func(*layout) any) any {
	if err := f.make(prefix, value); err != nil && l.err == nil {
		l.err = err
	}
	l.shared = append(l.shared, f)
	return json.RawMessage(mark)
}

// encode writes JSON as the resolver answers it: indented by two spaces, below
// a prefix that the first line is without, and without a line's end.
func encode(value any, prefix string) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if _, isText := value.(string); !isText { // a script is long, and has nothing to indent
		encoder.SetIndent(prefix, "  ")
	}
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), nil
}
