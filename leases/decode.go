package leases

import (
	"errors"
	"fmt"

	"sigs.k8s.io/yaml"

	"github.com/drover-ci/drover/schema"
)

// Decode reads a file of the lease server strictly, as its definition says. It
// gives all that is wrong with it, a line for each, and else what has yet to be held
// to rules.
func Decode(file string, content []byte, definition schema.Definition, into any) (*Judged, error) {
	j := &Judged{file: file, content: content}
	for _, problem := range schema.Check(file, content, definition) {
		j.errs = append(j.errs, errors.New(problem.String()))
	}
	if err := j.Err(); err != nil {
		return nil, err
	}
	if err := yaml.UnmarshalStrict(content, into); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return j, nil
}

// Judged is a file of which is found what is wrong.
type Judged struct {
	file    string
	content []byte
	locator *schema.Locator
	errs    []error
}

// Reportf takes note of what is wrong at a field.
func (j *Judged) Reportf(path, format string, args ...any) {
	if j.locator == nil {
		j.locator = schema.NewLocator(j.content)
	}
	line, column := j.locator.Locate(path)
	j.errs = append(j.errs, errors.New(schema.Problem{
		File: j.file, Line: line, Column: column, Path: path, Rule: schema.RuleWrongValue, Message: fmt.Sprintf(format, args...),
	}.String()))
}

// Err is all that is wrong, or nil.
func (j *Judged) Err() error { return errors.Join(j.errs...) }
