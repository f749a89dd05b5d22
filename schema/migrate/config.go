package migrate

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/drover-ci/drover/schema/internal/older"
)

// config rewrites the older forms of a configuration, one after the other.
func (d *document) config() error {
	for _, edit := range []func() (done bool, err error){d.imageList, d.buildAffected, d.promotion} {
		done, err := edit()
		if err != nil {
			return err
		}
		if done {
			if err := d.reparse(); err != nil {
				return err
			}
		}
	}
	return nil
}

// imageList puts the list of images below items.
func (d *document) imageList() (done bool, err error) {
	_, value := older.Get(d.root, older.Images)
	if value == nil || older.Follow(value).Kind != yaml.SequenceNode {
		return false, nil
	}
	e, ok := d.top(older.Images)
	rest, plain := "", false
	if ok {
		rest, plain = d.afterName(e)
	}
	if !plain {
		return false, d.rewrite(older.Images, d.todays(older.Images))
	}
	body := d.lines[e.first+1 : e.end]
	switch {
	case !d.block(e):
		d.replace(e.first, e.end, slices.Concat(
			[]string{d.line(e.indent, older.Images+":"), strings.Repeat(" ", e.indent+2) + older.Items + ":" + rest}, shifted(body, 2))...)
	case value.Column-1 > e.indent:
		d.replace(e.first+1, e.first+1, d.line(value.Column-1, older.Items+":"))
	default:
		d.replace(e.first+1, e.end, slices.Concat([]string{d.line(e.indent+2, older.Items+":")}, shifted(body, 2))...)
	}
	return true, nil
}

// buildAffected moves build_images_if_affected to the images, with its comments.
func (d *document) buildAffected() (done bool, err error) {
	if key, _ := older.Get(d.root, older.BuildAffected); key == nil {
		return false, nil
	}
	e, ok := d.top(older.BuildAffected)
	rest, plain := "", false
	if ok {
		rest, plain = d.afterName(e)
	}
	images, exist := d.top(older.Images)
	if ok && plain && !exist {
		d.replace(e.first, e.first+1,
			d.line(e.indent, older.Images+":"), strings.Repeat(" ", e.indent+2)+older.BuildIfAffected+":"+rest)
		return true, nil
	}
	if !ok {
		return false, errNotBlock
	}
	if !plain || !exist || !d.block(images) {
		return false, d.buildAffectedAnew(e)
	}
	indent := images.indent + 2
	if images.value.Kind == yaml.MappingNode {
		indent = images.value.Column - 1
	}
	moved := slices.Concat(d.lines[e.head:e.first],
		[]string{strings.Repeat(" ", e.indent) + older.BuildIfAffected + ":" + rest}, d.lines[e.first+1:e.end])
	d.move(e.head, e.end, images.first+1, shifted(moved, indent-e.indent))
	return true, nil
}

// buildAffectedAnew is for images in flow style. Comments stay, or are the
// value's.
func (d *document) buildAffectedAnew(e entry) error {
	value := d.todays(older.Images)
	if key, _ := older.Get(d.root, older.Images); key == nil {
		lines, err := d.encode(older.Images, value)
		if err != nil {
			return err
		}
		d.replace(e.first, e.end, lines...)
		return d.reparse()
	}
	d.replace(e.first, e.end)
	if err := d.reparse(); err != nil {
		return err
	}
	return d.rewrite(older.Images, value)
}

// move takes lines away, and puts others in front of another line.
func (d *document) move(first, end, to int, lines []string) {
	if to > first {
		d.replace(to, to, lines...)
		d.replace(first, end)
		return
	}
	d.replace(first, end)
	d.replace(to, to, lines...)
}

// promotion puts the fields of a single place into an item of the list.
func (d *document) promotion() (done bool, err error) {
	_, value := older.Get(d.root, older.Promotion)
	if value == nil || older.Follow(value).Kind != yaml.MappingNode || !hasTargetField(older.Follow(value)) {
		return false, nil
	}
	outer, ok := d.top(older.Promotion)
	var fields []entry
	if ok && d.block(outer) {
		fields = d.entries(value, outer.end)
	}
	to, listed := named(fields, older.To)
	if fields == nil || listed && (!d.block(to) || to.value.Kind != yaml.SequenceNode) {
		return false, d.rewrite(older.Promotion, d.todays(older.Promotion))
	}
	indent := fields[0].indent
	if listed {
		indent = to.value.Column - 1
	}
	item := d.item(fields, indent)
	if listed {
		d.insertItem(fields, to, item)
		return true, nil
	}
	d.makeList(fields, d.line(indent, older.To+":"), item)
	return true, nil
}

func hasTargetField(mapping *yaml.Node) bool {
	for i := 0; i < len(mapping.Content); i += 2 {
		if older.IsTargetField(mapping.Content[i].Value) {
			return true
		}
	}
	return false
}

// item is the item of a list, whose dash is so far in, that the fields of a
// single place make. A comment above the first of them stands above the item.
func (d *document) item(fields []entry, indent int) []string {
	var item []string
	for _, field := range fields {
		if !older.IsTargetField(field.key.Value) {
			continue
		}
		head := d.lines[field.head:field.first]
		body := shifted(d.lines[field.first:field.end], indent+2-field.indent)
		if len(item) == 0 {
			item = append(item, shifted(head, indent-field.indent)...)
			body[0] = strings.Repeat(" ", indent) + "- " + body[0][indent+2:]
		} else {
			item = append(item, shifted(head, indent+2-field.indent)...)
		}
		item = append(item, body...)
	}
	return item
}

// makeList puts the list where the first field of its item was.
func (d *document) makeList(fields []entry, name string, item []string) {
	for i, field := range slices.Backward(fields) {
		if !older.IsTargetField(field.key.Value) {
			continue
		}
		d.replace(field.head, field.end)
		if !slices.ContainsFunc(fields[:i], func(e entry) bool { return older.IsTargetField(e.key.Value) }) {
			d.replace(field.head, field.head, slices.Concat([]string{name}, item)...)
		}
	}
}

// insertItem puts an item in front of those of the list.
func (d *document) insertItem(fields []entry, to entry, item []string) {
	at := to.first + 1
	for _, field := range slices.Backward(fields) {
		if field.first == to.first {
			d.replace(at, at, item...)
			continue
		}
		if older.IsTargetField(field.key.Value) {
			d.replace(field.head, field.end)
		}
	}
}
