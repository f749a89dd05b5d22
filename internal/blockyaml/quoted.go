package blockyaml

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// quoted reads a scalar in single or double quotes.
func (p *parser) quoted(parent int) *yaml.Node {
	node := p.node(yaml.ScalarNode, "!!str")
	quote := p.text[p.pos]
	node.Style = yaml.DoubleQuotedStyle
	if quote == '\'' {
		node.Style = yaml.SingleQuotedStyle
	}
	p.pos++
	if end := strings.IndexAny(p.text[p.pos:], "\"'\\\n\t"); p.text[p.pos+end] == quote && p.text[p.pos+end+1] != quote {
		node.Value = p.text[p.pos : p.pos+end]
		p.pos += end + 1
		return node
	}
	var text strings.Builder
	for !p.declined && !p.quotedPart(&text, quote, parent) { //nolint:revive // reads part after part
	}
	node.Value = text.String()
	return node
}

// quotedPart reads one character, escape or run of blanks, and says whether it
// was the closing quote.
func (p *parser) quotedPart(text *strings.Builder, quote byte, parent int) (closed bool) {
	switch c := p.text[p.pos]; {
	case c == quote && quote == '\'' && p.text[p.pos+1] == '\'':
		text.WriteByte('\'')
		p.pos += 2
	case c == quote:
		p.pos++
		return true
	case c == '\\' && quote == '"':
		p.escape(text, parent)
	case c == ' ' || c == '\n':
		p.quotedBlanks(text, parent)
	case c == '\t':
		p.decline()
	default:
		text.WriteByte(c)
		p.pos++
	}
	return false
}

// quotedBlanks reads blanks and line breaks. Around line breaks blanks do not
// count.
func (p *parser) quotedBlanks(text *strings.Builder, parent int) {
	begin := p.pos
	p.skipSpaces()
	if p.text[p.pos] != '\n' {
		text.WriteString(p.text[begin:p.pos])
		return
	}
	if breaks := p.continues(parent); breaks > 0 {
		fold(text, breaks)
		return
	}
	p.decline()
}

// escape reads what follows a "\" in double quotes. An escaped line break is
// nothing, with the blanks that follow.
func (p *parser) escape(text *strings.Builder, parent int) {
	p.pos++
	c := p.text[p.pos]
	if c == '\n' {
		breaks := p.continues(parent)
		if breaks != 1 {
			p.decline()
		}
		return
	}
	escaped := strings.IndexByte(`0abtnvfre "/\`, c)
	if escaped < 0 {
		p.decline()
		return
	}
	text.WriteByte("\x00\a\b\t\n\v\f\r\x1b \"/\\"[escaped])
	p.pos++
}
