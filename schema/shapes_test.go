package schema

import (
	"testing"

	"github.com/drover-ci/drover/schema/internal/shape"
)

// TestEverythingIsDocumented looks through all definitions: each, and each of
// their fields, says what it is for, and each form of text what it wants.
func TestEverythingIsDocumented(t *testing.T) {
	t.Parallel()
	fields := 0
	var walk func(path string, s *shape.Shape)
	walk = func(path string, s *shape.Shape) {
		if s == nil {
			return
		}
		for _, field := range s.Fields {
			fields++
			if field.Doc == "" {
				t.Errorf("%s.%s has no comment", path, field.Name)
			}
			walk(path+"."+field.Name, field.Shape)
		}
		if s.Kind == shape.String && (len(s.Patterns) > 0 || s.Format != "") && s.Want == "" {
			t.Errorf("%s does not say in words what it wants: give its form a name with a comment", path)
		}
		walk(path, s.Elem)
		walk(path, s.Key)
		for _, member := range s.Of {
			walk(path, member)
		}
	}
	for name, definition := range shapes() {
		if definition.Doc == "" {
			t.Errorf("#%s has no comment", name)
		}
		walk(name, definition)
	}
	if fields < 900 {
		t.Errorf("only %d fields were looked at", fields)
	}
}
