package schema

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/drover-ci/drover/internal/blockyaml"
)

// maxNodes bounds how many values a file may have once its aliases are
// followed, so that a few hundred bytes cannot become gigabytes.
const maxNodes = 1_000_000

// parse gives the file's one document, or nil with a problem.
func (d *decoder) parse(data []byte) *yaml.Node {
	if len(data) > MaxFileSize {
		d.problems = append(d.problems, TooLarge(d.file, int64(len(data))))
		return nil
	}
	if root, ok := blockyaml.Parse(data, &d.arena); ok {
		return root
	}
	documents := yaml.NewDecoder(bytes.NewReader(data))
	var document, next yaml.Node
	if err := documents.Decode(&document); err != nil {
		if !d.notText(data) {
			d.syntax(data, err)
		}
		return nil
	}
	if err := documents.Decode(&next); !errors.Is(err, io.EOF) {
		d.report(&next, nil, RuleSyntax, "the file has several documents (found ---, want one document)")
		return nil
	}
	root := document.Content[0]
	if bytes.ContainsRune(data, '*') && d.tooManyAliases(root) {
		return nil
	}
	return root
}

// TooLarge is the problem of a file that is larger than [MaxFileSize].
func TooLarge(file string, size int64) Problem {
	return Problem{
		File: file, Rule: RuleTooLarge, Severity: Error,
		Message: fmt.Sprintf("the file is too large (found %d bytes, want at most %d)", size, MaxFileSize),
	}
}

// notText reports the first byte of a file that cannot be text, of which the
// parser does not say where it is.
func (d *decoder) notText(data []byte) bool {
	line, column := 1, 1
	for rest := data; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		if r == utf8.RuneError && size == 1 || r < ' ' && r != '\t' && r != '\r' && r != '\n' || r == 0x7f {
			d.report(&yaml.Node{Line: line, Column: column}, nil, RuleSyntax,
				fmt.Sprintf("the file is not text (found the byte 0x%02x, want UTF-8 without control characters)", rest[0]))
			return true
		}
		rest = rest[size:]
		if column++; r == '\n' {
			line, column = line+1, 1
		}
	}
	return false
}

var syntaxLine = regexp.MustCompile(`^yaml: (?:line (\d+)(?:, column (\d+))?: )?(.*)$`)

// unknownAnchor is what the parser says, without a place, of an alias that stands
// for nothing.
var unknownAnchor = regexp.MustCompile(`unknown anchor '(.+)' referenced`)

// aliasPlace is the line and column of the first alias of that name; the file's
// begin where it cannot be told.
func aliasPlace(data []byte, name string) (line, column int) {
	alias := regexp.MustCompile(`^(?:[^#"']*(?:[:,-]\s+|[\[{]\s*)|\s*)(\*` + regexp.QuoteMeta(name) + `)(?:[\s\]},]|$)`)
	for line, text := range bytes.Split(data, []byte("\n")) {
		if at := alias.FindSubmatchIndex(text); at != nil {
			return line + 1, utf8.RuneCount(text[:at[2]]) + 1
		}
	}
	return 1, 1
}

// syntax reports what the YAML parser found, at its line.
func (d *decoder) syntax(data []byte, err error) {
	if errors.Is(err, io.EOF) {
		d.report(&yaml.Node{Line: 1, Column: 1}, nil, RuleSyntax, "the file is empty (found nothing, want a mapping)")
		return
	}
	node := &yaml.Node{Line: 1, Column: 1}
	message := err.Error()
	if found := syntaxLine.FindStringSubmatch(message); found != nil {
		message = found[3]
		if line, convErr := strconv.Atoi(found[1]); convErr == nil {
			node.Line = line
		}
		if column, convErr := strconv.Atoi(found[2]); convErr == nil {
			node.Column = column
		}
	}
	if found := unknownAnchor.FindStringSubmatch(message); found != nil {
		node.Line, node.Column = aliasPlace(data, found[1])
	}
	d.report(node, nil, RuleSyntax, NotYAML(message))
}

// NotYAML words what the YAML parser found, and what its words mean to whoever
// has to mend it.
func NotYAML(message string) string {
	for _, known := range [][2]string{
		{"mapping values are not allowed", `found a ":" where no field can begin, want the fields of a mapping at one column, and text that has ": " in quotes`},
		{"did not find expected key", "found a line that does not fit those before it, want the fields of a mapping at one column"},
		{"did not find expected '-' indicator", `found a line that does not fit those before it, want the items of a list at one column, each after "- "`},
		{"block sequence entries are not allowed", `found "- " where no list can begin, want a list below its field, on lines of its own`},
		{"cannot start any token", "found a tab or a character that YAML keeps for itself, want spaces before a field, and text that begins so in quotes"},
		{"tab character", "found a tab, want spaces"},
		{"could not find expected ':'", "found a line without a colon, or text that is indented too little, want FIELD: VALUE"},
		{"did not find expected ',' or", "found brackets or braces that do not end, want commas between what they hold, and a closing one"},
		{"did not find expected node content", "found nothing where a value should be, want one, or the bracket before it closed"},
		{"unexpected end of stream", "found the end of the file within quotes, want a closing one"},
		{"unknown escape", "found a backslash in double quotes, want two of them, or single quotes"},
		{"incompatible YAML document", "found a line that begins with %, want none"},
		{"unknown anchor", "found an alias without its anchor, want &NAME before *NAME, or the text in quotes"},
	} {
		if strings.Contains(message, known[0]) {
			return "the file is not valid YAML: " + message + " (" + known[1] + ")"
		}
	}
	return "the file is not valid YAML: " + message
}

// follow gives what an alias stands for, and every other node as it is.
func follow(node *yaml.Node) *yaml.Node {
	for node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	return node
}

// tooManyAliases reports the alias with which a document goes beyond all
// bounds.
func (d *decoder) tooManyAliases(root *yaml.Node) bool {
	sizes := aliasSizes{anchors: map[*yaml.Node]int{}}
	if total := sizes.of(root); total <= maxNodes && sizes.beyond == nil {
		return false
	}
	where, found := root, "the whole"
	if sizes.beyond != nil {
		where, found = sizes.beyond, "*"+sizes.beyond.Value
	}
	d.report(where, nil, RuleAliases,
		fmt.Sprintf("the aliases expand beyond all bounds (found %s, want at most %d values in all)", found, maxNodes))
	return true
}

// aliasSizes counts values with aliases followed, each anchor once.
type aliasSizes struct {
	anchors map[*yaml.Node]int
	// beyond is the first alias that leads to more than maxNodes values, or to
	// itself.
	beyond *yaml.Node
}

func (s *aliasSizes) of(node *yaml.Node) int {
	if node.Kind == yaml.AliasNode {
		return s.ofAlias(node)
	}
	size := 1
	for _, child := range node.Content {
		size = min(size+s.of(child), maxNodes+1)
	}
	return size
}

func (s *aliasSizes) ofAlias(alias *yaml.Node) int {
	size, known := s.anchors[alias.Alias]
	if !known {
		s.anchors[alias.Alias] = maxNodes + 1 // what is met again before it is counted contains itself
		size = s.of(alias.Alias)
		s.anchors[alias.Alias] = size
	}
	if size > maxNodes && s.beyond == nil {
		s.beyond = alias
	}
	return size
}

// fewKeys is the number of keys up to which looking through them is faster than
// a map of them.
const fewKeys = 24

// pairs calls visit for each key and value of a mapping. A repeated key is a
// problem. Keys that a merge ("<<") brings in come last, without those that
// the mapping sets itself.
func (d *decoder) pairs(node *yaml.Node, at *step, visit func(key, value *yaml.Node)) {
	var lines map[string]int
	if len(node.Content) > 2*fewKeys {
		lines = make(map[string]int, len(node.Content)/2)
	}
	merges := false
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		if key.Tag == mergeTag {
			merges = true
			continue
		}
		if key.Kind != yaml.ScalarNode {
			d.report(key, at, RuleWrongType, "a name has the wrong type (found "+describe(key)+", want text)")
			continue
		}
		first, repeated := lines[key.Value]
		if lines == nil {
			first, repeated = lineOfKey(node.Content[:i], key.Value)
		}
		if repeated {
			d.report(key, d.field(at, key.Value), RuleDuplicateField, fmt.Sprintf("the field is given twice (found it on line %d already, want it once)", first))
			continue
		}
		if lines != nil {
			lines[key.Value] = key.Line
		}
		visit(key, value)
	}
	if merges {
		d.merges(node, at, visit)
	}
}

const mergeTag = "!!merge"

// lineOfKey is the line of the first of some entries that has a key.
func lineOfKey(content []*yaml.Node, name string) (line int, found bool) {
	for i := 0; i < len(content); i += 2 {
		if key := content[i]; key.Value == name && key.Kind == yaml.ScalarNode && key.Tag != mergeTag {
			return key.Line, true
		}
	}
	return 0, false
}

// merges visits what the merges of a mapping bring in.
func (d *decoder) merges(node *yaml.Node, at *step, visit func(key, value *yaml.Node)) {
	taken := map[string]bool{}
	var merged []*yaml.Node
	for i := 0; i+1 < len(node.Content); i += 2 {
		switch key := node.Content[i]; {
		case key.Tag == mergeTag:
			merged = append(merged, node.Content[i+1])
		case key.Kind == yaml.ScalarNode:
			taken[key.Value] = true
		}
	}
	for _, merge := range merged {
		d.merge(merge, at, taken, visit)
	}
}

func (d *decoder) merge(node *yaml.Node, at *step, taken map[string]bool, visit func(key, value *yaml.Node)) {
	if node = follow(node); node.Kind == yaml.SequenceNode {
		for _, item := range node.Content {
			d.merge(item, at, taken, visit)
		}
		return
	}
	if !d.expect(node, yaml.MappingNode, "a mapping to merge", at) {
		return
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i]
		if !taken[key.Value] {
			taken[key.Value] = true
			visit(key, node.Content[i+1])
		}
	}
}
