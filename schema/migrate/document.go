package migrate

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/drover-ci/drover/schema/internal/older"
)

// document is a file as text and as nodes. Each edit changes the lines; then
// the nodes are read anew.
type document struct {
	lines []string // each with its end
	end   string   // what new lines end with
	open  bool     // the last line has no end in the file
	root  *yaml.Node
}

func parse(data []byte) (*document, error) {
	d := &document{lines: strings.SplitAfter(string(data), "\n"), end: "\n"}
	if last := len(d.lines) - 1; d.lines[last] == "" {
		d.lines = d.lines[:last]
	} else {
		d.lines[last] += "\n"
		d.open = true
	}
	if len(d.lines) > 0 && strings.HasSuffix(d.lines[0], "\r\n") {
		d.end = "\r\n"
	}
	if err := d.reparse(); err != nil {
		return nil, err
	}
	return d, nil
}

func (d *document) bytes() []byte {
	text := strings.Join(d.lines, "")
	if d.open {
		text = strings.TrimSuffix(text, "\n")
	}
	return []byte(text)
}

func (d *document) reparse() error {
	var document yaml.Node
	if err := yaml.Unmarshal(d.bytes(), &document); err != nil {
		return fmt.Errorf("read what was rewritten: %w", err)
	}
	if len(document.Content) == 0 {
		return errors.New("the file is empty")
	}
	d.root = document.Content[0]
	return nil
}

// entry is a field of a mapping in block style, as lines: first is that of its
// name, and head that of the comment right above it; end is behind its last.
type entry struct {
	key, value       *yaml.Node
	head, first, end int
	indent           int
}

// entries finds the fields of a mapping that ends before a line. They are nil
// where the mapping is not in block style, a line a field.
func (d *document) entries(mapping *yaml.Node, limit int) []entry {
	if mapping.Kind != yaml.MappingNode || mapping.Style&yaml.FlowStyle != 0 {
		return nil
	}
	var all []entry
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		key := mapping.Content[i]
		e := entry{key: key, value: mapping.Content[i+1], first: key.Line - 1, indent: key.Column - 1}
		e.head = e.first
		lowest := 0
		if i > 0 {
			lowest = all[len(all)-1].first + 1
			if e.first < lowest {
				return nil
			}
		}
		for e.head > lowest && d.isComment(e.head-1) && indentOf(d.lines[e.head-1]) == e.indent {
			e.head--
		}
		all = append(all, e)
	}
	for i := range all {
		all[i].end = limit
		if i+1 < len(all) {
			all[i].end = all[i+1].head
		}
		all[i].end = d.trimEnd(all[i])
	}
	return all
}

// trimEnd leaves out empty lines, and comments that stand further out, at the
// end of an entry.
func (d *document) trimEnd(e entry) int {
	end := e.end
	for end > e.first+1 {
		line := strings.TrimSpace(d.lines[end-1])
		outside := d.isComment(end-1) && indentOf(d.lines[end-1]) <= e.indent
		if line != "" && line != "..." && !outside {
			break
		}
		end--
	}
	return end
}

// top finds a field of the document.
func (d *document) top(name string) (found entry, ok bool) {
	return named(d.entries(d.root, len(d.lines)), name)
}

func named(entries []entry, name string) (found entry, ok bool) {
	i := slices.IndexFunc(entries, func(e entry) bool { return e.key.Value == name })
	if i < 0 {
		return entry{}, false
	}
	return entries[i], true
}

// afterName is what stands behind a field's name on its line, with the line's
// end; false where the name is not written plainly.
func (d *document) afterName(e entry) (rest string, ok bool) {
	line := d.lines[e.first]
	if e.indent > len(line) {
		return "", false
	}
	return strings.CutPrefix(line[e.indent:], e.key.Value+":")
}

// block says whether a field's value starts below its name, as a block: what
// is behind the name is a comment at most.
func (d *document) block(e entry) bool {
	rest, ok := d.afterName(e)
	rest = strings.TrimSpace(rest)
	return ok && (rest == "" || strings.HasPrefix(rest, "#"))
}

func (d *document) isComment(line int) bool {
	return strings.HasPrefix(strings.TrimSpace(d.lines[line]), "#")
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// line is a new line.
func (d *document) line(indent int, text string) string {
	return strings.Repeat(" ", indent) + text + d.end
}

// shifted is lines further in, or further out, by so many spaces.
func shifted(lines []string, by int) []string {
	moved := make([]string, 0, len(lines))
	for _, line := range lines {
		switch {
		case strings.TrimSpace(line) == "":
		case by >= 0:
			line = strings.Repeat(" ", by) + line
		default:
			line = line[min(-by, indentOf(line)):]
		}
		moved = append(moved, line)
	}
	return moved
}

// replace puts other lines in the place of some.
func (d *document) replace(first, end int, lines ...string) {
	d.lines = slices.Concat(d.lines[:first], lines, d.lines[end:])
}

// encode writes a field anew: for what is in flow style, where lines mean
// nothing.
func (d *document) encode(name string, value *yaml.Node) ([]string, error) {
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	field := &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{{Kind: yaml.ScalarNode, Value: name}, value}}
	if err := encoder.Encode(field); err != nil {
		return nil, fmt.Errorf("write %s: %w", name, err)
	}
	var lines []string
	for line := range strings.Lines(out.String()) {
		lines = append(lines, strings.TrimSuffix(line, "\n")+d.end)
	}
	return lines, nil
}

// rewrite writes a field of the document anew, with another value.
func (d *document) rewrite(name string, value *yaml.Node) error {
	e, ok := d.top(name)
	if !ok {
		return errNotBlock
	}
	lines, err := d.encode(name, value)
	if err != nil {
		return err
	}
	d.replace(e.first, e.end, lines...)
	return d.reparse()
}

// todays is the value of a field in today's form.
func (d *document) todays(name string) *yaml.Node {
	root, _ := older.Rewrite(older.Config, d.root)
	_, value := older.Get(root, name)
	return value
}
