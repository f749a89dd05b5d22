package migrate

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	sigs "sigs.k8s.io/yaml"

	"github.com/drover-ci/drover/schema"
	"github.com/drover-ci/drover/schema/internal/older"
)

// Fields that .config.prowgen files have a say in.
const (
	prowgen           = "prowgen"
	tests             = "tests"
	reporterConfig    = "reporter_config"
	disabledRehearsal = "disable_rehearsal"
)

// addition is a field to add to a mapping.
type addition struct {
	name  string
	value any
}

// prowgen writes into a configuration what .config.prowgen files say of it.
func (d *document) prowgen(change schema.ProwgenChange) error {
	if err := d.options(change.Prowgen); err != nil {
		return err
	}
	if change.ImageReport != nil {
		if err := d.addToTop(older.Images, []addition{{reporterConfig, change.ImageReport}}); err != nil {
			return err
		}
	}
	_, list := older.Get(d.root, tests)
	if list == nil {
		return nil
	}
	for i := range slices.Backward(older.Follow(list).Content) {
		var add []addition
		if slices.Contains(change.Unrehearsed, i) {
			add = append(add, addition{disabledRehearsal, true})
		}
		if report := change.Reports[i]; report != nil {
			add = append(add, addition{reporterConfig, report})
		}
		if len(add) == 0 {
			continue
		}
		if err := d.addToTest(i, add); err != nil {
			return err
		}
	}
	return nil
}

// options adds the options of jobs that are true.
func (d *document) options(options schema.JobGeneration) error {
	content, err := sigs.Marshal(options)
	if err != nil {
		return fmt.Errorf("write %s: %w", prowgen, err)
	}
	var names map[string]bool
	if err := sigs.Unmarshal(content, &names); err != nil || len(names) == 0 {
		return err
	}
	if key, _ := older.Get(d.root, prowgen); key == nil {
		return d.newTop(prowgen, options)
	}
	var add []addition
	for line := range strings.Lines(string(content)) {
		name, _, _ := strings.Cut(line, ":")
		add = append(add, addition{name, true})
	}
	return d.addToTop(prowgen, add)
}

// newTop adds a field to the document: in front of the first that comes later
// in the alphabet, or at the end.
func (d *document) newTop(name string, value any) error {
	fields := d.entries(d.root, len(d.lines))
	if fields == nil {
		return errNotBlock
	}
	at := fields[len(fields)-1].end
	if i := slices.IndexFunc(fields, func(e entry) bool { return e.key.Value > name }); i >= 0 {
		at = fields[i].head
	}
	lines, err := d.fields(fields[0].indent, []addition{{name, value}})
	if err != nil {
		return err
	}
	d.replace(at, at, lines...)
	return d.reparse()
}

// addToTop adds fields to a mapping of the document, in front of its others.
func (d *document) addToTop(name string, add []addition) error {
	e, ok := d.top(name)
	if !ok {
		return errNotBlock
	}
	if !d.block(e) {
		value, err := withFields(e.value, add)
		if err != nil {
			return err
		}
		return d.rewrite(name, value)
	}
	indent := e.indent + 2
	if e.value.Kind == yaml.MappingNode {
		indent = e.value.Column - 1
	}
	lines, err := d.fields(indent, add)
	if err != nil {
		return err
	}
	d.replace(e.first+1, e.first+1, lines...)
	return d.reparse()
}

// addToTest adds fields to a test, behind its name.
func (d *document) addToTest(i int, add []addition) error {
	outer, ok := d.top(tests)
	if !ok {
		return errNotBlock
	}
	list := older.Follow(outer.value)
	test := list.Content[i]
	limit := outer.end
	if i+1 < len(list.Content) {
		limit = list.Content[i+1].Line - 1
	}
	name, ok := named(d.entries(test, limit), "as")
	if !ok || list != outer.value {
		changed, err := withFields(older.Follow(test), add)
		if err != nil {
			return err
		}
		content := slices.Clone(list.Content)
		content[i] = changed
		return d.rewrite(tests, older.With(list, content))
	}
	lines, err := d.fields(name.indent, add)
	if err != nil {
		return err
	}
	d.replace(name.end, name.end, lines...)
	return d.reparse()
}

// fields are additions as lines.
func (d *document) fields(indent int, add []addition) ([]string, error) {
	var all []string
	for _, a := range add {
		content, err := sigs.Marshal(map[string]any{a.name: a.value})
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", a.name, err)
		}
		for line := range strings.Lines(string(content)) {
			all = append(all, d.line(indent, strings.TrimSuffix(line, "\n")))
		}
	}
	return all, nil
}

// withFields is a mapping, or a null, with additions.
func withFields(mapping *yaml.Node, add []addition) (*yaml.Node, error) {
	if older.IsNull(mapping) {
		mapping = older.Mapping(mapping)
	}
	changed := older.With(mapping, slices.Clone(mapping.Content))
	for _, a := range add {
		content, err := sigs.Marshal(a.value)
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", a.name, err)
		}
		var value yaml.Node
		if err := yaml.Unmarshal(content, &value); err != nil {
			return nil, fmt.Errorf("write %s: %w", a.name, err)
		}
		changed.Content = append(changed.Content, older.Scalar(mapping, a.name), value.Content[0])
	}
	return changed, nil
}
