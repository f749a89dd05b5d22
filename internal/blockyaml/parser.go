package blockyaml

import (
	"strings"
	"unicode/utf8"
	"unsafe"

	"go.yaml.in/yaml/v3"
)

// maxDepth is how deep collections may be nested.
const maxDepth = 100

// Parse reads a file of one document whose root is a collection, and gives
// that root. It is false where the file has anything that this package does
// not know. The nodes are valid until the arena's next use, and for as long as
// the data do not change: most texts in them are parts of the data.
func Parse(data []byte, arena *Arena) (root *yaml.Node, ok bool) {
	ascii, ok := simple(data)
	if !ok {
		return nil, false
	}
	arena.reset()
	p := &parser{text: unsafe.String(unsafe.SliceData(data), len(data)), ascii: ascii, arena: arena} //nolint:gosec // as the doc says
	if p.text[len(p.text)-1] != '\n' {
		p.text, p.cut = p.text+"\n", true
	}
	p.toContent()
	if strings.HasPrefix(p.text[p.pos:], "---\n") {
		p.pos += len("---")
		p.endLine()
	}
	if p.ended() {
		return nil, false
	}
	root = p.block(-1)
	if p.declined || !p.ended() || root.Kind == yaml.ScalarNode {
		return nil, false
	}
	return root, true
}

// simple says whether a file is of text that is broken into lines by nothing
// but "\n", and whether all of it is ASCII.
func simple(data []byte) (ascii, ok bool) {
	if len(data) == 0 {
		return false, false
	}
	for i, c := range data {
		if c >= utf8.RuneSelf {
			return false, simpleText(string(data[i:]))
		}
		if (c < ' ' || c > '~') && c != '\n' && c != '\t' {
			return false, false
		}
	}
	return true, true
}

// simpleText is simple for what is not all ASCII. YAML allows no control
// characters, and has line breaks and a byte order mark among the others.
func simpleText(text string) bool {
	if !utf8.ValidString(text) {
		return false
	}
	for _, r := range text {
		switch {
		case r == '\n' || r == '\t' || r >= ' ' && r <= '~':
		case r < 0xA0 || r == 0x2028 || r == 0x2029 || r == 0xFEFF || r == 0xFFFE || r == 0xFFFF:
			return false
		}
	}
	return true
}

// parser goes through a text once. Between nodes it stands at the first
// character of a line with content, or at the end.
type parser struct {
	text  string
	ascii bool
	// cut says that the last line had no end, and was given one.
	cut   bool
	arena *Arena
	// pos is where it stands, on a line (from 0) that begins at start.
	pos, line, start int
	depth            int
	// declined says that there is something it does not know: what it returns
	// since means nothing.
	declined bool
}

func (p *parser) ended() bool { return p.pos >= len(p.text) }
func (p *parser) column() int { return p.pos - p.start }

// decline gives up. Being at the end, the parser leaves every loop.
func (p *parser) decline() *yaml.Node {
	p.declined = true
	p.pos = len(p.text)
	return &yaml.Node{}
}

// node makes a node that begins here.
func (p *parser) node(kind yaml.Kind, tag string) *yaml.Node {
	n := p.arena.node()
	n.Kind, n.Tag, n.Line, n.Column = kind, tag, p.line+1, p.column()+1
	if !p.ascii {
		n.Column = utf8.RuneCountInString(p.text[p.start:p.pos]) + 1
	}
	return n
}

// empty is the node of a value that is not there.
func (p *parser) empty() *yaml.Node { return p.node(yaml.ScalarNode, "!!null") }

// newline goes from the end of a line to the next.
func (p *parser) newline() {
	p.pos++
	p.line++
	p.start = p.pos
}

// toContent goes from the start of a line to the next line, this one included,
// that holds more than blanks and a comment.
func (p *parser) toContent() {
	for !p.ended() {
		p.skipSpaces()
		switch p.text[p.pos] {
		case '\n':
		case '#':
			p.pos += strings.IndexByte(p.text[p.pos:], '\n')
		default:
			return
		}
		p.newline()
	}
}

func (p *parser) skipSpaces() {
	for p.text[p.pos] == ' ' {
		p.pos++
	}
}

// endLine expects nothing more on the line but a comment, and goes to the next
// with content.
func (p *parser) endLine() {
	if p.declined {
		return
	}
	before := p.pos
	p.skipSpaces()
	if p.text[p.pos] == '#' && p.pos > before {
		p.pos += strings.IndexByte(p.text[p.pos:], '\n')
	}
	if p.text[p.pos] != '\n' {
		p.decline()
		return
	}
	p.newline()
	p.toContent()
}

// atEntry says whether an entry of a block sequence begins here.
func (p *parser) atEntry() bool {
	return p.text[p.pos] == '-' && isBlank(p.text[p.pos+1])
}

// atMarker says whether a document begins or ends here.
func (p *parser) atMarker() bool {
	rest := p.text[p.pos:]
	return p.column() == 0 && len(rest) > 3 && (rest[:3] == "---" || rest[:3] == "...") && isBlank(rest[3])
}

// isBlank says whether a character ends a word. The parser meets tabs only to
// decline them.
func isBlank(c byte) bool { return c == ' ' || c == '\n' || c == '\t' }

// block reads a node that begins here and lies within one at column parent.
func (p *parser) block(parent int) *yaml.Node {
	if p.depth++; p.depth > maxDepth || p.atMarker() {
		return p.decline()
	}
	defer func() { p.depth-- }()
	switch {
	case p.atEntry():
		return p.sequence()
	case p.keyEnd() >= 0:
		return p.mapping()
	default:
		return p.inline(parent)
	}
}

func (p *parser) mapping() *yaml.Node {
	node, column, since := p.node(yaml.MappingNode, "!!map"), p.column(), len(p.arena.open)
	for !p.ended() && p.column() == column && !p.atMarker() {
		end := p.keyEnd()
		if end < 0 || p.atEntry() {
			return p.decline()
		}
		key := p.key(end)
		p.pos = end + 1
		p.arena.open = append(p.arena.open, key, p.value(column))
	}
	return p.close(node, column, since)
}

func (p *parser) sequence() *yaml.Node {
	node, column, since := p.node(yaml.SequenceNode, "!!seq"), p.column(), len(p.arena.open)
	for !p.ended() && p.column() == column && p.atEntry() {
		p.pos++
		p.arena.open = append(p.arena.open, p.entry(column))
	}
	return p.close(node, column, since)
}

// close ends a collection. What comes next must not be within it.
func (p *parser) close(node *yaml.Node, column, since int) *yaml.Node {
	if p.declined || !p.ended() && p.column() > column {
		return p.decline()
	}
	node.Content = p.arena.content(since)
	return node
}

// entry reads what follows the "-" of a sequence at a column.
func (p *parser) entry(column int) *yaml.Node {
	if !p.lineIsOver() {
		p.skipSpaces()
		return p.block(column)
	}
	empty := p.empty()
	p.endLine()
	if !p.ended() && p.column() > column {
		return p.block(column)
	}
	return empty
}

// value reads what follows the ":" of a mapping at a column.
func (p *parser) value(column int) *yaml.Node {
	if !p.lineIsOver() {
		p.skipSpaces()
		return p.inline(column)
	}
	empty := p.empty()
	p.endLine()
	switch {
	case p.ended() || p.column() < column:
		return empty
	case p.column() > column:
		return p.block(column)
	case p.atEntry():
		return p.sequence()
	default:
		return empty
	}
}

// lineIsOver says whether only blanks and a comment follow.
func (p *parser) lineIsOver() bool {
	i := p.pos
	for p.text[i] == ' ' {
		i++
	}
	return p.text[i] == '\n' || p.text[i] == '#' && i > p.pos
}

// keyEnd finds the ":" of a key that begins here, or gives -1.
func (p *parser) keyEnd() int {
	switch c := p.text[p.pos]; {
	case c == '"' || c == '\'':
		return p.quotedKeyEnd(c)
	case !p.atPlain():
		return -1
	}
	for i := p.pos; p.text[i] != '\n'; i++ {
		switch p.text[i] {
		case ':':
			if isBlank(p.text[i+1]) {
				return i
			}
		case '#':
			if p.text[i-1] == ' ' {
				return -1
			}
		}
	}
	return -1
}

func (p *parser) quotedKeyEnd(quote byte) int {
	for i := p.pos + 1; p.text[i] != '\n' && p.text[i] != '\\'; i++ {
		if p.text[i] != quote {
			continue
		}
		for i++; p.text[i] == ' '; i++ { //nolint:revive // goes to what follows the key
		}
		if p.text[i] == ':' && isBlank(p.text[i+1]) {
			return i
		}
		return -1
	}
	return -1
}

// maxKey is how long a key may be: YAML has 1,024 characters.
const maxKey = 1000

// key reads the key that ends at a ":".
func (p *parser) key(end int) *yaml.Node {
	node := p.node(yaml.ScalarNode, "")
	text := strings.TrimRight(p.text[p.pos:end], " ")
	if len(text) > maxKey || strings.IndexByte(text, '\t') >= 0 || text == "<<" {
		return p.decline()
	}
	switch text[0] {
	case '"':
		node.Style, node.Tag, text = yaml.DoubleQuotedStyle, "!!str", text[1:len(text)-1]
	case '\'':
		node.Style, node.Tag, text = yaml.SingleQuotedStyle, "!!str", text[1:len(text)-1]
	}
	node.Value = text
	return node
}
