package blockyaml

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// inline reads a scalar or flow collection that begins here, with the end of
// its last line, within a collection at column parent.
func (p *parser) inline(parent int) *yaml.Node {
	var node *yaml.Node
	switch p.text[p.pos] {
	case '|', '>':
		return p.literal(parent)
	case '"', '\'':
		node = p.quoted(parent)
	case '[', '{':
		node = p.flow()
	default:
		return p.plain(parent)
	}
	p.endLine()
	return node
}

// atPlain says whether a plain scalar may begin here. Those that begin with
// "?" or ":" are declined, for they are easily taken for something else.
func (p *parser) atPlain() bool {
	c := p.text[p.pos]
	if c == '-' {
		return !isBlank(p.text[p.pos+1])
	}
	return c > ' ' && strings.IndexByte("?:,[]{}#&*!|>'\"%@`", c) < 0
}

// plain reads a scalar without quotes. It goes on over all lines that are
// indented more than its parent: one line break is a space, and of several the
// first is nothing.
func (p *parser) plain(parent int) *yaml.Node {
	if !p.atPlain() {
		return p.decline()
	}
	node := p.node(yaml.ScalarNode, "")
	node.Value = p.plainLine()
	if breaks := p.continues(parent); breaks > 0 {
		var whole strings.Builder
		whole.WriteString(node.Value)
		for ; breaks > 0; breaks = p.continues(parent) {
			fold(&whole, breaks)
			whole.WriteString(p.plainLine())
		}
		node.Value = whole.String()
	}
	p.endLine()
	return node
}

// plainLine reads the part of a plain scalar that is on this line.
func (p *parser) plainLine() string {
	begin := p.pos
	for ; p.text[p.pos] != '\n'; p.pos++ {
		switch p.text[p.pos] {
		case '\t':
			p.decline()
			return ""
		case ':':
			if isBlank(p.text[p.pos+1]) { // a mapping where none can be
				p.decline()
				return ""
			}
		case '#':
			if p.pos > begin && p.text[p.pos-1] == ' ' {
				p.pos-- // the comment ends the line only with a blank before it
				return strings.TrimRight(p.text[begin:p.pos], " ")
			}
		}
	}
	return strings.TrimRight(p.text[begin:p.pos], " ")
}

// continues says whether the scalar that was read up to here goes on in a later
// line, indented more than parent: then it goes there, and gives the number of
// line breaks between. Otherwise it stays, and gives 0.
func (p *parser) continues(parent int) (breaks int) {
	if p.declined || p.text[p.pos] != '\n' {
		return 0
	}
	start, i := p.pos, p.pos
	for i < len(p.text) && p.text[i] == '\n' {
		breaks++
		start = i + 1
		for i = start; i < len(p.text) && p.text[i] == ' '; i++ { //nolint:revive // goes to the first character of the line
		}
	}
	if i == len(p.text) || i-start <= parent || p.text[i] == '#' {
		return 0
	}
	p.pos, p.start, p.line = i, start, p.line+breaks
	return breaks
}

// fold writes what a number of line breaks becomes in folded text.
func fold(text *strings.Builder, breaks int) {
	if breaks == 1 {
		text.WriteByte(' ')
	}
	for ; breaks > 1; breaks-- {
		text.WriteByte('\n')
	}
}
