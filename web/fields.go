package web

import (
	"strings"
	"sync"

	"github.com/drover-ci/drover/schema"
)

type fieldsView struct {
	Kinds []schema.Kind
	// Trail leads from the kind of file to the field.
	Trail []link
	// Field is nil on the page of all kinds.
	Field *schema.Reference
	Files []string
}

// fieldsPage explains the kinds of files, or one of them, or a field: today's
// address is the one for configurations.
func fieldsPage(r *request) (*answer, error) {
	asked := r.PathValue("path")
	if r.URL.Path == "/ci-operator-reference" {
		asked = "ci-operator"
	}
	if asked == "" {
		return &answer{page: "fields", title: "Fields", data: fieldsView{Kinds: schema.Kinds()}}, nil
	}
	field, err := schema.Explain(asked)
	if err != nil {
		return nil, NotFound("%s.", err)
	}
	data := fieldsView{Field: field}
	parts := strings.Split(field.Path, ".")
	for i := range parts {
		data.Trail = append(data.Trail, link{parts[i], fieldURL(strings.Join(parts[:i+1], "."))})
	}
	for _, kind := range schema.Kinds() {
		if kind.Name == parts[0] && len(parts) == 1 {
			data.Files = kind.Files
		}
	}
	return &answer{page: "fields", title: field.Path, data: data}, nil
}

func fieldURL(path string) string { return "/fields/" + path }

// maxFieldDepth limits how deep fields are found by search.
const maxFieldDepth = 6

// fieldShelf has all fields.
var fieldShelf = sync.OnceValue(func() *shelf { //nolint:gochecknoglobals // it never changes
	s := &shelf{}
	var walk func(path string, depth int)
	walk = func(path string, depth int) {
		field, err := schema.Explain(path)
		if err != nil || depth > maxFieldDepth {
			return
		}
		s.add(entry{kind: hitField}, field.Path, firstLine(field.Doc))
		for i := range field.Fields {
			walk(field.Fields[i].Path, depth+1)
		}
	}
	for _, kind := range schema.Kinds() {
		walk(kind.Name, 0)
	}
	return s.close()
})

// fieldLine is the first line of a field's documentation.
func fieldLine(path string) string {
	field, err := schema.Explain(path)
	if err != nil {
		return ""
	}
	return firstLine(field.Doc)
}
